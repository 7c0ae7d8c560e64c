//! Pure translation of an outcome into conditions and status.
