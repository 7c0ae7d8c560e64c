//! Locks on a cluster.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case};

fn lock(name: &str) -> Value {
    json!({ "locks": { name: { "level": "CanNotDelete" } } })
}

pub fn cases() -> Vec<Case> {
    let says = "names in locks have 1 to 90";
    vec![
        case(Cluster, says, lock("keep.it_all-1"), lock("keep it")),
        case(Cluster, says, lock("-"), lock("..")),
    ]
}
