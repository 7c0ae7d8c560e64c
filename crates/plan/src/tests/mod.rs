//! Whole stories: manifests in, steps out, against a model of Azure that keeps what a PUT leaves out.

mod adoption;
mod azure;
mod clearing;
mod coverage;
mod creation;
mod deletion;
mod drift;
mod effects;
mod images;
mod locks;
mod names;
mod network;
mod overrides;
mod pool_settings;
mod possible;
mod properties;
mod queue;
mod refusals;
mod resume;
mod strange;
mod upgrades;
pub(crate) mod world;
