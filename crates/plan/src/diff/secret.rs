//! Secrets: Azure never shows them, so what was sent last is all there is to compare with.

use serde_json::json;

use super::{Difference, Sides};
use crate::applied::SecretRecord;
use crate::change::{Change, Origin, Source};
use crate::effect::{Effect, Transition};
use crate::fields::Field;
use crate::path::Path;
use crate::secret::Fingerprint;

/// A secret of the manifest and the fingerprint of its value, `None` where that can't be read now.
pub type Known<'a> = (&'static str, Option<&'a Fingerprint>);

/// Compares every secret with its record.
pub fn secrets(table: &[Field], sides: Sides<'_>, found: &mut Difference) {
    for (path, wanted) in sides.secrets {
        // What can't be read is not compared, and keeps its record.
        let Some(wanted) = wanted else { continue };
        let field = table.iter().find(|field| field.path == *path);
        let path = Path::new(path);
        let record = sides.applied.secret(&path);
        match &record {
            Some(SecretRecord::Sent(sent)) if sides.under_way && sent.counts_as(wanted) => {}
            record if is_unchanged(record.as_ref(), wanted, sides) => {
                if sides.settled {
                    found.applied.confirm_secret(&path, wanted);
                }
            }
            _ => found.changes.push(change(field, path, record, wanted, sides)),
        }
    }
}

/// Without any record, as after the management cluster was rebuilt, a secret counts as unchanged: sending it again could
/// reimage nodes. Beside other records it is new in the manifest. One that was sent counts once the operation ended well.
fn is_unchanged(record: Option<&SecretRecord>, wanted: &Fingerprint, sides: Sides<'_>) -> bool {
    match record {
        None => sides.applied.is_empty(),
        Some(SecretRecord::Confirmed(known)) => known.counts_as(wanted),
        Some(SecretRecord::Sent(sent)) => sides.settled && sent.counts_as(wanted),
    }
}

fn change(
    field: Option<&Field>,
    path: Path,
    record: Option<SecretRecord>,
    wanted: &Fingerprint,
    sides: Sides<'_>,
) -> Change {
    let from = record.map(|(SecretRecord::Confirmed(known) | SecretRecord::Sent(known))| json!(known.to_string()));
    let to = Some(json!(wanted.to_string()));
    let transition = Transition {
        from: from.as_ref(),
        to: to.as_ref(),
        live: sides.live,
        kubernetes: sides.running,
    };
    let effect = field.map_or(Effect::Unknown, |field| field.effect.of(&transition));
    Change {
        target: sides.target.clone(),
        path,
        from,
        to,
        origin: Origin::Edit,
        effect,
        one_way: false,
        source: Source::Secret,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applied::Applied;
    use crate::change::Target;
    use crate::diff::diff;
    use crate::fields::cluster;
    use crate::overrides::Overrides;

    const PATH: &str = "properties.windowsProfile.adminPassword";

    fn fingerprint(key: &str, digits: &str) -> Fingerprint {
        Fingerprint::new(key.to_owned(), digits.to_owned())
    }

    /// What a look finds at a cluster whose last operation ended well or is still under way.
    fn look(wanted: Option<&Fingerprint>, applied: &Applied, settled: bool, under_way: bool) -> Difference {
        let sides = Sides {
            target: &Target::Cluster,
            wanted: &json!({}),
            live: &json!({}),
            applied,
            ours: true,
            known: true,
            settled,
            running: None,
            autoscaled: false,
            secrets: &[(PATH, wanted)],
            overrides: &Overrides::default(),
            under_way,
        };
        diff(cluster::FIELDS, sides)
    }

    fn confirmed(known: &Fingerprint) -> Applied {
        let mut applied = Applied::default();
        applied.confirm_secret(&Path::new(PATH), known);
        applied
    }

    fn sent(known: &Fingerprint) -> Applied {
        let mut applied = Applied::default();
        applied.send_secret(&Path::new(PATH), known);
        applied
    }

    #[test]
    fn a_changed_secret_is_an_edit_that_shows_no_value() {
        let (old, new) = (fingerprint("k", "1"), fingerprint("k", "2"));
        let found = look(Some(&new), &confirmed(&old), true, false);
        let [change] = found.changes.as_slice() else {
            panic!("{:?}", found.changes)
        };
        assert_eq!(change.origin, Origin::Edit);
        assert_eq!(change.to_string(), "windowsProfile.adminPassword: (secret) -> (secret)");
        assert_eq!(look(Some(&old), &confirmed(&old), true, false).changes, []);
    }

    #[test]
    fn without_any_record_a_secret_counts_as_unchanged_and_is_recorded() {
        let wanted = fingerprint("k", "1");
        let found = look(Some(&wanted), &Applied::default(), true, false);
        assert_eq!((found.changes, found.applied), (vec![], confirmed(&wanted)));
    }

    #[test]
    fn a_secret_that_is_new_in_the_manifest_is_sent() {
        let mut applied = Applied::default();
        applied.confirm(&Path::new("sku.tier"), &json!("Free"));
        let found = look(Some(&fingerprint("k", "1")), &applied, true, false);
        assert_eq!(found.changes.len(), 1);
    }

    #[test]
    fn a_record_under_another_key_counts_as_unchanged_and_is_written_anew() {
        let wanted = fingerprint("new", "2");
        let found = look(Some(&wanted), &confirmed(&fingerprint("lost", "1")), true, false);
        assert_eq!((found.changes, found.applied), (vec![], confirmed(&wanted)));
    }

    #[test]
    fn what_was_sent_is_confirmed_once_the_operation_ended_well_and_sent_again_after_a_failure() {
        let wanted = fingerprint("k", "1");
        let running = look(Some(&wanted), &sent(&wanted), false, true);
        assert_eq!((running.changes, running.applied), (vec![], sent(&wanted)));
        let ended = look(Some(&wanted), &sent(&wanted), true, false);
        assert_eq!((ended.changes, ended.applied), (vec![], confirmed(&wanted)));
        let failed = look(Some(&wanted), &sent(&wanted), false, false);
        assert_eq!(failed.changes.len(), 1);
    }

    #[test]
    fn a_secret_that_cannot_be_read_keeps_its_record() {
        let known = confirmed(&fingerprint("k", "1"));
        let found = look(None, &known, true, false);
        assert_eq!((found.changes, found.released, found.applied), (vec![], vec![], known));
    }
}
