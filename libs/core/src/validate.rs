//! Turning what garde and serde say into violations that a machine can read and that quote no data.

mod field_names;

use std::fmt;

use serde::de::DeserializeOwned;

use crate::{codec::json, limits::JSON_DEPTH_MAX};

/// One rule that a value breaks.
///
/// The message says what was wanted, never what was found: it may be shown and logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// Where, in the names of the JSON, such as `scores[2].scorePercent`.
    pub path: String,
    /// Which rule, for machines: `too_short`, `too_long`, `too_small`, `too_large`, `bad_format`, `required`, or `invalid`.
    pub code: String,
    /// What was wanted, for people.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "payload" } else { &self.path };
        write!(f, "{path}: {} ({})", self.message, self.code)
    }
}

/// The violations of a garde report on a type, in its order. Their paths have the names that the type's JSON has.
pub fn violations<T: DeserializeOwned>(report: &garde::Report) -> Vec<Violation> {
    report
        .iter()
        .map(|(path, error)| {
            let message = error.message().to_owned();
            Violation {
                path: field_names::json_path::<T>(&path.to_string()),
                code: code_of(&message).to_owned(),
                message,
            }
        })
        .collect()
}

/// All violations in one line.
pub fn summary(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}

/// Reads JSON as a type. The error names the field and what was wanted, and quotes nothing of the input.
pub fn read_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    if json::is_deeper_than(json, JSON_DEPTH_MAX) {
        return Err(format!("the JSON nests deeper than {JSON_DEPTH_MAX}"));
    }
    // Keeping the path costs time, so it is looked for only once it is known that something is wrong.
    serde_json::from_slice(json).map_err(|error| {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let path =
            serde_path_to_error::deserialize::<_, T>(&mut deserializer).err().map(|located| located.path().to_string());
        // Where the text is no JSON, or a field is unknown, the path leads through names that the input made up.
        let is_of_schema = error.is_data() && !error.to_string().starts_with("unknown field");
        match path.filter(|path| is_of_schema && is_schema_path(path)) {
            Some(path) => format!("{path}: {}", scrub(&error)),
            None => scrub(&error),
        }
    })
}

