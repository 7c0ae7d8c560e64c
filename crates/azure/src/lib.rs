//! What Azure calls things: ids, names, and the words with which work ends. Decisions and the client speak of the same
//! ones; there is nothing here but text that was checked.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod id;
mod resource;
mod terminal;

pub use id::{ClusterId, InvalidId, Name, PoolId, ResourceGroupId, SubscriptionId};
pub use resource::ResourceId;
pub use terminal::Terminal;
