//! Which `api-version` each kind of resource takes.

use super::calls::{Call, Target};
use super::render::OPERATIONS_API_VERSION;
use crate::refusal::Refusal;
use crate::resources::call::Ask;
use crate::wire::Request;

/// Stable versions of Microsoft.ContainerService from 2024 on (azure-rest-api-specs, bicep-types-az).
pub const STABLE: [&str; 24] = [
    "2024-01-01",
    "2024-02-01",
    "2024-05-01",
    "2024-07-01",
    "2024-08-01",
    "2024-09-01",
    "2024-10-01",
    "2025-01-01",
    "2025-02-01",
    "2025-03-01",
    "2025-04-01",
    "2025-05-01",
    "2025-07-01",
    "2025-08-01",
    "2025-09-01",
    "2025-10-01",
    "2026-01-01",
    "2026-02-01",
    "2026-03-01",
    "2026-04-01",
    "2026-05-01",
    "2026-06-01",
    "2026-07-01",
    "2026-08-01",
];

/// Preview versions: that of Microsoft's newest preview SDK, and the one that goes with the newest stable version.
pub const PREVIEW: [&str; 2] = ["2026-07-02-preview", "2026-08-02-preview"];

/// Every version that is served.
pub const SERVED: [&str; STABLE.len() + PREVIEW.len()] = {
    let mut all = [""; STABLE.len() + PREVIEW.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < STABLE.len() {
            STABLE[at]
        } else {
            PREVIEW[at - STABLE.len()]
        };
        at += 1;
    }
    all
};

/// Versions of the operations endpoint: the present one and the one before October 2025.
const OPERATIONS: [&str; 2] = ["2016-03-30", OPERATIONS_API_VERSION];

/// Checks the `api-version` of a call. Resource groups and subscriptions take every version that is a date: the
/// simulator keeps no list of theirs.
///
/// # Errors
/// 400 `MissingApiVersionParameter`, `InvalidApiVersionParameter` or `NoRegisteredProviderFound`.
pub fn check(request: &Request, call: &Call) -> Result<(), Refusal> {
    let Some(version) = request.query("api-version").filter(|version| !version.is_empty()) else {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::gateway(400, "MissingApiVersionParameter", message));
    };
    if !is_version(version) {
        let message = format!(
            "The api-version '{version}' is invalid. The supported versions are '{}'.",
            SERVED.join(",")
        );
        return Err(Refusal::gateway(400, "InvalidApiVersionParameter", message));
    }
    let (kind, supported): (&str, &[&str]) = match call {
        Call::OperationStatus { .. } | Call::OperationResult { .. } => ("locations/operations", &OPERATIONS),
        Call::ManagedClustersList(_) | Call::ManagedClustersListByResourceGroup(_) => ("managedClusters", &SERVED),
        _ => match call.target() {
            Target::Cluster(_) => ("managedClusters", &SERVED),
            Target::Resource(call) if matches!(call.ask, Ask::Operation { .. }) => return Ok(()),
            Target::Resource(call) => (call.kind.path, call.kind.versions),
            Target::Location(_) => ("locations/kubernetesVersions", &SERVED),
            Target::Tenant | Target::Subscription(_) | Target::Group(_) => return Ok(()),
        },
    };
    if supported.iter().any(|known| known.eq_ignore_ascii_case(version)) || is_status_version(call, version) {
        return Ok(());
    }
    let message = format!(
        "No registered resource provider found for API version '{version}' for type '{kind}'. The supported api-versions are '{}'.",
        supported.join(", ")
    );
    Err(Refusal::gateway(400, "NoRegisteredProviderFound", message))
}

/// Operation status is served under the versions of clusters too.
fn is_status_version(call: &Call, version: &str) -> bool {
    matches!(call, Call::OperationStatus { .. } | Call::OperationResult { .. }) && SERVED.contains(&version)
}

/// `YYYY-MM-DD`, with or without `-preview`.
fn is_version(version: &str) -> bool {
    version
        .strip_suffix("-preview")
        .unwrap_or(version)
        .parse::<jiff::civil::Date>()
        .is_ok()
}
