//! The lease that replicas compete for: what one look at it says to do, and how it is stored.
//!
//! Every write carries the resourceVersion that was read, so of two replicas that see a free lease exactly one gets it.
//! How old a foreign lease is, is measured on this replica's own clock from the moment the lease last changed; clocks of
//! different nodes are never compared.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use tokio::time::Instant;

use super::settings::LeaderElection;

/// Where the lease is kept.
pub(super) trait LeaseStore: Send + Sync + 'static {
    /// The lease, or `None` when there is none yet.
    fn get(&self, name: &str) -> impl Future<Output = Result<Option<Lease>, kube::Error>> + Send;

    /// Stores a new lease, or replaces the one whose resourceVersion it carries. `false`: somebody else was quicker.
    fn put(&self, name: &str, lease: &Lease) -> impl Future<Output = Result<bool, kube::Error>> + Send;
}

impl LeaseStore for Api<Lease> {
    async fn get(&self, name: &str) -> Result<Option<Lease>, kube::Error> {
        self.get_opt(name).await
    }

    async fn put(&self, name: &str, lease: &Lease) -> Result<bool, kube::Error> {
        let parameters = PostParams::default();
        let stored = match lease.metadata.resource_version {
            Some(_) => self.replace(name, &parameters, lease).await,
            None => self.create(&parameters, lease).await,
        };
        match stored {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What one look at the lease says to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It is ours: renew it.
    Renew,
    /// It is free, or its holder went silent: take it.
    Take,
    /// Somebody else holds it.
    StandBy,
}

/// When a lease last changed, by this replica's own clock.
#[derive(Debug, Default)]
pub(super) struct Sighting {
    seen: Option<(LeaseSpec, Instant)>,
}

impl Sighting {
    /// Notes what the lease says now and decides what to do about it.
    pub(super) fn decide(&mut self, spec: Option<&LeaseSpec>, election: &LeaderElection, now: Instant) -> Move {
        let Some(spec) = spec else { return Move::Take };
        let since = match &self.seen {
            Some((seen, since)) if seen == spec => *since,
            _ => now,
        };
        self.seen = Some((spec.clone(), since));
        match spec.holder_identity.as_deref() {
            None | Some("") => Move::Take,
            Some(holder) if holder == election.identity => Move::Renew,
            Some(_) if now.duration_since(since) >= granted(spec, election) => Move::Take,
            Some(_) => Move::StandBy,
        }
    }
}

/// The holder's own idea of the duration counts; a replica with other settings must not cut it short.
fn granted(spec: &LeaseSpec, election: &LeaderElection) -> Duration {
    let seconds = spec
        .lease_duration_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or(election.lease_duration, Duration::from_secs)
}

/// The lease as this replica wants it stored, on top of what was read.
pub(super) fn held(current: Option<Lease>, election: &LeaderElection, action: Move, now: Timestamp) -> Lease {
    let Some(Lease { metadata, spec }) = current else {
        let metadata = ObjectMeta {
            name: Some(election.lease_name.clone()),
            ..ObjectMeta::default()
        };
        return Lease {
            metadata,
            spec: Some(term(election, now, now, 0)),
        };
    };
    let previous = spec.unwrap_or_default();
    let transitions = previous.lease_transitions.unwrap_or(0);
    let spec = match (action, previous.acquire_time) {
        (Move::Renew, Some(MicroTime(acquired))) => term(election, acquired, now, transitions),
        (Move::Renew, None) => term(election, now, now, transitions),
        (Move::Take | Move::StandBy, _) => term(election, now, now, transitions.saturating_add(1)),
    };
    Lease {
        metadata,
        spec: Some(spec),
    }
}

fn term(election: &LeaderElection, acquired: Timestamp, renewed: Timestamp, transitions: i32) -> LeaseSpec {
    let seconds = election.lease_duration.as_secs() + u64::from(election.lease_duration.subsec_nanos() > 0);
    LeaseSpec {
        holder_identity: Some(election.identity.clone()),
        lease_duration_seconds: Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
        acquire_time: Some(MicroTime(acquired)),
        renew_time: Some(MicroTime(renewed)),
        lease_transitions: Some(transitions),
        preferred_holder: None,
        strategy: None,
    }
}

/// The lease given back: anybody may take it at once.
pub(super) fn released(current: Lease, now: Timestamp) -> Lease {
    let spec = LeaseSpec {
        holder_identity: None,
        acquire_time: None,
        renew_time: Some(MicroTime(now)),
        ..current.spec.unwrap_or_default()
    };
    Lease {
        metadata: current.metadata,
        spec: Some(spec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn election() -> LeaderElection {
        LeaderElection {
            lease_name: "armature-leader".into(),
            identity: "one".into(),
            lease_duration: Duration::from_secs(15),
        }
    }

    fn spec(holder: &str, renewed: i64) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(holder.into()),
            lease_duration_seconds: Some(15),
            renew_time: Some(MicroTime(Timestamp::from_second(renewed).unwrap())),
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_free_lease_is_taken_and_an_own_one_renewed() {
        let (mut sighting, now) = (Sighting::default(), Instant::now());
        assert_eq!(sighting.decide(None, &election(), now), Move::Take);
        assert_eq!(
            sighting.decide(Some(&LeaseSpec::default()), &election(), now),
            Move::Take
        );
        assert_eq!(sighting.decide(Some(&spec("one", 0)), &election(), now), Move::Renew);
    }

    #[test]
    fn a_foreign_lease_is_taken_only_after_it_stood_still_for_its_duration() {
        let (mut sighting, start) = (Sighting::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(
            sighting.decide(Some(&spec("two", 0)), &election(), start),
            Move::StandBy
        );
        assert_eq!(
            sighting.decide(Some(&spec("two", 10)), &election(), after(10)),
            Move::StandBy
        );
        assert_eq!(
            sighting.decide(Some(&spec("two", 10)), &election(), after(24)),
            Move::StandBy
        );
        assert_eq!(
            sighting.decide(Some(&spec("two", 10)), &election(), after(25)),
            Move::Take
        );
    }

    #[test]
    fn a_lease_whose_clock_is_far_behind_is_not_taken_at_first_sight() {
        let long_ago = spec("two", 0);
        assert_eq!(
            Sighting::default().decide(Some(&long_ago), &election(), Instant::now()),
            Move::StandBy
        );
    }

    #[test]
    fn the_holders_own_duration_decides_when_it_is_silent() {
        let (mut sighting, start) = (Sighting::default(), Instant::now());
        let patient = LeaseSpec {
            lease_duration_seconds: Some(60),
            ..spec("two", 0)
        };
        sighting.decide(Some(&patient), &election(), start);
        assert_eq!(
            sighting.decide(Some(&patient), &election(), start + Duration::from_secs(59)),
            Move::StandBy
        );
        assert_eq!(
            sighting.decide(Some(&patient), &election(), start + Duration::from_secs(60)),
            Move::Take
        );
    }

    #[test]
    fn a_renewal_keeps_the_time_of_taking_and_a_takeover_counts_a_transition() {
        let (taken, later) = (
            Timestamp::from_second(100).unwrap(),
            Timestamp::from_second(200).unwrap(),
        );
        let first = held(None, &election(), Move::Take, taken);
        let renewed = held(Some(first), &election(), Move::Renew, later);
        let spec = renewed.spec.clone().unwrap();
        assert_eq!(spec.acquire_time, Some(MicroTime(taken)));
        assert_eq!(spec.renew_time, Some(MicroTime(later)));
        assert_eq!(spec.lease_transitions, Some(0));
        let taken_over = held(Some(renewed), &election(), Move::Take, later).spec.unwrap();
        assert_eq!(taken_over.acquire_time, Some(MicroTime(later)));
        assert_eq!(taken_over.lease_transitions, Some(1));
    }
}
