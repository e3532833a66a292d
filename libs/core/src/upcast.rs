//! Payloads of older versions, brought to the one that is known here.
//!
//! A payload's version is part of its `dataschema`. A newer reader brings an older payload up step by step, each a pure function from
//! one version to the next; an older reader never guesses what a newer payload means, and has it parked.

use serde_json::Value;

/// Brings a payload from one version to the next. What is wrong with the payload is said as the field and what was wanted there, and
/// never quotes it.
pub type Upcaster = fn(Value) -> Result<Value, String>;

/// Why a payload of another version could not be brought to the one that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    /// The payload's version is newer than the one known here.
    #[error("the payload has version {found}, the newest known here is {known}")]
    Newer {
        /// The version of the payload.
        found: u16,
        /// The newest version that is known here.
        known: u16,
    },
    /// Nothing leads from the payload's version to the one known here.
    #[error("nothing brings a payload of version {found} to version {known}")]
    NoWay {
        /// The version of the payload.
        found: u16,
        /// The version that is known here.
        known: u16,
    },
    /// The payload is not one of its version.
    #[error("the payload is not of version {version}: {wanted}")]
    Payload {
        /// The version that it should be of.
        version: u16,
        /// The field, and what was wanted there.
        wanted: String,
    },
}

/// Brings a payload from version `found` to version `known`. `upcasters` start with the one from version 1 to 2.
pub fn to_version(found: u16, known: u16, upcasters: &[Upcaster], body: &[u8]) -> Result<Vec<u8>, UpcastError> {
    if found > known {
        return Err(UpcastError::Newer { found, known });
    }
    let steps = usize::from(found).checked_sub(1).zip(usize::from(known).checked_sub(1));
    let steps = steps.and_then(|(from, to)| upcasters.get(from..to)).ok_or(UpcastError::NoWay { found, known })?;
    let unreadable = |wanted| UpcastError::Payload { version: found, wanted };
    let payload: Value = crate::validate::read_json(body).map_err(unreadable)?;
    let payload = steps.iter().zip(found..).try_fold(payload, |payload, (step, version)| {
        step(payload).map_err(|wanted| UpcastError::Payload { version, wanted })
    })?;
    Ok(payload.to_string().into_bytes())
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "an upcaster takes a value and may fail")]
mod tests {
    use serde_json::json;

    use super::*;

    /// Version 1 had one field `name`; version 2 has two.
    fn split(payload: Value) -> Result<Value, String> {
        let name = payload["name"].as_str().ok_or("name: a text was wanted")?;
        let (given, family) = name.split_once(' ').ok_or("name: two words were wanted")?;
        Ok(json!({ "given": given, "family": family }))
    }

    /// Version 3 also says where from.
    fn tell_source(mut payload: Value) -> Result<Value, String> {
        payload["source"] = "unknown".into();
        Ok(payload)
    }

    #[test]
    fn older_payloads_are_brought_up_step_by_step_and_newer_ones_are_refused() {
        let upcasters: &[Upcaster] = &[split, tell_source];
        let table: &[(u16, u16, &str, Result<&str, UpcastError>)] = &[
            (1, 3, r#"{"name":"Ada Lovelace"}"#, Ok(r#"{"family":"Lovelace","given":"Ada","source":"unknown"}"#)),
            (1, 2, r#"{"name":"Ada Lovelace"}"#, Ok(r#"{"family":"Lovelace","given":"Ada"}"#)),
            (2, 3, r#"{"given":"Ada"}"#, Ok(r#"{"given":"Ada","source":"unknown"}"#)),
            (3, 3, r#"{"given":"Ada"}"#, Ok(r#"{"given":"Ada"}"#)),
            (4, 3, "{}", Err(UpcastError::Newer { found: 4, known: 3 })),
            (1, 4, "{}", Err(UpcastError::NoWay { found: 1, known: 4 })),
            (0, 3, "{}", Err(UpcastError::NoWay { found: 0, known: 3 })),
            (1, 3, "{}", Err(UpcastError::Payload { version: 1, wanted: "name: a text was wanted".into() })),
            (
                1,
                3,
                "[",
                Err(UpcastError::Payload { version: 1, wanted: "the JSON ends too early (line 1, column 1)".into() }),
            ),
        ];
        for (found, known, body, expected) in table {
            let result = to_version(*found, *known, upcasters, body.as_bytes());
            let expected = expected.clone().map(|text| text.as_bytes().to_vec());
            assert_eq!(result, expected, "{found} to {known}: {body}");
        }
    }
}
