//! The record of what Azure last confirmed, kept as short hashes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::digest::digits;
use super::path::Path;
use super::secret::Fingerprint;
use armature_api::HASH_LENGTH;

/// Managed paths and what is known about the value at each, in the form the status stores:
///
/// * a hash: Azure confirmed the value with that hash, and the manifest says it;
/// * `~` and a hash: Azure confirmed that value, and the manifest says another one since;
/// * `?` and a hash: at the first look Azure had another value, and who set it is unknown;
/// * `-`: the path left the manifest and keeps its live value;
/// * a [`Fingerprint`]: Azure has the secret with that fingerprint;
/// * `>` and a fingerprint: that secret was sent, and the operation has not ended well yet.
///
/// It tells an edit in Git from a change made elsewhere, and which keys of a shared map are ours to remove. Rules at
/// admission lock a value only while its record is a plain hash, which they know by its length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied(BTreeMap<String, String>);

const EDITED: char = '~';
const UNKNOWN: char = '?';
const RELEASED: &str = "-";
const SENT: char = '>';

/// What is known of the secret at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRecord {
    /// Azure has the secret with this fingerprint.
    Confirmed(Fingerprint),
    /// It was sent, and the operation has not ended well yet.
    Sent(Fingerprint),
}

impl Applied {
    /// Nothing on record.
    pub const NONE: Self = Self(BTreeMap::new());

    /// The record as status holds it.
    pub fn from_status(entries: &BTreeMap<String, String>) -> Self {
        Self(entries.clone())
    }

    /// The record as status stores it.
    pub fn into_status(self) -> BTreeMap<String, String> {
        self.0
    }

    /// Marks what the manifest no longer says: whoever edited it may go back, and going back is an edit too. Entries of
    /// maps and lists have no marks: nothing at admission looks at them.
    #[must_use]
    pub fn beside(mut self, body: &Value, beside: &[&str]) -> Self {
        for (entry, known) in &mut self.0 {
            let path = Path::read(entry, beside).filter(|_| !entry.contains('['));
            let wanted = path.as_ref().and_then(|path| path.get(body));
            if is_hash(known) && wanted.is_some_and(|wanted| *known != hash(wanted)) {
                known.insert(0, EDITED);
            }
        }
        self
    }

