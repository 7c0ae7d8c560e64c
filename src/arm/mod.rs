//! The Azure Resource Manager client: wire, errors, budget, observation, sign-in.
