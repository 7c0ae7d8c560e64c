//! The custom resources: what users write and what they read back.
