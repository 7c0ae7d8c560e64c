//! Token buckets of the ARM gateway and of AKS, refilled by simulated time.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// What a call counts as for the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// GET, HEAD, and POSTs that only read.
    Read,
    /// PUT, PATCH, POST.
    Write,
    /// DELETE.
    Delete,
}

impl Kind {
    /// The word in `x-ms-ratelimit-remaining-subscription-reads` and its siblings.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Write => "writes",
            Self::Delete => "deletes",
        }
    }
}

/// One bucket. Names are lower-cased by whoever makes the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the members name what the bucket belongs to")]
pub enum Bucket {
    /// Calls of one principal on one subscription.
    Principal {
        subscription: String,
        principal: String,
        kind: Kind,
    },
    /// Calls of everybody on one subscription.
    Global { subscription: String, kind: Kind },
    /// Calls of one principal outside any subscription.
    Tenant { principal: String, kind: Kind },
    /// AKS: LIST of a subscription's clusters.
    ListSubscription { subscription: String },
    /// AKS: LIST of a resource group's clusters.
    ListGroup { subscription: String, group: String },
    /// AKS: PUT of one pool.
    PutPool { pool: String },
    /// AKS: PUT of one cluster.
    PutCluster { cluster: String },
    /// AKS: GET of one cluster.
    GetCluster { cluster: String },
    /// AKS: GET of operation status in one region of a subscription.
    OperationStatus { subscription: String, region: String },
    /// AKS: everything else in one region of a subscription.
    Other { subscription: String, region: String },
}

/// Size and refill of a bucket, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    size: u32,
    per_minute: u32,
}

/// Credit that one token is worth: a bucket that refills by `n` tokens a minute earns `n` of it in each millisecond, so
/// that levels are whole numbers.
const TOKEN: u64 = 60_000;

impl Bucket {
    /// Learn: request-limits-and-throttling (gateway), quotas-skus-regions of 2026-08-03 (AKS).
    fn limit(&self) -> Limit {
        let (size, per_minute) = match self {
            Self::Principal { kind, .. } | Self::Tenant { kind, .. } => gateway_limit(*kind),
            Self::Global { kind, .. } => {
                let (size, per_minute) = gateway_limit(*kind);
                (15 * size, 15 * per_minute)
            }
            Self::ListSubscription { .. } => (500, 60),
            Self::ListGroup { .. } | Self::GetCluster { .. } | Self::Other { .. } => (60, 60),
            Self::PutPool { .. } | Self::PutCluster { .. } => (20, 1),
            Self::OperationStatus { .. } => (200, 120),
        };
        Limit { size, per_minute }
    }

    /// Whether a refused request starts the wait anew when it comes before the wait is over (Learn, gateway only).
    fn punishes_impatience(&self) -> bool {
        matches!(self, Self::Principal { .. } | Self::Global { .. } | Self::Tenant { .. })
    }
}

fn gateway_limit(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Read => (250, 25 * 60),
        Kind::Write | Kind::Delete => (200, 10 * 60),
    }
}

#[derive(Debug, Clone, Copy)]
struct Level {
    credit: u64,
    /// Simulated time up to which the credit counts, Unix milliseconds.
    at: i64,
    /// Until when the bucket refuses the impatient, Unix milliseconds.
    closed_until: i64,
}

/// The levels of all buckets that were ever used.
#[derive(Debug, Default)]
pub struct Throttle {
    levels: HashMap<Bucket, Level>,
}

