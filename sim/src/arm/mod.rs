//! Azure Resource Manager: routes, the gateway's checks, and the handlers of each kind of resource.

pub mod api_versions;
pub mod busy;
pub mod calls;
pub mod children;
pub mod cluster_put;
pub mod clusters;
pub mod credentials;
pub mod delete;
pub mod features;
pub mod gateway;
pub mod groups;
pub mod ids;
pub mod judge;
pub mod limits;
pub mod lists;
pub mod operation_status;
pub mod pool_put;
pub mod pools;
pub mod power;
pub mod preconditions;
pub mod reads;
pub mod render;
pub mod rolling;
pub mod route;
pub mod subscriptions;
