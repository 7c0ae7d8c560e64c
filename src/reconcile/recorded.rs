//! What a pass records in the operator's own namespace, and what follows when it can't.

use kube::runtime::events::EventType;
use tokio::time::Instant;
use tracing::warn;

use super::events;
use super::failure::Ended;
use super::inventory::{self, Inventory};
use super::pass::Pass;
use super::proof::{Signer, Unproven};
use super::write::WriteError;
use armature_plan::Fate;
use armature_plan::change::Target;
use armature_plan::children::claim::Serial;

impl Pass<'_> {
    /// What Armature signed and does not have in its inventory was lost there, or somebody put it back: that is told once.
    pub(super) fn tell_unrecorded(&mut self) {
        if std::mem::replace(&mut self.memory.unrecorded_told, true) {
            return;
        }
        let note = format!(
            "status says that Armature made children that the ConfigMaps {}/{}* do not have: they count as somebody else's, and are \
             not deleted; if the ConfigMaps were lost, put them back from a backup and restart the operator",
            self.context.settings.operator_namespace,
            inventory::PREFIX,
        );
        warn!(cluster = %self.id, "{note}");
        events::told(self, EventType::Warning, "InventoryLost", "Reconcile", &note);
    }

    /// Records what children there are and whose, before status says so. Without the key nothing is known of them.
    ///
    /// # Errors
    /// Kubernetes did not take it.
    pub async fn record_inventory(&self) -> Result<(), WriteError> {
        let Ok(signer) = &self.signing else { return Ok(()) };
        let inventories = &self.context.inventories;
        inventories
            .record(self.context, signer.object(), &self.inventory(signer))
            .await
    }

    /// Records that of the rest there is nothing more to say, once status does not either.
    ///
    /// # Errors
    /// Kubernetes did not take it; the next pass records it.
    pub async fn conclude_inventory(&self) -> Result<(), WriteError> {
        let Ok(signer) = &self.signing else { return Ok(()) };
        let inventories = &self.context.inventories;
        inventories
            .conclude(self.context, signer.object(), self.inventory(signer))
            .await
    }

    fn inventory(&self, signer: &Signer<'_>) -> Inventory {
        Inventory::of(signer.object(), self.record, &self.children)
    }

    /// Whether what follows could be recorded.
    ///
    /// # Errors
    /// It could not, and so must not be done.
    pub async fn try_inventory(&self) -> Result<(), Ended> {
        let why = match &self.signing {
            Ok(signer) => match self.context.inventories.try_out(self.context, signer.object()).await {
                Ok(()) => return Ok(()),
                Err(error) => Unproven::inventory(error.to_string()),
            },
            Err(why) => why.clone(),
        };
        Err(Ended::unproven(Target::Cluster, &why))
    }

    /// What happened could not be recorded: that is told, status keeps what it records, and nothing else is done.
    pub(super) fn rest_unrecorded(&mut self, problem: String) {
        let why = Unproven::inventory(problem);
        warn!(cluster = %self.id, "{why}");
        let (ended, poll) = (Ended::unproven(Target::Cluster, &why), self.poll_interval());
        self.memory.rests.fail_whole(ended, poll, Instant::now());
        self.signing = Err(why);
    }

    /// What the status of the cluster records goes on under a new serial, so that what it recorded before can't be put
    /// back.
    pub fn overtake_record(&mut self) {
        if self.signing.is_ok() {
            self.serial = Some(Serial::after(self.serial, self.context.now()));
            self.record = self.serial;
        }
    }

    /// Nothing is ours any more. What is let go goes in any case: what stays recorded of it then is what it was.
    pub(super) async fn end_inventory(&mut self, fate: &Fate) -> Result<(), WriteError> {
        self.children.clear();
        self.record = None;
        match self.conclude_inventory().await {
            Err(error) if matches!(fate, Fate::LetGo(_)) => {
                warn!(cluster = %self.id, "what was let go stays recorded: {error}");
                Ok(())
            }
            answer => answer,
        }
    }
}
