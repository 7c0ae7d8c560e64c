//! Maintenance configurations.

use jiff::civil::{Date, Time};
use serde_json::Value;

use super::request::{Operation, Request};
use super::words::{invalid, require};
use super::{Rule, documented, inferred};
use crate::arm::children::kinds::ChildKind;
use crate::defaults::json::{integer, list, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented("maintenance-name", PUT, "Learn: planned-maintenance; CLI", name),
    inferred(
        "maintenance-window-or-legacy",
        PUT,
        "CLI maintenanceconfiguration",
        window_or_legacy,
    ),
    documented(
        "maintenance-one-schedule",
        PUT,
        "SPEC Schedule, one and only one",
        one_schedule,
    ),
    documented(
        "maintenance-default-weekly",
        PUT,
        "CLI; Learn: planned-maintenance",
        default_weekly,
    ),
    documented(
        "maintenance-start-time",
        PUT,
        "SPEC MaintenanceWindow.startTime",
        start_time,
    ),
    documented(
        "maintenance-utc-offset",
        PUT,
        "SPEC MaintenanceWindow.utcOffset",
        utc_offset,
    ),
    documented("maintenance-dates-order", PUT, "SPEC DateSpan", dates_order),
    inferred("maintenance-hour-slots", PUT, "SPEC TimeInWeek.hourSlots", hour_slots),
];

const PUT: &[Operation] = &[Operation::PutChild(ChildKind::MaintenanceConfiguration)];
const WINDOW: &str = "/properties/maintenanceWindow";
const DEFAULT: &str = "default";
const VERSIONS: &str = "aksManagedAutoUpgradeSchedule";
const NODE_IMAGES: &str = "aksManagedNodeOSUpgradeSchedule";
const SCHEDULES: [&str; 4] = ["daily", "weekly", "absoluteMonthly", "relativeMonthly"];

fn has_schedule(request: &Request<'_>, kind: &str) -> bool {
    present(request.new, &format!("{WINDOW}/schedule/{kind}")).is_some()
}

fn has_window(request: &Request<'_>) -> bool {
    present(request.new, WINDOW).is_some()
}

fn name(request: &Request<'_>) -> Result<(), Refusal> {
    let known = [DEFAULT, VERSIONS, NODE_IMAGES]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(request.name));
    require(known, || {
        invalid(
            "configName",
            format!("'{}' must be one of {DEFAULT}, {VERSIONS}, {NODE_IMAGES}", request.name),
        )
    })
}

/// `timeInWeek` and `notAllowedTime` are the older form, of `default` alone.
fn window_or_legacy(request: &Request<'_>) -> Result<(), Refusal> {
    let legacy = ["timeInWeek", "notAllowedTime"]
        .iter()
        .any(|key| !list(request.new, &format!("/properties/{key}")).is_empty());
    let is_default = request.name.eq_ignore_ascii_case(DEFAULT);
    require(!legacy || (is_default && !has_window(request)), || {
        invalid(
            "properties.timeInWeek",
            "timeInWeek and notAllowedTime go with configuration default and without maintenanceWindow",
        )
    })?;
    require(legacy || has_window(request), || {
        invalid("properties.maintenanceWindow", "a maintenance window is required")
    })
}

fn one_schedule(request: &Request<'_>) -> Result<(), Refusal> {
    let given = SCHEDULES.iter().filter(|kind| has_schedule(request, kind)).count();
    require(!has_window(request) || given == 1, || {
        invalid(
            "properties.maintenanceWindow.schedule",
            format!(
                "{given} schedules were given; exactly one of {} is required",
                SCHEDULES.join(", ")
            ),
        )
    })
}

fn default_weekly(request: &Request<'_>) -> Result<(), Refusal> {
    let is_default = request.name.eq_ignore_ascii_case(DEFAULT) && has_window(request);
    let weekly = has_schedule(request, "weekly")
        && integer(request.new, &format!("{WINDOW}/schedule/weekly/intervalWeeks")) == Some(1);
    require(!is_default || weekly, || {
        invalid(
            "properties.maintenanceWindow.schedule",
            "configuration default takes a weekly schedule with interval 1 only",
        )
    })
}

fn start_time(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(start) = text(request.new, &format!("{WINDOW}/startTime")) else {
        return Ok(());
    };
    require(
        start.len() == 5 && format!("{start}:00").parse::<Time>().is_ok(),
        || {
            invalid(
                "properties.maintenanceWindow.startTime",
                format!("'{start}' is not a time from 00:00 to 23:59"),
            )
        },
    )
}

