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

/// Size and refill of a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit {
    size: f64,
    per_second: f64,
}

impl Bucket {
    /// Learn: request-limits-and-throttling (gateway), quotas-skus-regions of 2026-08-03 (AKS).
    fn limit(&self) -> Limit {
        let (size, per_second) = match self {
            Self::Principal { kind, .. } | Self::Tenant { kind, .. } => gateway_limit(*kind),
            Self::Global { kind, .. } => {
                let (size, per_second) = gateway_limit(*kind);
                (15.0 * size, 15.0 * per_second)
            }
            Self::ListSubscription { .. } => (500.0, 1.0),
            Self::ListGroup { .. } | Self::GetCluster { .. } | Self::Other { .. } => (60.0, 1.0),
            Self::PutPool { .. } | Self::PutCluster { .. } => (20.0, 1.0 / 60.0),
            Self::OperationStatus { .. } => (200.0, 2.0),
        };
        Limit { size, per_second }
    }

    /// Whether a refused request starts the wait anew when it comes before the wait is over (Learn, gateway only).
    fn punishes_impatience(&self) -> bool {
        matches!(self, Self::Principal { .. } | Self::Global { .. } | Self::Tenant { .. })
    }
}

fn gateway_limit(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Read => (250.0, 25.0),
        Kind::Write | Kind::Delete => (200.0, 10.0),
    }
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
    closed_until: Option<Timestamp>,
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
    /// The simulated time until the next token, when the bucket is empty.
    pub fn take(&mut self, bucket: &Bucket, now: Timestamp) -> Result<u32, Duration> {
        let limit = bucket.limit();
        let level = self.levels.entry(bucket.clone()).or_insert(Level {
            tokens: limit.size,
            at: now,
            closed_until: None,
        });
        let passed = now.duration_since(level.at).as_secs_f64().max(0.0);
        level.tokens = (level.tokens + passed * limit.per_second).min(limit.size);
        level.at = now;
        let impatient = bucket.punishes_impatience() && level.closed_until.is_some_and(|until| now < until);
        if impatient || level.tokens < 1.0 {
            // A whole second at least: the header cannot say less.
            let wait = ((1.0 - level.tokens).max(0.0) / limit.per_second).ceil().max(1.0);
            let wait = Duration::from_secs_f64(wait);
            level.closed_until = jiff::SignedDuration::try_from(wait)
                .ok()
                .map(|wait| crate::clock::shift(now, wait));
            return Err(wait);
        }
        level.closed_until = None;
        level.tokens -= 1.0;
        Ok(whole(level.tokens))
    }
}

/// Tokens as the whole number that headers show; bucket sizes keep it far below the limit of `u32`.
fn whole(tokens: f64) -> u32 {
    tokens.clamp(0.0, f64::from(u32::MAX)) as u32
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
