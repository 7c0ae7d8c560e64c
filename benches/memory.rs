//! What objects cost in the operator's cache: `cargo bench --bench memory` prints bytes and asserts nothing.

#[path = "memory/objects.rs"]
mod objects;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "An AksCluster with {} fields: {} bytes",
        objects::CLUSTER_FIELDS,
        objects::cluster()?
    );
    println!(
        "An AksNodePool with {} fields: {} bytes",
        objects::POOL_FIELDS,
        objects::pool()?
    );
    Ok(())
}
