//! What a manifest says beyond its fields: `overrides` and `clear`, read once and laid into the body.

use serde_json::Value;

use super::compare::Compare;
use super::effect::{Effect, EffectRule, OneWay};
use super::fields::{Clear, Field};
use super::path::Path;
use armature_api::{Override, out_of_reach};

/// How a property is treated that no row of the table knows.
pub const UNKNOWN: Field = Field {
    path: "",
    compare: Compare::Lenient,
    absent: "",
    effect: EffectRule::Always(Effect::Unknown),
    source: "",
    clear: Clear::Unknown,
    one_way: OneWay::No,
};

/// What `overrides` and `clear` of one manifest ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// Where values were set.
    set: Vec<Path>,
    /// Where a field of the manifest says something too.
    over_fields: Vec<Path>,
    /// Those of them that no row of the table covers; their values are in the body.
    pub unknown: Vec<Path>,
    /// What is left out of everything that is sent.
    removed: Vec<Path>,
    /// What is to be unset.
    pub cleared: Vec<Path>,
}

/// Why an entry can't be used, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The field as users write it.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The largest value, in bytes of JSON.
const LARGEST: usize = 16 * 1024;
/// How deep a value may nest.
const DEEPEST: usize = 16;

impl Overrides {
    /// Reads the entries and lays them into `body`, where they win over what fields set. `beside` holds the names that
    /// stand beside ARM's `properties`.
    ///
    /// # Errors
    /// The first entry that can't be used.
    pub fn read(
        overrides: &[Override],
        clear: &[String],
        table: &[Field],
        beside: &[&str],
        body: &mut Value,
    ) -> Result<Self, Unusable> {
        let mut read = Self::default();
        for (index, entry) in overrides.iter().enumerate() {
            let unusable = |problem: String| Unusable {
                field: format!("spec.overrides[{index}]"),
                problem,
            };
            let path = reachable(&entry.path, table, beside).map_err(unusable)?;
            match (&entry.value, entry.remove) {
                (Some(value), None) => read.lay(&path, value, table, body).map_err(unusable)?,
                (None, Some(true)) => read.remove(path, body).map_err(unusable)?,
                _ => return Err(unusable("it takes either a value or remove: true".to_owned())),
            }
        }
        for (index, text) in clear.iter().enumerate() {
            let unusable = |problem: String| Unusable {
                field: format!("spec.clear[{index}]"),
                problem,
            };
            let path = reachable(text, table, beside).map_err(unusable)?;
            if path.get(body).is_some() {
                let problem = format!("{path} is set in the same manifest; keep one of the two");
                return Err(unusable(problem));
            }
            read.cleared.push(path);
        }
        Ok(read)
    }

    fn lay(&mut self, path: &Path, value: &Value, table: &[Field], body: &mut Value) -> Result<(), String> {
        if serde_json::to_string(value).is_ok_and(|text| text.len() > LARGEST) {
            return Err(format!("the value of {path} is larger than {LARGEST} bytes of JSON"));
        }
        for (leaf, value) in leaves(path, value, DEEPEST)? {
            if let Some(refused) = refused(&leaf) {
                return Err(format!("{refused} is out of reach; use its own field"));
            }
            if !table.iter().any(|field| leaf.starts_with(field.path)) {
                self.unknown.push(leaf.clone());
            }
            if leaf.get(body).is_some() && !self.set.contains(&leaf) {
                self.over_fields.push(leaf.clone());
            }
            leaf.set(body, value.clone());
            self.set.push(leaf);
        }
        Ok(())
    }

    fn remove(&mut self, path: Path, body: &mut Value) -> Result<(), String> {
        if path.starts_with("tags") || path.starts_with("properties.tags") {
            return Err("tags hold the ownership mark and are always sent; use clear to unset one".to_owned());
        }
        path.remove(body);
        self.removed.push(path);
        Ok(())
    }

    /// Whether a value at this path comes, at least in part, from an override.
    pub fn touch(&self, path: &Path) -> bool {
        self.set.iter().any(|set| set.holds(path) || path.holds(set))
    }

    /// Where they set values.
    pub fn set(&self) -> impl Iterator<Item = &Path> {
        self.set.iter()
    }

    /// What is worth knowing about them, one sentence each.
    pub fn advice(&self) -> impl Iterator<Item = String> {
        let over = self.over_fields.iter();
        over.map(|path| {
            format!("{path} is set by a field and in spec.overrides: the override counts; remove one of the two")
        })
    }

    /// Takes out of a body that is about to be sent what has to be left out.
    pub fn leave_out(&self, body: &mut Value) {
        self.removed.iter().for_each(|path| path.remove(body));
    }
}

/// The path, if it may be used.
fn reachable(text: &str, table: &[Field], beside: &[&str]) -> Result<Path, String> {
    let path = Path::read(text, beside).ok_or_else(|| format!("{text:?} is no path"))?;
    if let Some(refused) = refused(&path) {
        return Err(format!("{refused} is out of reach; use its own field"));
    }
    // ARM does not mind the case of a name, but answers with its own: the two would differ for ever.
    let shown = path.to_string();
    let meant = table
        .iter()
        .map(|field| Path::shown(field.path))
        .find(|known| known.eq_ignore_ascii_case(&shown) && *known != shown);
    match meant {
        Some(known) => Err(format!("{shown} is written {known}")),
        None => Ok(path),
    }
}

