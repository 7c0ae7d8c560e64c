//! Who may write: one replica at a time. All replicas watch; the one that holds the lease writes.
//!
//! A leader trusts its lease for two thirds of the lease's duration after the last renewal it *sent*, and a standby takes
//! a lease only after it stood still for the whole duration. So a leader that is cut off from the API server stops
//! writing to Azure well before another one starts, and does not need the API server to tell it.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::connect::told;
use super::lease::{LeaseStore, Move, Sighting, held, released};
use super::settings::LeaderElection;

/// What this replica knows about the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    /// Another replica leads, or nobody does yet.
    Standby,
    /// This replica leads for as long as the process lives.
    Unlimited,
    /// This replica leads until then, unless the lease is renewed.
    Until(Instant),
    /// This replica led and does no longer; it never leads again.
    Ended,
}

/// Whether this replica may write. Cheap to clone; every clone sees the same term.
#[derive(Clone, Debug)]
pub struct Leadership {
    term: watch::Receiver<Term>,
}

impl Leadership {
    /// The only replica there is: it leads for as long as the process lives.
    pub fn always() -> Self {
        Self {
            term: watch::channel(Term::Unlimited).1,
        }
    }

    /// Whether this replica leads at this very moment; ask before each write.
    pub fn is_leader(&self) -> bool {
        match *self.term.borrow() {
            Term::Unlimited => true,
            Term::Until(end) => Instant::now() < end,
            Term::Standby | Term::Ended => false,
        }
    }

    /// Returns once this replica leads; never when it has lost its lease.
    pub async fn wait(&self) {
        let mut term = self.term.clone();
        if term
            .wait_for(|term| matches!(term, Term::Unlimited | Term::Until(_)))
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }

    /// Returns once this replica has led and does no longer, or can never lead because the election's task ended.
    pub async fn lost(&self) {
        let mut term = self.term.clone();
        loop {
            let current = *term.borrow_and_update();
            let end = match current {
                Term::Ended => return,
                Term::Unlimited => std::future::pending().await,
                Term::Standby => None,
                Term::Until(end) => Some(end),
            };
            let expired = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // A renewal that arrives at the last moment wins.
                biased;
                changed = term.changed() => if changed.is_err() { return },
                () = expired => return,
            }
        }
    }
}

/// The task that competes for the lease.
#[derive(Debug)]
pub struct Election {
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Giving the lease back must not hold up the end of the process for longer than the lease itself would.
    patience: Duration,
}

impl Election {
    /// Starts to compete for the lease in `namespace`.
    pub fn start(client: Client, namespace: &str, election: LeaderElection) -> (Leadership, Self) {
        Self::compete(Api::<Lease>::namespaced(client, namespace), election)
    }

    fn compete(store: impl LeaseStore, election: LeaderElection) -> (Leadership, Self) {
        let (sender, term) = watch::channel(Term::Standby);
        let stop = CancellationToken::new();
        let patience = election.lease_duration;
        let elector = Elector {
            store,
            election,
            term: sender,
            sighting: Sighting::default(),
            reported: None,
        };
        let task = tokio::spawn(elector.run(stop.clone()));
        (Leadership { term }, Self { stop, task, patience })
    }

    /// Stops competing and gives the lease back, so that a standby replica takes over at once. Call it when the last write
    /// has been made.
    pub async fn release(self) {
        self.stop.cancel();
        if timeout(self.patience, self.task).await.is_err() {
            warn!("the leader lease could not be given back in time; another replica takes over when it has run out");
        }
    }
}

/// What one attempt to hold the lease came to.
#[derive(Debug)]
enum Attempt {
    Held,
    HeldBy(String),
}

struct Elector<Store> {
    store: Store,
    election: LeaderElection,
    term: watch::Sender<Term>,
    sighting: Sighting,
    /// The holder that was logged last, so that a standby logs changes only.
    reported: Option<String>,
}

impl<Store: LeaseStore> Elector<Store> {
    async fn run(mut self, stop: CancellationToken) {
        loop {
            let round = async {
                let pause = self.round().await;
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
                pause
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.give_back().await,
                pause = round => if pause.is_none() { return },
            }
        }
    }

    /// One attempt; the pause before the next one, or `None` when this replica has lost its lease for good.
    async fn round(&mut self) -> Option<Duration> {
        let started = Instant::now();
        let current = *self.term.borrow();
        match timeout(self.patience(), self.attempt()).await {
            Ok(Ok(Attempt::Held)) => {
                if current == Term::Standby {
                    info!(
                        lease = self.election.lease_name,
                        identity = self.election.identity,
                        "this replica leads"
                    );
                }
                self.term
                    .send_replace(Term::Until(started + self.election.lease_duration * 2 / 3));
                return Some(self.patience());
            }
            Ok(Ok(Attempt::HeldBy(holder))) if current == Term::Standby => {
                if self.reported.as_deref() != Some(&holder) {
                    info!(
                        lease = self.election.lease_name,
                        holder, "standing by: another replica leads"
                    );
                    self.reported = Some(holder);
                }
                return Some(self.patience());
            }
            Ok(Ok(Attempt::HeldBy(holder))) => {
                warn!(
                    lease = self.election.lease_name,
                    holder, "the leader lease was taken by another replica"
                );
                self.term.send_replace(Term::Ended);
                return None;
            }
            Ok(Err(error)) => warn!(
                lease = self.election.lease_name,
                error = told(&error),
                "the leader lease could not be renewed"
            ),
            Err(_) => warn!(
                lease = self.election.lease_name,
                "the API server did not answer about the leader lease"
            ),
        }
        match current {
            Term::Until(end) if Instant::now() >= end => {
                self.term.send_replace(Term::Ended);
                None
            }
            _ => Some(self.patience() / 3),
        }
    }

    /// How long one attempt may take, and the pause after a good one: six of them in a lease's duration.
    fn patience(&self) -> Duration {
        self.election.lease_duration / 6
    }

    async fn attempt(&mut self) -> Result<Attempt, kube::Error> {
        let name = self.election.lease_name.clone();
        loop {
            let current = self.store.get(&name).await?;
            let spec = current.as_ref().and_then(|lease| lease.spec.as_ref());
            let action = self.sighting.decide(spec, &self.election, Instant::now());
            if action == Move::StandBy {
                let holder = spec.and_then(|spec| spec.holder_identity.clone());
                return Ok(Attempt::HeldBy(holder.unwrap_or_default()));
            }
            let wanted = held(current, &self.election, action, Timestamp::now());
            if self.store.put(&name, &wanted).await? {
                return Ok(Attempt::Held);
            }
            debug!(lease = name, "the leader lease changed in the meantime; looking again");
        }
    }

    async fn give_back(self) {
        self.term.send_replace(Term::Ended);
        let Self { store, election, .. } = self;
        let name = &election.lease_name;
        let ours = |lease: &Lease| {
            lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()) == Some(election.identity.as_str())
        };
        let result = match store.get(name).await {
            Ok(Some(lease)) if ours(&lease) => store.put(name, &released(lease, Timestamp::now())).await.map(|_| ()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            warn!(
                lease = name,
                error = told(&error),
                "the leader lease could not be given back"
            );
        }
    }
}

#[cfg(test)]
mod tests;
