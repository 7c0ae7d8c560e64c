//! How much is left in the budget, as a Prometheus metric.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::Budget;

impl Budget {
    /// Registers `armature_arm_budget_tokens{bucket}`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Levels(self.clone())));
    }
}

/// Reads the levels when they are asked for, so that none grows stale and none outlives its bucket.
#[derive(Debug)]
struct Levels(Budget);

impl Collector for Levels {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let levels = self.0.levels();
        if levels.is_empty() {
            return Ok(());
        }
        let gauge = ConstGauge::new(0.0_f64);
        let mut family = encoder.encode_descriptor(
            "armature_arm_budget_tokens",
            "Calls left in a request quota of Azure; the lowest where there is one quota for each resource",
            None,
            gauge.metric_type(),
        )?;
        for (bucket, tokens) in levels {
            ConstGauge::new(tokens).encode(family.encode_family(&[("bucket", bucket)])?)?;
        }
        Ok(())
    }
}
