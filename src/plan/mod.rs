//! Pure decisions: what differs, what that would disturb, and the steps that put it right.
