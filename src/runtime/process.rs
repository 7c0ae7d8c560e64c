//! Facts about the process itself that are read when somebody asks for metrics.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::leader::Leadership;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Registers build information, whether this replica leads, and resident memory where the system tells it.
pub fn register(registry: &mut Registry, leadership: Leadership) {
    // The registry appends `_info`.
    registry.register("armature_build", "What was built", Info::new([("version", VERSION)]));
    registry.register_collector(Box::new(Process { leadership }));
}

#[derive(Debug)]
struct Process {
    leadership: Leadership,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let leads = ConstGauge::new(i64::from(self.leadership.is_leader()));
        let help = "1 while this replica holds the leader lease";
        leads.encode(encoder.encode_descriptor("armature_leader", help, None, MetricType::Gauge)?)?;
        if let Some(bytes) = fs::read_to_string("/proc/self/status")
            .ok()
            .as_deref()
            .and_then(resident_bytes)
        {
            let help = "Resident memory";
            let descriptor =
                encoder.encode_descriptor("process_resident_memory", help, Some(&Unit::Bytes), MetricType::Gauge)?;
            ConstGauge::new(bytes).encode(descriptor)?;
        }
        Ok(())
    }
}

/// Reads `VmRSS` from the text of `/proc/self/status`.
fn resident_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(
            resident_bytes("Name:\tarmature\nVmRSS:\t   2048 kB\nThreads:\t3\n"),
            Some(2_097_152)
        );
        assert_eq!(resident_bytes("Name:\tarmature\n"), None);
        assert_eq!(resident_bytes("VmRSS:\tlots\n"), None);
    }

    #[test]
    fn metrics_say_what_was_built_and_who_leads() {
        let mut registry = Registry::default();
        register(&mut registry, Leadership::always());
        let mut text = String::new();
        text::encode(&mut text, &registry).unwrap();
        assert!(
            text.contains(&format!("armature_build_info{{version=\"{VERSION}\"}} 1")),
            "{text}"
        );
        assert!(text.contains("armature_leader 1"), "{text}");
    }
}
