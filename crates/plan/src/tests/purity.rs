//! The arrows of the layout: decisions know no client, no runtime and no clock.

use std::fs;
use std::path::{Path, PathBuf};

/// Names that only code with effects has.
const EFFECTS: &[&str] = &[
    "kube::Client",
    "kube::Api",
    "Api::namespaced",
    "reqwest",
    "tokio",
    "Timestamp::now",
    "Zoned::now",
    "SystemTime",
    "Instant::now",
    "std::env",
    "std::net::Tcp",
    "crate::reconcile",
    "crate::runtime",
    "crate::arm",
];

/// The layers and what each may not name besides.
const LAYERS: &[(&str, &[&str])] = &[
    ("api", &["crate::plan", "crate::status"]),
    ("plan", &["crate::status"]),
    ("status", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

#[test]
fn no_decision_names_a_client_a_runtime_or_a_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (layer, above) in LAYERS {
        let mut files = Vec::new();
        sources(&root.join(layer), &mut files);
        assert!(!files.is_empty(), "{layer} has sources");
        for path in files.iter().filter(|path| !is_test(path)) {
            let source = fs::read_to_string(path).unwrap();
            for word in EFFECTS.iter().chain(*above) {
                let named = source
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .any(|line| line.contains(word));
                assert!(!named, "{} names {word}", path.display());
            }
        }
    }
}
