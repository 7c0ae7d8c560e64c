//! Rules about maintenance configurations.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case};

pub fn cases() -> Vec<Case> {
    let weekly = |interval: i32| json!({ "weekly": { "intervalWeeks": interval, "dayOfWeek": "Monday" } });
    let spans = |start: &str, end: &str| window(json!({ "notAllowedDates": [{ "start": start, "end": end }] }));
    vec![
        maintenance(
            "maintenanceConfigurations has the entries",
            configuration("aksManagedNodeOSUpgradeSchedule", window(json!({}))),
            configuration("nodes", window(json!({}))),
        ),
        maintenance(
            "maintenanceConfigurations.default takes",
            configuration("default", window(json!({ "schedule": weekly(1) }))),
            configuration("default", window(json!({ "schedule": weekly(2) }))),
        ),
        on_upgrades(
            "a schedule is exactly one",
            window(json!({ "schedule": weekly(2) })),
            window(json!({ "schedule": {} })),
        ),
        on_upgrades(
            "startTime is",
            window(json!({ "startTime": "23:59" })),
            window(json!({ "startTime": "24:00" })),
        ),
        on_upgrades(
            "startDate is",
            window(json!({ "startDate": "2026-12-01" })),
            window(json!({ "startDate": "1.12.2026" })),
        ),
        on_upgrades(
            "utcOffset is",
            window(json!({ "utcOffset": "-05:30" })),
            window(json!({ "utcOffset": "05:30" })),
        ),
        on_upgrades(
            "the end of a span of days",
            spans("2026-12-24", "2026-12-24"),
            spans("2026-12-24", "2026-12-23"),
        ),
    ]
}

fn maintenance(says: &str, accepted: Value, refused: Value) -> Case {
    case(Cluster, says, accepted, refused)
}

fn on_upgrades(says: &str, accepted: Value, refused: Value) -> Case {
    let name = "aksManagedAutoUpgradeSchedule";
    maintenance(says, configuration(name, accepted), configuration(name, refused))
}

fn configuration(name: &str, window: Value) -> Value {
    json!({ "maintenanceConfigurations": { name: { "maintenanceWindow": window } } })
}

/// The smallest window with these fields.
fn window(fields: Value) -> Value {
    let mut window =
        json!({ "durationHours": 4, "startTime": "02:00", "schedule": { "daily": { "intervalDays": 1 } } });
    window
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    window
}