/// What is out of reach and holds this path, as users write it.
fn refused(path: &Path) -> Option<&'static str> {
    // However it is written: a key may stand behind a dot, and ARM does not mind the case.
    let plain = |text: &str| text.replace('[', ".").replace(']', "").to_ascii_lowercase();
    let asked = plain(&path.to_string());
    out_of_reach().find(|refused| {
        let rest = asked.strip_prefix(&plain(refused));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The values at the ends of an object: of an object only the members that are named are managed.
fn leaves<'a>(path: &Path, value: &'a Value, depth: usize) -> Result<Vec<(Path, &'a Value)>, String> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let deeper = depth
                .checked_sub(1)
                .ok_or_else(|| format!("the value nests more than {DEEPEST} levels"))?;
            let mut all = Vec::new();
            for (name, value) in members {
                all.extend(leaves(&path.property(name), value, deeper)?);
            }
            Ok(all)
        }
        value => Ok(vec![(path.clone(), value)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::cluster::FIELDS;
    use serde_json::json;

    const BESIDE: &[&str] = &["location", "tags", "sku", "identity"];

    fn set(path: &str, value: Value) -> Override {
        Override {
            path: path.to_owned(),
            value: Some(value),
            remove: None,
        }
    }

    fn read(overrides: &[Override], clear: &[&str], body: &mut Value) -> Result<Overrides, String> {
        let clear: Vec<String> = clear.iter().map(|path| (*path).to_owned()).collect();
        Overrides::read(overrides, &clear, FIELDS, BESIDE, body).map_err(|unusable| unusable.problem)
    }

    #[test]
    fn an_override_wins_over_the_field_and_leaves_the_rest_of_the_object_alone() {
        let mut body = json!({"sku": {"name": "Base", "tier": "Free"}});
        let read = read(&[set("sku", json!({"tier": "Standard"}))], &[], &mut body).unwrap();
        assert_eq!(body, json!({"sku": {"name": "Base", "tier": "Standard"}}));
        assert!(read.touch(&Path::new("sku.tier")) && !read.touch(&Path::new("sku.name")));
        assert!(read.unknown.is_empty(), "the table knows the tier");
        let advice: Vec<String> = read.advice().collect();
        assert_eq!(
            advice,
            ["sku.tier is set by a field and in spec.overrides: the override counts; remove one of the two"]
        );
    }

    #[test]
    fn a_property_that_the_table_does_not_know_is_managed_leaf_by_leaf() {
        let mut body = json!({});
        let value = json!({"enabled": true, "ipvsConfig": {"scheduler": "LeastConnection"}});
        let read = read(&[set("networkProfile.kubeProxyConfig", value.clone())], &[], &mut body).unwrap();
        assert_eq!(
            body,
            json!({"properties": {"networkProfile": {"kubeProxyConfig": value}}})
        );
        let unknown: Vec<String> = read.unknown.iter().map(Path::to_string).collect();
        assert_eq!(
            unknown,
            [
                "networkProfile.kubeProxyConfig.enabled",
                "networkProfile.kubeProxyConfig.ipvsConfig.scheduler"
            ]
        );
    }

    #[test]
    fn what_is_removed_is_left_out_of_every_body() {
        let entry = Override {
            path: "disableLocalAccounts".to_owned(),
            value: None,
            remove: Some(true),
        };
        let mut body = json!({"properties": {"disableLocalAccounts": true, "dnsPrefix": "a"}});
        let read = read(&[entry], &[], &mut body).unwrap();
        assert_eq!(body, json!({"properties": {"dnsPrefix": "a"}}));
        let mut sent = json!({"properties": {"disableLocalAccounts": false}});
        read.leave_out(&mut sent);
        assert_eq!(sent, json!({"properties": {}}));
    }

    #[test]
    fn names_ids_secrets_and_the_mark_are_out_of_reach_however_they_are_written() {
        for (path, value) in [
            ("id", json!("x")),
            ("Location", json!("x")),
            ("kubernetesVersion", json!("1.30")),
            ("agentPoolProfiles", json!([])),
            ("tags", json!({"armature-owner": "me"})),
            ("tags[Armature-Owner]", json!("me")),
            ("windowsProfile", json!({"adminPassword": "x"})),
        ] {
            let problem = read(&[set(path, value)], &[], &mut json!({})).unwrap_err();
            assert!(problem.contains("out of reach"), "{path}: {problem}");
        }
        assert!(read(&[], &["windowsProfile.adminPassword"], &mut json!({})).is_err());
    }

    #[test]
    fn a_path_is_not_both_set_and_cleared() {
        let mut body = json!({"properties": {"httpProxyConfig": {"httpProxy": "http://a"}}});
        let problem = read(&[], &["httpProxyConfig"], &mut body).unwrap_err();
        assert_eq!(
            problem,
            "httpProxyConfig is set in the same manifest; keep one of the two"
        );
    }

    #[test]
    fn values_are_bounded_in_size_and_depth() {
        let large = json!("x".repeat(LARGEST));
        assert!(read(&[set("a", large)], &[], &mut json!({})).is_err());
        let deep = (0..=DEEPEST).fold(json!(1), |inner, _| json!({ "a": inner }));
        assert!(read(&[set("a", deep)], &[], &mut json!({})).is_err());
    }

    #[test]
    fn a_name_in_another_case_than_arms_is_corrected() {
        let problem = read(&[set("sku.Tier", json!("Free"))], &[], &mut json!({})).unwrap_err();
        assert_eq!(problem, "sku.Tier is written sku.tier");
    }
}
