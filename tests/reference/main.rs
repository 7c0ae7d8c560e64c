//! The reference pages in `docs/reference` are what the CRDs and the table of fields say: `make docs` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod change;
mod pages;
mod schema;
mod section;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use armature_plan::fields::{cluster, pool};
use pages::{pages, rows_without_a_field};

/// Set by `make docs`.
const WRITE: &str = "ARMATURE_WRITE_DOCS";

#[test]
fn the_reference_pages_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let pages = pages();
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, pages.keys().cloned().collect(), "docs/reference");
    for (name, text) in &pages {
        let stored = fs::read_to_string(folder.join(name)).unwrap();
        assert!(stored == *text, "docs/reference/{name} is not current: run make docs");
    }
}

/// A row under another name than its field's would be missing from its page in silence.
#[test]
fn every_row_of_the_tables_belongs_to_a_field() {
    assert_eq!(rows_without_a_field("AksCluster", cluster::FIELDS), [""; 0]);
    assert_eq!(rows_without_a_field("AksNodePool", pool::FIELDS), [""; 0]);
}
