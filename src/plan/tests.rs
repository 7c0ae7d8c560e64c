//! Stories of whole plans.
