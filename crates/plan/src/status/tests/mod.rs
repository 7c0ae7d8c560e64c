//! The rules of conditions, held over whole reports: what a plan, a live cluster and a failure amount to together.

mod desk;
mod progress;
mod properties;
mod rows;
mod size;
