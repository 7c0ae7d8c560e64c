//! Microsoft.KubernetesConfiguration: cluster extensions and Flux configurations.

mod extensions;
mod flux;

use super::resource_type::{Follow, Pace, ResourceType, States};

pub(super) use extensions::backup_extension;

const NAMESPACE: &str = "Microsoft.KubernetesConfiguration";

const fn takes(seconds: i64) -> Pace {
    Pace::Operation {
        seconds,
        follow: Follow::Status,
        states: States::USUAL,
    }
}

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[extensions::TYPE, flux::TYPE];