/// Whether a path looks like one of a schema: lower-case names and indices. A key of a map could be data, and is left out when it
/// does not look like a field's name.
fn is_schema_path(path: &str) -> bool {
    let is_name = |name: &str| {
        let name = name.split('[').next().unwrap_or_default();
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    path.len() <= 128 && path.split('.').all(is_name)
}

/// What a JSON error may say aloud: the kind and the place, never the text of the input.
///
/// serde quotes the input in "invalid value: string \"…\"" and "unknown field/variant `…`". A field's name is part of
/// the schema when it is missing, and part of the input when it is unknown.
pub fn scrub(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("line {}, column {}", error.line(), error.column());
    let kind = if let Some(rest) = text.strip_prefix("missing field ") {
        format!("missing field {}", rest.split(" at line").next().unwrap_or_default())
    } else if text.starts_with("unknown field") {
        format!("unknown field{}", expected(&text))
    } else if text.starts_with("unknown variant") {
        format!("unknown variant{}", expected(&text))
    } else if text.starts_with("invalid type") {
        format!("wrong type{}", expected(&text))
    } else if text.starts_with("invalid value") {
        format!("wrong value{}", expected(&text))
    } else if error.is_eof() {
        "the JSON ends too early".to_owned()
    } else if error.is_syntax() {
        "not JSON".to_owned()
    } else {
        "a value is not of its type".to_owned()
    };
    format!("{kind} ({place})")
}

/// The part of serde's message after "expected": it comes from the type, not from the input.
fn expected(text: &str) -> String {
    text.rsplit_once(", expected ")
        .map(|(_, rest)| format!(", expected {}", rest.split(" at line").next().unwrap_or_default()))
        .unwrap_or_default()
}

/// garde has no codes; its messages of built-in rules are fixed texts, so the rule can be read off them.
fn code_of(message: &str) -> &'static str {
    const RULES: &[(&str, &str)] = &[
        ("length is lower", "too_short"),
        ("length is greater", "too_long"),
        ("lower than", "too_small"),
        ("greater than", "too_large"),
        ("not set", "required"),
        ("does not match pattern", "bad_format"),
        ("not a valid", "bad_format"),
        ("not alphanumeric", "bad_format"),
        ("not ascii", "bad_format"),
        ("does not start", "bad_format"),
        ("does not contain", "bad_format"),
        ("does not end", "bad_format"),
        ("does not match", "mismatch"),
    ];
    RULES.iter().find(|(text, _)| message.starts_with(text)).map_or("invalid", |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use garde::Validate;

    use super::*;

    #[derive(garde::Validate, serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[garde(length(min = 2, max = 4))]
        name: String,
        #[garde(range(min = 0.0, max = 100.0))]
        percent: f64,
        #[garde(email)]
        email: String,
        #[garde(inner(pattern("^[a-z]+$")))]
        tags: Vec<String>,
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let table = [
            (r#"{"name": 5}"#, "name: wrong type, expected a string (line 1, column 10)"),
            (r#"{"name": "Ada"}"#, "missing field `percent` (line 1, column 15)"),
            (
                r#"{"name":"Ada","percent":1,"email":"a@b.c","tags":["x", 7]}"#,
                "tags[1]: wrong type, expected a string (line 1, column 56)",
            ),
            ("[", "the JSON ends too early (line 1, column 1)"),
            (&"[".repeat(65), "the JSON nests deeper than 64"),
        ];
        for (json, expected) in table {
            assert_eq!(read_json::<Sample>(json.as_bytes()).unwrap_err(), expected, "{json}");
        }
    }

    fn codes(name: &str, percent: f64, email: &str, tag: &str) -> Vec<(String, String)> {
        let sample = Sample { name: name.into(), percent, email: email.into(), tags: vec![tag.into()] };
        match sample.validate() {
            Ok(()) => Vec::new(),
            Err(report) => violations::<Sample>(&report).into_iter().map(|v| (v.path, v.code)).collect(),
        }
    }

    #[test]
    fn each_rule_has_a_code_and_a_path() {
        let table = [
            ("Ada", 50.0, "a@b.org", "x", &[][..]),
            ("A", 50.0, "a@b.org", "x", &[("name", "too_short")]),
            ("Adaaa", 50.0, "a@b.org", "x", &[("name", "too_long")]),
            ("Ada", -1.0, "a@b.org", "x", &[("percent", "too_small")]),
            ("Ada", 101.0, "a@b.org", "x", &[("percent", "too_large")]),
            ("Ada", 50.0, "nobody", "x", &[("email", "bad_format")]),
            ("Ada", 50.0, "a@b.org", "X", &[("tags[0]", "bad_format")]),
        ];
        for (name, percent, email, tag, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
            assert_eq!(codes(name, percent, email, tag), expected, "{name} {percent} {email} {tag}");
        }
    }

    #[test]
    fn what_json_errors_say_never_quotes_the_input() {
        let secret = "Ada-Lovelace-secret";
        let inputs = [
            format!(r#"{{"name": {{"x": "{secret}"}}}}"#),
            format!(r#"{{"{secret}": 1}}"#),
            format!(r#"{{"{}": 1}}"#, secret.to_lowercase().replace('-', "_")),
            format!(r#"{{"{}":}}"#, secret.to_lowercase().replace('-', "_")),
            format!(r#"{{"name": "a", "percent": "{secret}"}}"#),
            format!(r#"{{"name": "{secret}""#),
            secret.to_owned(),
            format!(r#"{{"name":"a","percent":1,"email":"{secret}"}}"#),
        ];
        for input in inputs {
            let said = read_json::<Sample>(input.as_bytes()).unwrap_err();
            assert!(!said.to_lowercase().contains("lovelace"), "{input} -> {said}");
            assert!(said.contains("line 1"), "{said}");
        }
    }
}
