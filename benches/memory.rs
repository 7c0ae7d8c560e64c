//! What objects cost in the operator's cache: `cargo bench --bench memory` prints bytes and asserts nothing.

#[path = "memory/objects.rs"]
mod objects;

use std::error::Error;

use objects::Cost;

fn main() -> Result<(), Box<dyn Error>> {
    print("AksCluster", objects::CLUSTER_FIELDS, objects::cluster()?);
    print("AksNodePool", objects::POOL_FIELDS, objects::pool()?);
    Ok(())
}

fn print(kind: &str, fields: usize, cost: Cost) {
    let Cost { manifest, with_status } = cost;
    println!("An {kind} with {fields} fields: {manifest} bytes, {with_status} with its status");
}
