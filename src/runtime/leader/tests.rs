use std::sync::{Arc, Mutex};

use super::*;

/// A lease in memory with the API server's rule about resourceVersion, and a switch that cuts the line.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<MemoryState>>);

#[derive(Default)]
struct MemoryState {
    lease: Option<Lease>,
    version: u64,
    cut_for: Vec<&'static str>,
}

/// One replica's line to the shared lease.
struct Line {
    memory: Memory,
    replica: &'static str,
}

impl Line {
    async fn pass(&self) {
        let cut = self.memory.0.lock().unwrap().cut_for.contains(&self.replica);
        if cut {
            std::future::pending::<()>().await;
        }
    }
}

impl LeaseStore for Line {
    async fn get(&self, _: &str) -> Result<Option<Lease>, kube::Error> {
        self.pass().await;
        Ok(self.memory.0.lock().unwrap().lease.clone())
    }

    async fn put(&self, _: &str, lease: &Lease) -> Result<bool, kube::Error> {
        self.pass().await;
        let mut state = self.memory.0.lock().unwrap();
        let stored = state
            .lease
            .as_ref()
            .and_then(|stored| stored.metadata.resource_version.clone());
        if stored != lease.metadata.resource_version {
            return Ok(false);
        }
        state.version += 1;
        let mut lease = lease.clone();
        lease.metadata.resource_version = Some(state.version.to_string());
        state.lease = Some(lease);
        Ok(true)
    }
}

impl Memory {
    fn join(&self, replica: &'static str) -> (Leadership, Election) {
        let election = LeaderElection {
            lease_name: "armature-leader".into(),
            identity: replica.into(),
            lease_duration: Duration::from_secs(15),
        };
        Election::compete(
            Line {
                memory: self.clone(),
                replica,
            },
            election,
        )
    }

    fn cut(&self, replica: &'static str) {
        self.0.lock().unwrap().cut_for.push(replica);
    }

    fn holder(&self) -> Option<String> {
        self.0.lock().unwrap().lease.clone()?.spec?.holder_identity
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test]
async fn without_election_the_process_always_leads() {
    let leadership = Leadership::always();
    leadership.wait().await;
    assert!(leadership.is_leader());
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_one_leads_and_keeps_leading() {
    let memory = Memory::default();
    let (one, _first) = memory.join("one");
    let (two, _second) = memory.join("two");
    for _ in 0..600 {
        pass(1).await;
        assert!(one.is_leader() ^ two.is_leader(), "exactly one replica leads");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_stops_before_another_starts() {
    let memory = Memory::default();
    let (one, _first) = memory.join("one");
    one.wait().await;
    let (two, _second) = memory.join("two");
    pass(60).await;
    memory.cut("one");
    let mut gap = false;
    while !two.is_leader() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!(one.is_leader() && two.is_leader()), "two replicas lead");
        gap |= !one.is_leader() && !two.is_leader();
    }
    assert!(gap, "there is a moment in which nobody leads");
    one.lost().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_given_back_is_taken_at_the_next_look() {
    let memory = Memory::default();
    let (one, first) = memory.join("one");
    one.wait().await;
    let (two, _second) = memory.join("two");
    pass(1).await;
    first.release().await;
    assert!(!one.is_leader());
    assert_eq!(memory.holder(), None);
    tokio::time::timeout(Duration::from_secs(3), two.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_taken_away_is_lost_for_good() {
    let memory = Memory::default();
    let (one, _first) = memory.join("one");
    one.wait().await;
    let stolen = {
        let mut state = memory.0.lock().unwrap();
        let mut lease = state.lease.clone().unwrap();
        lease.spec.as_mut().unwrap().holder_identity = Some("thief".into());
        lease.metadata.resource_version = Some("stolen".into());
        state.lease.replace(lease)
    };
    assert!(stolen.is_some());
    one.lost().await;
    memory.0.lock().unwrap().lease = None;
    pass(60).await;
    assert!(!one.is_leader());
}

#[tokio::test(start_paused = true)]
async fn leadership_is_lost_when_the_election_task_ends() {
    let memory = Memory::default();
    let (one, first) = memory.join("one");
    one.wait().await;
    first.task.abort();
    one.lost().await;
}

#[tokio::test(start_paused = true)]
async fn a_standby_replica_has_not_lost_anything() {
    let memory = Memory::default();
    let (one, _first) = memory.join("one");
    one.wait().await;
    let (two, _second) = memory.join("two");
    assert!(
        tokio::time::timeout(Duration::from_secs(300), two.lost())
            .await
            .is_err()
    );
}
