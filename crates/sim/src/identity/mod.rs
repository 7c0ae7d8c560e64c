//! Entra and the managed-identity endpoint: who exists, how they sign in, what they may do.

mod built_in;
pub mod condition;
pub mod directory;
pub mod endpoints;
pub mod metadata;
pub mod roles;
pub mod signin;
pub mod tokens;

pub use directory::{Directory, FederatedCredential, Principal};
pub use roles::{Role, RoleAssignment};
pub use tokens::{Claims, TokenKey};
