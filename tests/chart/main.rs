//! The chart in the hands of the real helm and a real API server: what it renders, what its roles allow, what its
//! policies refuse, what is left of it after an uninstall.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admission;
mod approvals;
mod examples;
mod helm;
mod lifecycle;
mod management_cluster;
mod render;
mod rights;
mod values;
