//! How long AKS takes, in simulated time.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};

/// Work whose duration AKS decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Creation of a cluster with its first pools.
    ClusterCreate,
    /// A cluster PUT that leaves nodes and traffic alone.
    ClusterUpdate,
    /// A cluster PUT that changes load balancer, egress or API server access.
    ClusterNetworkUpdate,
    /// The control plane's part of an upgrade.
    ControlPlaneUpgrade,
    /// DELETE of a cluster.
    ClusterDelete,
    /// Start of a stopped cluster.
    ClusterStart,
    /// Stop of a cluster.
    ClusterStop,
    /// Rotation of certificates or signing keys.
    Rotation,
    /// Creation of a pool.
    PoolCreate,
    /// A pool PUT that leaves nodes alone.
    PoolUpdate,
    /// More nodes.
    ScaleUp,
    /// Fewer nodes.
    ScaleDown,
    /// DELETE of a pool.
    PoolDelete,
    /// Rolling replacement by an upgrade or a rollback.
    NodeUpgrade,
    /// Rolling replacement by a new node image or by a setting that reimages.
    NodeReimage,
    /// Stop of a pool.
    PoolStop,
    /// Start of a pool.
    PoolStart,
}

/// What a duration depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationInput<'a> {
    /// Nodes touched.
    pub nodes: u32,
    /// Nodes replaced at the same time; see [`surge`]. At least 1 is assumed.
    pub surge: u32,
    /// `upgradeSettings.nodeSoakDurationInMinutes`, waited after each batch.
    pub soak_minutes: u32,
    /// Windows nodes take longer to come up.
    pub windows: bool,
    /// Private cluster, own virtual network, add-ons: each adds a minute to a create, four at most.
    pub extras: u32,
    /// Spreads durations over their range, the same for the same text (use the resource id and the operation's number).
    pub seed: &'a str,
}

/// Seconds: shortest, median, longest.
struct Range(u32, u32, u32);

/// Simulated time that `work` takes: deterministic, within the recorded range of that work.
///
/// Ranges come from recordings of the Azure CLI and public Terraform logs (create 3:39-8:24, stop 2:03, start
/// 3:00-3:30, delete 8:12, modify 0:44); the node figures from AKS's documentation and observations of 2026; pool
/// creation, control plane and rotation are general knowledge.
#[must_use]
pub fn duration(work: Work, input: &DurationInput<'_>) -> SignedDuration {
    let once = pick(&range(work, input.windows), input.seed, 0);
    let seconds = match work {
        Work::ClusterCreate => once + 60 * u64::from(input.extras.min(4)),
        Work::NodeUpgrade | Work::NodeReimage => {
            let batches = input.nodes.max(1).div_ceil(input.surge.max(1));
            let soak = 60 * u64::from(input.soak_minutes);
            (0..batches)
                .map(|batch| pick(&range(work, input.windows), input.seed, batch) + soak)
                .sum()
        }
        _ => once,
    };
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn range(work: Work, windows: bool) -> Range {
    match work {
        Work::ClusterCreate => Range(210, 270, 510),
        Work::ClusterUpdate => Range(30, 60, 180),
        Work::ClusterNetworkUpdate => Range(60, 120, 240),
        Work::ControlPlaneUpgrade => Range(240, 360, 600),
        Work::ClusterDelete => Range(240, 360, 600),
        Work::ClusterStart => Range(180, 210, 480),
        Work::ClusterStop => Range(120, 130, 600),
        Work::Rotation => Range(300, 600, 1800),
        Work::PoolCreate if windows => Range(300, 420, 600),
        Work::PoolCreate => Range(120, 180, 240),
        Work::PoolUpdate => Range(20, 40, 90),
        Work::ScaleUp => Range(60, 75, 180),
        Work::ScaleDown | Work::PoolDelete => Range(60, 120, 300),
        Work::NodeUpgrade => Range(240, 330, 540),
        Work::NodeReimage => Range(180, 270, 420),
        Work::PoolStop => Range(60, 120, 180),
        Work::PoolStart => Range(120, 180, 240),
    }
}

/// A value of the range: half of all seeds fall below the median.
fn pick(range: &Range, seed: &str, salt: u32) -> u64 {
    let digest = Sha256::new()
        .chain_update(seed.as_bytes())
        .chain_update(salt.to_be_bytes())
        .finalize();
    let point = u64::from(u16::from_be_bytes([digest[0], digest[1]]));
    let half = 1 << 15;
    let Range(shortest, median, longest) = *range;
    let (from, to, along) = if point < half {
        (shortest, median, point)
    } else {
        (median, longest, point - half)
    };
    u64::from(from) + u64::from(to - from) * along / half
}

/// Nodes that `maxSurge` (`"2"` or `"33%"`, rounded up, absent 10%) adds to a pool of `count` nodes, at least 1.
#[must_use]
pub fn surge(max_surge: Option<&str>, count: u32) -> u32 {
    let text = max_surge.unwrap_or("10%");
    let nodes = match text.strip_suffix('%') {
        Some(percent) => percent
            .parse::<u32>()
            .ok()
            .map(|percent| count.saturating_mul(percent).div_ceil(100)),
        None => text.parse().ok(),
    };
    nodes.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(seed: &str) -> DurationInput<'_> {
        DurationInput {
            nodes: 3,
            surge: 1,
            soak_minutes: 0,
            windows: false,
            extras: 0,
            seed,
        }
    }

    #[test]
    fn a_duration_is_the_same_for_the_same_seed_and_stays_in_its_range() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..50 {
            let seed = format!("cluster-{number}");
            let took = duration(Work::ClusterCreate, &input(&seed));
            assert_eq!(took, duration(Work::ClusterCreate, &input(&seed)));
            assert!((210..=510).contains(&took.as_secs()), "{took}");
            seen.insert(took);
        }
        assert!(seen.len() > 20, "seeds do not spread");
    }

    #[test]
    fn an_upgrade_takes_time_per_batch_and_soaks() {
        let one = duration(Work::NodeUpgrade, &DurationInput { nodes: 1, ..input("a") });
        let six = duration(Work::NodeUpgrade, &DurationInput { nodes: 6, ..input("a") });
        let surged = duration(
            Work::NodeUpgrade,
            &DurationInput {
                nodes: 6,
                surge: 3,
                ..input("a")
            },
        );
        let soaked = duration(
            Work::NodeUpgrade,
            &DurationInput {
                nodes: 1,
                soak_minutes: 5,
                ..input("a")
            },
        );
        assert!(six.as_secs() >= 6 * 240);
        assert!(surged < six);
        assert_eq!(soaked.as_secs(), one.as_secs() + 300);
    }

    #[test]
    fn surge_rounds_percentages_up() {
        assert_eq!(surge(Some("33%"), 10), 4);
        assert_eq!(surge(Some("2"), 10), 2);
        assert_eq!(surge(None, 25), 3);
        assert_eq!(surge(Some("0"), 25), 1);
        assert_eq!(surge(Some("nonsense"), 25), 1);
    }
}
