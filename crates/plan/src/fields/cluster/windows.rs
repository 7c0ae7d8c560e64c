//! Windows nodes.

use crate::compare::Compare::{CaseInsensitive, Exact, Secret};
use crate::effect::Effect::{Forbidden, Unknown, WindowsReimage};
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.windowsProfile.adminUsername",
        Exact,
        always(Forbidden),
        "create-node-pools",
        Clear::Never,
    ),
    Field::new(
        "properties.windowsProfile.adminPassword",
        Secret,
        always(WindowsReimage),
        "windows-faq",
        Clear::Never,
    ),
    Field::new(
        "properties.windowsProfile.licenseType",
        CaseInsensitive,
        always(WindowsReimage),
        "AKS#3913",
        Clear::text("None"),
    )
    .absent("None"),
    Field::new(
        "properties.windowsProfile.enableCSIProxy",
        Exact,
        always(Unknown),
        "",
        Clear::FALSE,
    ),
    Field::new(
        "properties.windowsProfile.gmsaProfile.enabled",
        Exact,
        ByValue(by::service_accounts),
        "node-disruption-policy: Windows GMSA",
        Clear::FALSE,
    ),
    Field::new(
        "properties.windowsProfile.gmsaProfile.dnsServer",
        CaseInsensitive,
        ByValue(by::service_accounts_domain),
        "node-disruption-policy: Windows GMSA",
        Clear::Never,
    ),
    Field::new(
        "properties.windowsProfile.gmsaProfile.rootDomainName",
        CaseInsensitive,
        ByValue(by::service_accounts_domain),
        "node-disruption-policy: Windows GMSA",
        Clear::Never,
    ),
];
