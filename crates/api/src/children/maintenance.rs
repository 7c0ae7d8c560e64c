//! Maintenance configurations: when AKS may start upgrades and other upkeep by itself.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// A planned maintenance window. Windows are best effort: AKS starts work inside them and may finish later.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceConfiguration {
    /// The window. `default` takes a weekly schedule with an interval of one week only.
    pub maintenance_window: MaintenanceWindow,
}

/// When the window opens, for how long, and on which days never.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// How often it opens: exactly one of the four ways.
    pub schedule: MaintenanceSchedule,
    /// Length of the window in hours, 4 to 24.
    #[schemars(range(min = 4, max = 24))]
    pub duration_hours: i32,
    /// Offset of all its times from UTC, `+HH:MM` or `-HH:MM`; default `+00:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 6))]
    #[x_kube(validation = (
        "self.matches('^[-+][0-9]{2}:[0-9]{2}$')",
        "utcOffset is +HH:MM or -HH:MM, in quotes, such as \"+02:00\"",
    ))]
    pub utc_offset: Option<String>,
    /// First day on which the window can open, `YYYY-MM-DD`; default: today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    #[x_kube(validation = (
        "self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$')",
        "startDate is YYYY-MM-DD, in quotes, such as \"2026-12-01\"",
    ))]
    pub start_date: Option<String>,
    /// Time of day at which it opens, `HH:MM` in the offset above.
    #[schemars(length(max = 5))]
    #[x_kube(validation = (
        "self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",
        "startTime is HH:MM from 00:00 to 23:59, in quotes, such as \"02:00\"",
    ))]
    pub start_time: String,
    /// Days on which it never opens, each span with its first and last day. An empty list means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub not_allowed_dates: Option<Vec<DateSpan>>,
}

/// How often a window opens.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.daily), has(self.weekly), has(self.absoluteMonthly), has(self.relativeMonthly)]
        .filter(given, given).size() == 1",
    "a schedule is exactly one of daily, weekly, absoluteMonthly and relativeMonthly; keep one of them",
))]
pub struct MaintenanceSchedule {
    /// Every so many days. For `aksManagedAutoUpgradeSchedule` and `aksManagedNodeOSUpgradeSchedule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<DailySchedule>,
    /// On a day of every so many weeks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<WeeklySchedule>,
    /// On a date of every so many months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absolute_monthly: Option<AbsoluteMonthlySchedule>,
    /// On a day of a week of every so many months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_monthly: Option<RelativeMonthlySchedule>,
}

/// Every so many days.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailySchedule {
    /// Days from one window to the next, 1 to 7.
    #[schemars(range(min = 1, max = 7))]
    pub interval_days: i32,
}

/// On a day of every so many weeks.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WeeklySchedule {
    /// Weeks from one window to the next, 1 to 4.
    #[schemars(range(min = 1, max = 4))]
    pub interval_weeks: i32,
    /// Day of the week.
    pub day_of_week: WeekDay,
}

/// On a date of every so many months.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AbsoluteMonthlySchedule {
    /// Months from one window to the next, 1 to 6.
    #[schemars(range(min = 1, max = 6))]
    pub interval_months: i32,
    /// Day of the month, 1 to 31.
    #[schemars(range(min = 1, max = 31))]
    pub day_of_month: i32,
}

/// On a day of a week of every so many months.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelativeMonthlySchedule {
    /// Months from one window to the next, 1 to 6.
    #[schemars(range(min = 1, max = 6))]
    pub interval_months: i32,
    /// Which of the month's weeks: `First` to `Fourth`, or `Last`.
    pub week_index: WeekIndex,
    /// Day of the week.
    pub day_of_week: WeekDay,
}

/// Days from the first to the last, both included.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.start.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$') && self.end.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$')",
    "the days of a span are YYYY-MM-DD, in quotes, such as \"2026-12-24\"",
))]
#[x_kube(validation = (
    "self.start <= self.end",
    "the end of a span of days is not before its start; swap them",
))]
pub struct DateSpan {
    /// First day, `YYYY-MM-DD`.
    #[schemars(length(min = 10, max = 10))]
    pub start: String,
    /// Last day, `YYYY-MM-DD`.
    #[schemars(length(min = 10, max = 10))]
    pub end: String,
}

/// A day of the week.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[allow(missing_docs, reason = "the days of the week")]
pub enum WeekDay {
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

/// A week of a month.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[allow(missing_docs, reason = "ordinals")]
pub enum WeekIndex {
    First,
    Second,
    Third,
    Fourth,
    Last,
}
