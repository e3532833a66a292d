//! Payloads as one may show them: their structure without their values, and what changed in them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What changed at one place of a payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where, such as `scores[2].percent`; empty for the payload itself.
    pub path: String,
    /// What happened there.
    pub kind: ChangeKind,
    /// What was there, if it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is there now, if it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What happened at one place of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// There was nothing before.
    Added,
    /// There is nothing any more.
    Removed,
    /// There is something else.
    Changed,
}

impl Change {
    /// The same without the values.
    #[must_use]
    pub fn redacted(self) -> Self {
        Self { before: None, after: None, ..self }
    }
}

/// The structure of a payload: each value is replaced by its type, and each name of a field that does not look like one of a schema,
/// since in a map the names can be data too.
///
/// ```
/// use fabric_core::parked::redacted;
/// use serde_json::json;
/// let payload = json!({"score": 78, "note": "late", "byName": {"Ada L.": true}});
/// assert_eq!(redacted(&payload), json!({"score": "<number>", "note": "<text>", "byName": {"<name 1>": "<truth>"}}));
/// ```
pub fn redacted(payload: &Value) -> Value {
    match payload {
        Value::Null => Value::Null,
        Value::Bool(_) => "<truth>".into(),
        Value::Number(_) => "<number>".into(),
        Value::String(_) => "<text>".into(),
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(fields) => {
            let shown = fields.iter().enumerate().map(|(index, (name, value))| {
                let name = if is_of_schema(name) { name.clone() } else { format!("<name {}>", index + 1) };
                (name, redacted(value))
            });
            Value::Object(shown.collect::<Map<_, _>>())
        }
    }
}

/// What changed from one payload to another, in the order of its places.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut changes);
    changes
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let added = after.keys().filter(|name| !before.contains_key(*name));
            for (index, name) in before.keys().chain(added).enumerate() {
                let name_shown = if is_of_schema(name) { name.clone() } else { format!("<name {}>", index + 1) };
                let path = if path.is_empty() { name_shown } else { format!("{path}.{name_shown}") };
                compare(path, before.get(name), after.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                compare(format!("{path}[{index}]"), before.get(index), after.get(index), changes);
            }
        }
        (before, after) if before == after => {}
        (before, after) => {
            let kind = match (before, after) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Changed,
            };
            changes.push(Change { path, kind, before: before.cloned(), after: after.cloned() });
        }
    }
}

/// Whether a field's name looks like one that a schema has, and not like data.
fn is_of_schema(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_diff_names_the_places() {
        let table = [
            (json!({"a": 1}), json!({"a": 1}), vec![]),
            (json!({"a": 1}), json!({"a": 2}), vec![("a", ChangeKind::Changed)]),
            (json!({"a": 1}), json!({"a": "1"}), vec![("a", ChangeKind::Changed)]),
            (json!({"a": 1}), json!({"b": 1}), vec![("a", ChangeKind::Removed), ("b", ChangeKind::Added)]),
            (json!({"a": [1, 2]}), json!({"a": [1]}), vec![("a[1]", ChangeKind::Removed)]),
            (
                json!({"a": [{"b": 1}]}),
                json!({"a": [{"b": null}, 5]}),
                vec![("a[0].b", ChangeKind::Changed), ("a[1]", ChangeKind::Added)],
            ),
            (json!({"a": {"b": 1}}), json!({"a": 1}), vec![("a", ChangeKind::Changed)]),
            (json!({"Ada L.": 1}), json!({"Ada L.": 2}), vec![("<name 1>", ChangeKind::Changed)]),
            (json!(1), json!(null), vec![("", ChangeKind::Changed)]),
        ];
        for (before, after, expected) in table {
            let found = diff(&before, &after);
            let shown: Vec<_> = found.iter().map(|change| (change.path.as_str(), change.kind)).collect();
            assert_eq!(shown, expected, "{before} -> {after}");
        }
        let change = diff(&json!({"a": 1}), &json!({"a": 2})).remove(0);
        assert_eq!((change.before.clone(), change.after.clone()), (Some(json!(1)), Some(json!(2))));
        assert_eq!(serde_json::to_value(change.redacted()).unwrap(), json!({"path": "a", "kind": "changed"}));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[A-Z]{1,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{1,3}|[A-Z]{2,8}", inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into())
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_of_a_payload_is_shown_but_its_structure(payload in any_json()) {
            let shown = redacted(&payload).to_string();
            prop_assert!(!shown.contains(|c: char| c.is_ascii_uppercase()), "{}", shown);
            prop_assert_eq!(redacted(&payload), redacted(&payload));
        }

        #[test]
        fn a_diff_is_empty_only_between_equals(one in any_json(), other in any_json()) {
            prop_assert_eq!(diff(&one, &other).is_empty(), one == other);
            prop_assert!(diff(&one, &one).is_empty());
        }
    }
}
