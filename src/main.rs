//! The `armature` command.
fn main() {}
