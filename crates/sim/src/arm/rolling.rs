//! Rolling replacement of a pool's nodes, and the version that a cluster or pool is asked to run.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::catalog::{self, DurationInput, Version, Wanted, Work};
use crate::operations::Step;
use crate::world::Pool;

/// The full version that `wanted` means for something that runs `current`: an alias of the same minor changes
/// nothing (SPEC `kubernetesVersion`). `None` when nothing is wanted or it cannot be read.
#[must_use]
pub fn goal(wanted: Option<&str>, current: Option<&str>, region: &str, now: Timestamp) -> Option<Version> {
    let current: Option<Version> = current.and_then(|current| current.parse().ok());
    match wanted?.parse().ok()? {
        Wanted::Exact(version) => Some(version),
        alias @ Wanted::Alias(minor) => current
            .filter(|current| current.minor == minor)
            .or_else(|| catalog::resolve(region, now, alias, current)),
    }
}

/// What rolling a pool means: where it ends, and what decides how long it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rolling {
    pool: String,
    version: String,
    image: String,
    nodes: u32,
    surge: u32,
    soak_minutes: u32,
    windows: bool,
}

impl Rolling {
    /// Rolls `pool` to `version`, with the newest image of that version.
    #[must_use]
    pub fn of(pool: &Pool, version: Option<&str>, now: Timestamp) -> Self {
        let nodes = count(&pool.properties);
        let settings = &pool.properties["upgradeSettings"];
        let version = version.unwrap_or_default();
        let image = version.parse().map_or_else(
            |_| String::new(),
            |version| catalog::node_image(&pool.properties, version, now),
        );
        Self {
            pool: pool.name.to_lowercase(),
            version: version.to_owned(),
            image,
            nodes,
            surge: catalog::surge(settings["maxSurge"].as_str(), nodes),
            soak_minutes: number(&settings["nodeSoakDurationInMinutes"]),
            windows: is_windows(&pool.properties),
        }
    }

    /// The same with this image, when there is one, instead of the newest.
    #[must_use]
    pub fn with_image(mut self, image: Option<String>) -> Self {
        if let Some(image) = image {
            self.image = image;
        }
        self
    }

    /// The change at the end of the roll.
    #[must_use]
    pub fn step(&self) -> Step {
        Step::PoolRolled {
            pool: self.pool.clone(),
            version: self.version.clone(),
            image: self.image.clone(),
        }
    }

    /// Simulated time for all nodes, batch after batch.
    #[must_use]
    pub fn duration(&self, work: Work, seed: &str) -> SignedDuration {
        catalog::duration(
            work,
            &DurationInput {
                nodes: self.nodes,
                surge: self.surge,
                soak_minutes: self.soak_minutes,
                windows: self.windows,
                extras: 0,
                seed,
            },
        )
    }
}

/// `count` of a pool's properties.
#[must_use]
pub fn count(properties: &Value) -> u32 {
    number(&properties["count"])
}

/// Whether the pool has Windows nodes.
#[must_use]
pub fn is_windows(properties: &Value) -> bool {
    properties["osType"]
        .as_str()
        .is_some_and(|os| os.eq_ignore_ascii_case("windows"))
}

fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}
