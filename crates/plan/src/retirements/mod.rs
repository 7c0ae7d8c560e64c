//! What AKS no longer supports, or will not for long.
//!
//! Whoever has it reads in `status.advice` until when. Nothing new is made with it once support has ended. The chart's
//! admission policy with warnings is made from the same table.

#[cfg(test)]
mod policy;
mod table;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use super::blocker::Blocker;
use super::change::Target;
use super::layers::Body;
use super::{Advice, Plan};
use table::{CLUSTER, POOL, Retirement};

/// The condition's reason.
pub const REASON: &str = "RetiredSetting";

/// What stands against making something new with these settings.
pub fn refuse(target: &Target, body: Body<'_>, today: Date) -> impl Iterator<Item = Blocker> {
    found(target, body)
        .filter(move |row| row.is_over(today))
        .map(move |row| Blocker::Incompatible {
            target: target.clone(),
            reason: REASON,
            problem: format!("{}, and nothing new is made with it; {}", row.dates(today), row.go_to),
        })
}

/// Tells until when the settings are supported.
pub fn advise(target: &Target, body: Body<'_>, today: Date, plan: &mut Plan) {
    for row in found(target, body) {
        plan.advice.push(Advice {
            target: target.clone(),
            text: format!("{}; {}", row.dates(today), row.go_to),
            retires: true,
        });
    }
}

fn found(target: &Target, body: Body<'_>) -> impl Iterator<Item = &'static Retirement> {
    let table = match target {
        Target::Cluster => CLUSTER,
        Target::Pool(_) => POOL,
        // What hangs on a cluster or runs once has no settings of the cluster's.
        Target::Child(_) | Target::Action(_) => &[],
    };
    table.iter().filter(move |row| row.applies.holds(&body))
}

impl Retirement {
    fn is_over(&self, today: Date) -> bool {
        self.ends.is_some_and(|ends| today > ends)
    }

    /// What it is, and its dates as seen today.
    fn dates(&self, today: Date) -> String {
        let what = self.what;
        let ends = match self.ends {
            None => return format!("{what} is a legacy setting"),
            Some(ends) if today > ends => format!("{what} has been out of support since {ends}"),
            Some(ends) => format!("{what} is supported until {ends}"),
        };
        match self.removed {
            Some(removed) if today > removed => format!("{ends} and was removed on {removed}"),
            Some(removed) => format!("{ends} and is removed on {removed}"),
            None => ends,
        }
    }
}
