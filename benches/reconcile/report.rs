//! The numbers as tables.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::meter::Tally;
use crate::steady::Steady;

/// All numbers.
#[derive(Debug, Serialize)]
pub struct Report {
    /// A fleet in which nothing is left to do.
    pub steady: Steady,
    /// Calls to Azure that create one cluster with three pools.
    pub create: BTreeMap<String, usize>,
}

impl Report {
    /// Prints the tables.
    pub fn print(&self) {
        let Steady {
            clusters,
            pools,
            rebuilt,
            idle,
            intervals,
            woken,
            passes_per_second,
            memory_empty,
            memory_idle,
            memory_most,
        } = &self.steady;
        println!("{clusters} clusters with {pools} pools, nothing left to do\n");
        let columns = [
            "",
            "from manifests alone",
            &format!("idle for {intervals} LISTs"),
            "every cluster woken",
        ];
        row(&columns.map(str::to_owned));
        let tallies = [rebuilt, idle, woken];
        let line = |name: &str, of: &dyn Fn(&Tally) -> String| {
            row(&[name.to_owned(), of(tallies[0]), of(tallies[1]), of(tallies[2])]);
        };
        line("ARM writes", &|tally| tally.arm_writes.to_string());
        line("ARM reads of single resources", &|tally| {
            tally.arm_object_reads.to_string()
        });
        line("ARM LIST pages", &|tally| lists(tally).to_string());
        line("Kubernetes writes", &|tally| tally.kube_writes.to_string());
        line("passes", &|tally| tally.passes.to_string());
        line("mean duration of a pass", &|tally| match tally.passes {
            0 => "-".to_owned(),
            _ => format!("{:.0} µs", tally.pass_microseconds),
        });
        line("wall time", &|tally| format!("{:.1} s", tally.seconds));
        println!("\npasses in a second, every cluster woken: {passes_per_second:.0}");
        println!(
            "memory: {memory_empty:.1} MiB empty, {memory_idle:.1} MiB idle with the fleet, {memory_most:.1} MiB at most"
        );

        println!("\ncalls to Azure that create one cluster with three pools\n");
        for (call, count) in &self.create {
            println!("{call:<45}{count:>5}");
        }
        println!("{:<45}{:>5}", "in all", self.create.values().sum::<usize>());
    }
}

fn lists(tally: &Tally) -> usize {
    tally.arm_calls.values().sum::<usize>() - tally.arm_writes - tally.arm_object_reads
}

fn row(cells: &[String; 4]) {
    let [name, rest @ ..] = cells;
    print!("{name:<32}");
    for cell in rest {
        print!("{cell:>22}");
    }
    println!();
}
