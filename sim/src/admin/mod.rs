//! The admin side: what tests and demonstrations do to the simulator, and what they read from it. No sign-in.

use axum::Router;

use crate::server::Shared;

/// The admin side's routes.
pub fn router(shared: Shared) -> Router {
    Router::new().with_state(shared)
}
