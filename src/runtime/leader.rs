//! Who may write: one replica at a time.

use tokio::sync::watch;
use tokio::time::Instant;

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

    /// Returns once this replica has led and does no longer, whether the lease was taken, ran out or its task ended.
    pub async fn lost(&self) {
        let mut term = self.term.clone();
        loop {
            let current = *term.borrow_and_update();
            let changed = term.changed();
            match current {
                Term::Ended => return,
                Term::Unlimited => std::future::pending().await,
                Term::Standby => {
                    if changed.await.is_err() {
                        return;
                    }
                }
                Term::Until(end) => tokio::select! {
                    changed = changed => if changed.is_err() { return },
                    () = tokio::time::sleep_until(end) => return,
                },
            }
        }
    }
}