impl Throttle {
    /// Takes one token; answers with the whole tokens left.
    ///
    /// # Errors
    /// The simulated time until the next token, whole seconds, when the bucket is empty.
    pub fn take(&mut self, bucket: &Bucket, now: Timestamp) -> Result<u32, Duration> {
        let Limit { size, per_minute } = bucket.limit();
        let (now, full, refill) = (now.as_millisecond(), u64::from(size) * TOKEN, u64::from(per_minute));
        let fresh = Level {
            credit: full,
            at: now,
            closed_until: i64::MIN,
        };
        let level = self.levels.entry(bucket.clone()).or_insert(fresh);
        let passed = u64::try_from(now.saturating_sub(level.at)).unwrap_or(0);
        level.credit = passed.saturating_mul(refill).saturating_add(level.credit).min(full);
        level.at = now;
        let impatient = bucket.punishes_impatience() && now < level.closed_until;
        if impatient || level.credit < TOKEN {
            // A whole second at least: the header cannot say less.
            let missing = TOKEN.saturating_sub(level.credit).div_ceil(refill);
            let seconds = missing.div_ceil(1000).max(1);
            level.closed_until = now.saturating_add(i64::try_from(seconds * 1000).unwrap_or(i64::MAX));
            return Err(Duration::from_secs(seconds));
        }
        level.credit -= TOKEN;
        Ok(u32::try_from(level.credit / TOKEN).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(seconds)
    }

    fn drain(throttle: &mut Throttle, bucket: &Bucket, now: Timestamp) -> u32 {
        let mut taken = 0;
        while throttle.take(bucket, now).is_ok() {
            taken += 1;
        }
        taken
    }

    #[test]
    fn every_bucket_holds_what_the_documentation_says() {
        let s = || "s".to_owned();
        let sizes = [
            (
                Bucket::Principal {
                    subscription: s(),
                    principal: s(),
                    kind: Kind::Read,
                },
                250,
            ),
            (
                Bucket::Principal {
                    subscription: s(),
                    principal: s(),
                    kind: Kind::Write,
                },
                200,
            ),
            (
                Bucket::Tenant {
                    principal: s(),
                    kind: Kind::Delete,
                },
                200,
            ),
            (
                Bucket::Global {
                    subscription: s(),
                    kind: Kind::Read,
                },
                3750,
            ),
            (Bucket::ListSubscription { subscription: s() }, 500),
            (
                Bucket::ListGroup {
                    subscription: s(),
                    group: s(),
                },
                60,
            ),
            (Bucket::PutPool { pool: s() }, 20),
            (Bucket::PutCluster { cluster: s() }, 20),
            (Bucket::GetCluster { cluster: s() }, 60),
            (
                Bucket::OperationStatus {
                    subscription: s(),
                    region: s(),
                },
                200,
            ),
            (
                Bucket::Other {
                    subscription: s(),
                    region: s(),
                },
                60,
            ),
        ];
        for (bucket, size) in sizes {
            assert_eq!(drain(&mut Throttle::default(), &bucket, at(0)), size, "{bucket:?}");
        }
    }

    #[test]
    fn a_cluster_put_comes_back_once_a_minute() {
        let mut throttle = Throttle::default();
        let bucket = Bucket::PutCluster { cluster: "c".into() };
        drain(&mut throttle, &bucket, at(0));
        assert_eq!(throttle.take(&bucket, at(0)), Err(Duration::from_secs(60)));
        assert_eq!(throttle.take(&bucket, at(59)), Err(Duration::from_secs(1)));
        assert_eq!(throttle.take(&bucket, at(60)), Ok(0));
        assert!(throttle.take(&bucket, at(60)).is_err());
    }

    #[test]
    fn buckets_do_not_share_tokens() {
        let mut throttle = Throttle::default();
        drain(&mut throttle, &Bucket::GetCluster { cluster: "a".into() }, at(0));
        assert_eq!(
            throttle.take(&Bucket::GetCluster { cluster: "b".into() }, at(0)),
            Ok(59)
        );
    }

    #[test]
    fn a_gateway_request_before_the_wait_is_over_starts_it_anew() {
        let mut throttle = Throttle::default();
        let bucket = Bucket::Principal {
            subscription: "s".into(),
            principal: "p".into(),
            kind: Kind::Write,
        };
        drain(&mut throttle, &bucket, at(0));
        assert!(
            throttle
                .take(&bucket, at(0) + SignedDuration::from_millis(900))
                .is_err()
        );
        assert!(
            throttle
                .take(&bucket, at(0) + SignedDuration::from_millis(1800))
                .is_err()
        );
        assert!(
            throttle
                .take(&bucket, at(0) + SignedDuration::from_millis(2800))
                .is_ok()
        );
    }
}