    /// Whether nothing was ever recorded: a new object, or one whose status was lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows about which anything is recorded, as users write them: the paths without keys.
    pub fn rows(&self) -> BTreeSet<&str> {
        let row = |entry: &'_ String| entry.find('[').unwrap_or(entry.len());
        self.0.keys().map(|entry| &entry[..row(entry)]).collect()
    }

    /// The entries of one of the [`Self::rows`], with their keys.
    pub fn entries_of(&self, row: &str) -> impl Iterator<Item = &str> {
        let below = format!("{row}[");
        let entries = self.0.keys().map(String::as_str);
        entries.filter(move |entry| *entry == row || entry.starts_with(&below))
    }

    /// Whether Azure confirmed exactly this value at this path, and the manifest has said nothing else since.
    pub fn confirms(&self, path: &Path, value: &Value) -> bool {
        self.0.get(&path.to_string()).is_some_and(|known| *known == hash(value))
    }

    /// Notes that Azure has this value at this path.
    pub fn confirm(&mut self, path: &Path, value: &Value) {
        self.0.insert(path.to_string(), hash(value));
    }

    /// Whether the first look found Azure different from exactly this value.
    pub fn found_different(&self, path: &Path, value: &Value) -> bool {
        let known = self
            .0
            .get(&path.to_string())
            .and_then(|known| known.strip_prefix(UNKNOWN));
        known.is_some_and(|known| known == hash(value))
    }

    /// Notes that the first look found Azure different from this value, so that the difference does not pass for an
    /// edit once other values are recorded.
    pub fn note_different(&mut self, path: &Path, value: &Value) {
        self.0.insert(path.to_string(), format!("{UNKNOWN}{}", hash(value)));
    }

    /// What is known of the secret at this path.
    pub fn secret(&self, path: &Path) -> Option<SecretRecord> {
        let known = self.0.get(&path.to_string())?;
        match known.strip_prefix(SENT) {
            Some(sent) => Fingerprint::parse(sent).map(SecretRecord::Sent),
            None => Fingerprint::parse(known).map(SecretRecord::Confirmed),
        }
    }

    /// Notes that Azure has the secret with this fingerprint.
    pub fn confirm_secret(&mut self, path: &Path, fingerprint: &Fingerprint) {
        self.0.insert(path.to_string(), fingerprint.to_string());
    }

    /// Notes that Azure accepted a write with this secret.
    pub fn send_secret(&mut self, path: &Path, fingerprint: &Fingerprint) {
        self.0.insert(path.to_string(), format!("{SENT}{fingerprint}"));
    }

    /// Notes that the path and all keys below it left the manifest: nothing there is ours any more.
    pub fn release(&mut self, path: &Path) {
        let own = path.to_string();
        let below = format!("{own}[");
        let kept = self.0.iter_mut().filter(|(entry, _)| entry.starts_with(&below));
        kept.for_each(|(_, known)| RELEASED.clone_into(known));
        self.0.insert(own, RELEASED.to_owned());
    }

    /// Forgets a path: a key that is gone from Azure, or one that is managed again.
    pub fn forget(&mut self, path: &Path) {
        self.0.remove(&path.to_string());
    }

    /// The keys recorded below a keyed path, and whether Azure confirmed each as ours.
    pub fn keys_below(&self, path: &Path) -> Vec<(String, bool)> {
        let prefix = format!("{path}[");
        self.0
            .range(prefix.clone()..)
            .map_while(|(entry, known)| Some((entry.strip_prefix(&prefix)?, known)))
            .filter_map(|(rest, known)| {
                let ours = known != RELEASED && !known.starts_with(UNKNOWN);
                Some((rest.strip_suffix(']')?.to_owned(), ours))
            })
            .collect()
    }
}

fn is_hash(known: &str) -> bool {
    known.len() == HASH_LENGTH && known.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Short enough for a status and long enough to tell edits apart; what approves or proves something takes
/// [`super::digest::proof`].
pub fn hash(value: &Value) -> String {
    digits(value, HASH_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_with_dots_and_slashes_are_found_again() {
        let labels = Path::new("properties.nodeLabels");
        let mut applied = Applied::default();
        applied.confirm(&labels.key("team.example.com/name"), &json!("a"));
        assert_eq!(
            applied.keys_below(&labels),
            [("team.example.com/name".to_owned(), true)]
        );
    }

    #[test]
    fn a_record_survives_its_way_through_status() {
        let mut applied = Applied::default();
        applied.confirm(&Path::new("sku.tier"), &json!("Standard"));
        applied.note_different(&Path::new("sku.name"), &json!("Base"));
        applied.release(&Path::new("tags"));
        assert_eq!(Applied::from_status(&applied.clone().into_status()), applied);
    }

    #[test]
    fn a_difference_of_unknown_origin_stays_so_until_the_manifest_says_something_else() {
        let tier = Path::new("sku.tier");
        let mut applied = Applied::default();
        applied.note_different(&tier, &json!("Standard"));
        assert!(applied.found_different(&tier, &json!("Standard")));
        assert!(!applied.found_different(&tier, &json!("Premium")));
        assert!(!applied.confirms(&tier, &json!("Standard")));
    }

    #[test]
    fn a_value_that_the_manifest_no_longer_says_is_marked_until_azure_confirms_one_again() {
        let tier = Path::new("sku.tier");
        let (old, new) = (json!({"sku": {"tier": "Free"}}), json!({"sku": {"tier": "Standard"}}));
        let mut applied = Applied::default();
        applied.confirm(&tier, &json!("Free"));
        let confirmed = applied.clone();
        assert_eq!(confirmed.clone().beside(&old, &["sku"]), confirmed);

        let marked = confirmed.clone().beside(&new, &["sku"]);
        assert_eq!(marked.0["sku.tier"], format!("~{}", hash(&json!("Free"))));
        assert_eq!(marked.clone().beside(&new, &["sku"]), marked, "there is one mark");
        let mut back = marked.beside(&old, &["sku"]);
        assert!(!back.confirms(&tier, &json!("Free")), "going back is an edit");
        back.confirm(&tier, &json!("Free"));
        assert_eq!(back, confirmed);
    }

    #[test]
    fn only_confirmed_values_that_the_manifest_has_are_marked() {
        let mut applied = Applied::default();
        applied.confirm(&Path::new("properties.dnsPrefix"), &json!("a"));
        applied.confirm(&Path::new("tags").key("team"), &json!("a"));
        applied.note_different(&Path::new("sku.tier"), &json!("Free"));
        applied.release(&Path::new("sku.name"));
        let body = json!({"sku": {"tier": "Standard", "name": "Base"}, "tags": {"team": "b"}, "properties": {}});
        assert_eq!(applied.clone().beside(&body, &["sku", "tags"]), applied);
    }

    #[test]
    fn what_was_released_is_not_ours_any_more() {
        let tags = Path::new("tags");
        let mut applied = Applied::default();
        applied.confirm(&tags.key("team"), &json!("a"));
        applied.release(&tags);
        assert_eq!(applied.keys_below(&tags), [("team".to_owned(), false)]);
        assert!(applied.rows().contains("tags"));
        assert!(!applied.confirms(&tags.key("team"), &json!("a")));
    }

    #[test]
    fn the_rows_on_record_are_named_without_their_keys() {
        let mut applied = Applied::default();
        applied.confirm(&Path::new("properties.networkProfile.podCidrs"), &json!([]));
        applied.confirm(&Path::new("tags").key("a"), &json!("1"));
        applied.confirm(&Path::new("tags").key("b[0]"), &json!("2"));
        assert_eq!(applied.rows(), BTreeSet::from(["networkProfile.podCidrs", "tags"]));
    }

    #[test]
    fn a_hash_has_the_length_that_the_rules_at_admission_know() {
        assert_eq!(hash(&json!("abc")).len(), HASH_LENGTH);
    }
}
