//! Gather, act, finalizers: the only place that holds both the Kubernetes and the Azure client.
