//! Pure translation of an outcome into conditions and status.

pub mod children;
pub mod cluster;
pub mod conditions;
pub mod failure;
mod in_sync;
pub mod intent;
pub mod pool;
#[cfg(test)]
mod tests;
