//! Who has to wait for whom: operations of one cluster block each other, those of different pools do not.

use crate::arm::children::Child;
use crate::operations::{Activity, Operation};
use crate::refusal::Refusal;
use crate::world::{Cluster, World};

impl World {
    fn running(&self, id: Option<&String>) -> Option<&Operation> {
        self.operations.get(id?).filter(|operation| operation.ended.is_none())
    }

    /// The cluster operation that runs on `cluster`.
    #[must_use]
    pub fn running_on_cluster(&self, cluster: &Cluster) -> Option<&Operation> {
        self.running(cluster.operation.as_ref())
    }

    /// The pool operation that runs on the pool `name`.
    #[must_use]
    pub fn running_on_pool(&self, cluster: &Cluster, name: &str) -> Option<&Operation> {
        self.running(cluster.pool(name)?.operation.as_ref())
    }

    /// Refuses an operation of the cluster while anything runs on it.
    ///
    /// # Errors
    /// 409 `OperationNotAllowed`, in the words of Azure's article on pending operations.
    pub fn cluster_is_free(&self, cluster: &Cluster) -> Result<(), Refusal> {
        self.no_cluster_operation(cluster)?;
        for pool in &cluster.pools {
            if let Some(operation) = self.running_on_pool(cluster, &pool.name) {
                return Err(refuse(format!(
                    "Managed Cluster operation is not allowed: Another operation ({}) is in progress on agent pool ({}). {ADVICE}",
                    operation.activity.provisioning_state(),
                    pool.name,
                )));
            }
        }
        Ok(())
    }

    /// Refuses an operation of the pool `name` while one runs on the cluster or on this pool.
    ///
    /// # Errors
    /// 409 `OperationNotAllowed`.
    pub fn pool_is_free(&self, cluster: &Cluster, name: &str) -> Result<(), Refusal> {
        self.no_cluster_operation(cluster)?;
        match self.running_on_pool(cluster, name) {
            None => Ok(()),
            Some(operation) if operation.activity == Activity::Deleting => Err(deletion_was_issued(name)),
            Some(operation) => Err(refuse(format!(
                "Operation is not allowed: Another agentpool operation ({name} - {}) is in progress, {ADVICE}",
                operation.activity.provisioning_state(),
            ))),
        }
    }

    /// The operation that runs on a child of a cluster.
    #[must_use]
    pub fn running_on_child(&self, child: &Child) -> Option<&Operation> {
        self.running(child.operation.as_ref())
    }

    /// Refuses a PUT of a child while an operation runs on it.
    ///
    /// # Errors
    /// 409 `OperationNotAllowed`.
    pub fn child_is_free(&self, noun: &str, child: &Child) -> Result<(), Refusal> {
        match self.running_on_child(child) {
            None => Ok(()),
            Some(operation) if operation.activity == Activity::Deleting => Err(deletion_was_issued(&child.name)),
            Some(operation) => Err(refuse(format!(
                "Operation is not allowed: Another {noun} operation ({} - {}) is in progress, {ADVICE}",
                child.name,
                operation.activity.provisioning_state(),
            ))),
        }
    }

    /// Refuses a change below a cluster that is being deleted.
    ///
    /// # Errors
    /// 409 `OperationNotAllowed`.
    pub fn no_deletion(&self, cluster: &Cluster) -> Result<(), Refusal> {
        match self.running_on_cluster(cluster) {
            Some(operation) if operation.activity == Activity::Deleting => {
                Err(deletion_was_issued(&cluster.reference.name))
            }
            _ => Ok(()),
        }
    }

    /// Refuses anything while an operation of the cluster itself runs.
    ///
    /// # Errors
    /// 409 `OperationNotAllowed`.
    pub fn no_cluster_operation(&self, cluster: &Cluster) -> Result<(), Refusal> {
        self.no_deletion(cluster)?;
        match self.running_on_cluster(cluster) {
            None => Ok(()),
            Some(operation) => Err(refuse(format!(
                "Operation is not allowed: Another operation ({}) is in progress, {ADVICE}",
                operation.activity.provisioning_state(),
            ))),
        }
    }
}

const ADVICE: &str = "please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details";

fn deletion_was_issued(name: &str) -> Refusal {
    refuse(format!(
        "Unable to perform 'Updating' operation on '{name}' since deletion was issued on '{name}'. The only allowed operation is deletion once deletion has started. See https://aka.ms/aks-pending-operation for more details"
    ))
}

fn refuse(message: String) -> Refusal {
    Refusal::provider(409, "OperationNotAllowed", message)
}
