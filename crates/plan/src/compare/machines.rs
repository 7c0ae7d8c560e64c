//! The sizes and numbers of a pool of single machines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fold_text;

/// One size: its numbers by their names.
type Numbers = BTreeMap<String, i64>;

/// Every entry of a scale block: the list it is in, its size in lower case, its numbers.
pub fn all(scale: &Value) -> BTreeSet<(&'static str, String, Numbers)> {
    ["manual", "autoscale"]
        .into_iter()
        .flat_map(|list| entries(scale, list).map(move |entry| (list, size(entry), numbers(entry))))
        .collect()
}

/// The sizes of a scale block, in lower case.
pub fn sizes(scale: Option<&Value>) -> BTreeSet<String> {
    let all = scale.map(all).unwrap_or_default();
    all.into_iter().map(|(_, size, _)| size).collect()
}

/// Whether a list of a size asks for less than before: machines go.
pub fn are_fewer(from: Option<&Value>, to: Option<&Value>) -> bool {
    let (before, after) = (from.map(all).unwrap_or_default(), to.map(all).unwrap_or_default());
    before.iter().any(|(list, size, numbers)| {
        let now = after.iter().filter(|(other, name, _)| (other, name) == (list, size));
        let less = |now: &Numbers| {
            numbers
                .iter()
                .any(|(name, number)| now.get(name).is_some_and(|now| now < number))
        };
        now.into_iter().any(|(_, _, now)| less(now))
    })
}

fn entries<'a>(scale: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    scale.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn size(entry: &Value) -> String {
    entry
        .get("size")
        .and_then(Value::as_str)
        .map(fold_text)
        .unwrap_or_default()
}

fn numbers(entry: &Value) -> Numbers {
    let fields = entry.as_object().into_iter().flatten();
    fields
        .filter_map(|(name, value)| Some((name.clone(), value.as_i64()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_casing_and_empty_lists_are_no_difference() {
        let wanted =
            json!({"manual": [{"size": "Standard_D4s_v5", "count": 2}, {"size": "Standard_D8s_v5", "count": 1}]});
        let live = json!({
            "manual": [{"size": "standard_d8s_v5", "count": 1}, {"size": "standard_d4s_v5", "count": 2}],
            "autoscale": [],
        });
        assert_eq!(all(&wanted), all(&live));
        assert_ne!(
            all(&wanted),
            all(&json!({"manual": [{"size": "Standard_D4s_v5", "count": 2}]}))
        );
    }

    #[test]
    fn the_same_number_by_the_autoscaler_is_another_thing() {
        let fixed = json!({"manual": [{"size": "a", "count": 2}]});
        let scaled = json!({"autoscale": [{"size": "a", "minCount": 2, "maxCount": 2}]});
        assert_ne!(all(&fixed), all(&scaled));
        assert_eq!(sizes(Some(&fixed)), sizes(Some(&scaled)));
    }

    #[test]
    fn a_block_of_any_shape_is_read_without_failing() {
        for odd in [json!(null), json!([]), json!({"manual": 1}), json!({"manual": [1, {}]})] {
            all(&odd);
        }
    }
}
