//! What Azure offers: Kubernetes versions by region and date, node images, regions, machine sizes, durations.
//!
//! Pure data and arithmetic. Time is always a parameter. REC in a comment stands for recorded answers of AKS in the
//! test suite of azure-cli, Learn for the AKS documentation by article.

mod bodies;
mod calendar;
mod duration;
mod image;
mod offers;
mod quantity;
mod region;
mod trusted_access;
mod version;
mod vm_size;

pub use bodies::{
    available_agent_pool_versions_body, cluster_upgrade_profile_body, kubernetes_versions_body,
    pool_upgrade_profile_body,
};
pub use duration::{DurationInput, Work, duration, surge};
pub use image::{image_series, node_image};
pub use offers::{Offer, SupportPlan, Target, default_version, resolve, upgrades, versions};
pub use quantity::{bytes, milli_cpu};
pub use region::{Region, region, regions};
pub use trusted_access::{TrustedRole, trusted_access_roles_body, trusted_role};
pub use version::{Minor, NotAVersion, Version, Wanted};
pub use vm_size::{VmSize, is_arm, is_burstable, size_series, vm_family, vm_size, vm_sizes};