fn utc_offset(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(offset) = text(request.new, &format!("{WINDOW}/utcOffset")) else {
        return Ok(());
    };
    let minutes = offset.get(1..).and_then(|clock| {
        let (hours, minutes) = clock.split_once(':')?;
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (minutes < 60).then_some(hours * 60 + minutes)
    });
    require(minutes.is_some_and(|minutes| minutes <= 14 * 60), || {
        invalid(
            "properties.maintenanceWindow.utcOffset",
            format!("'{offset}' is not an offset from -14:00 to +14:00"),
        )
    })
}

fn dates_order(request: &Request<'_>) -> Result<(), Refusal> {
    let date = |span: &Value, key: &str| text(span, key).and_then(|text| text.parse::<Date>().ok());
    list(request.new, &format!("{WINDOW}/notAllowedDates"))
        .iter()
        .try_for_each(|span| {
            let ordered = date(span, "/start")
                .zip(date(span, "/end"))
                .is_some_and(|(start, end)| start <= end);
            require(ordered, || {
                invalid(
                    "properties.maintenanceWindow.notAllowedDates",
                    "the start of a span must not be after its end",
                )
            })
        })
}

fn hour_slots(request: &Request<'_>) -> Result<(), Refusal> {
    list(request.new, "/properties/timeInWeek").iter().try_for_each(|time| {
        let good = list(time, "/hourSlots")
            .iter()
            .all(|slot| slot.as_i64().is_some_and(|hour| (0..=23).contains(&hour)));
        require(good, || {
            invalid("properties.timeInWeek.hourSlots", "hours go from 0 to 23")
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World, lay};
    use super::*;

    fn put(name: &str, schedule: Value, more: Value) -> Outcome {
        let mut window = json!({"schedule": schedule, "durationHours": 4, "startTime": "01:00"});
        lay(&mut window, &more);
        World::new().put_maintenance(name, json!({"maintenanceWindow": window}))
    }

    fn weekly(interval: u32) -> Value {
        json!({"weekly": {"intervalWeeks": interval, "dayOfWeek": "Sunday"}})
    }

    #[test]
    fn maintenance_name() {
        put(NODE_IMAGES, weekly(1), json!({})).accepted();
        put("mine", weekly(1), json!({})).refused_by("maintenance-name");
    }

    #[test]
    fn exactly_one_schedule() {
        put(VERSIONS, json!({}), json!({})).refused_by("maintenance-one-schedule");
        let mut two = weekly(1);
        lay(&mut two, &json!({"daily": {"intervalDays": 1}}));
        put(VERSIONS, two, json!({})).refused_by("maintenance-one-schedule");
        World::new()
            .put_maintenance(VERSIONS, json!({}))
            .refused_by("maintenance-window-or-legacy");
    }

    #[test]
    fn default_is_weekly() {
        put(DEFAULT, weekly(1), json!({})).accepted();
        put(DEFAULT, weekly(2), json!({})).refused_by("maintenance-default-weekly");
        put(VERSIONS, weekly(2), json!({})).accepted();
    }

    #[test]
    fn legacy_form_is_for_default_only() {
        let legacy = |name: &str, hour: u32| {
            World::new().put_maintenance(name, json!({"timeInWeek": [{"day": "Sunday", "hourSlots": [hour]}]}))
        };
        legacy(DEFAULT, 23).accepted();
        legacy(DEFAULT, 24).refused_by("maintenance-hour-slots");
        legacy(VERSIONS, 1).refused_by("maintenance-window-or-legacy");
    }

    #[test]
    fn daily_schedules() {
        let daily = |name: &str| put(name, json!({"daily": {"intervalDays": 1}}), json!({}));
        daily(VERSIONS).accepted();
        daily(NODE_IMAGES).accepted();
        daily(DEFAULT).refused_by("maintenance-default-weekly");
    }

    #[test]
    fn times_offsets_and_dates() {
        let window = |more: Value| put(VERSIONS, weekly(1), more);
        window(json!({"startTime": "23:59", "utcOffset": "-08:00"})).accepted();
        window(json!({"startTime": "24:00"})).refused_by("maintenance-start-time");
        window(json!({"utcOffset": "+14:00"})).accepted();
        window(json!({"utcOffset": "+14:01"})).refused_by("maintenance-utc-offset");
        let span = |start: &str, end: &str| window(json!({"notAllowedDates": [{"start": start, "end": end}]}));
        span("2026-12-24", "2026-12-24").accepted();
        span("2026-12-24", "2026-12-23").refused_by("maintenance-dates-order");
    }
}
