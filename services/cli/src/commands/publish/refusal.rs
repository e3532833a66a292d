//! Why an event was refused: everything that is wrong with it, where whoever refused it stopped at the first.

use std::fmt::Write;

use fabric::{
    Descriptor, Role,
    core::{event::InvalidPayload, publication::may_cause},
};
use serde_json::Value;

use crate::commands::schema;

/// All that is wrong with a payload and with the role of who would publish it; none when nothing more is known than was said.
pub fn all_of_it(descriptor: &Descriptor, role: Option<&Role>, json: &[u8]) -> Option<String> {
    let role = role.and_then(|role| wrong_role(descriptor, role));
    let reasons: Vec<String> = payload(descriptor, json).into_iter().chain(role).collect();
    (!reasons.is_empty()).then(|| reasons.join("\n"))
}

/// The rules of the schema that a payload breaks. One of the right shape was judged by all its rules already.
fn payload(descriptor: &Descriptor, json: &[u8]) -> Option<String> {
    let invalid = (descriptor.check)(json).err()?;
    if matches!(invalid, InvalidPayload::Bounds(_)) {
        return Some(invalid.to_string());
    }
    let given: Value = serde_json::from_slice(json).ok()?;
    let violations = schema::violations(&fabric_catalog::schema(descriptor.topic)?, &given).ok()?;
    if violations.is_empty() {
        return None;
    }
    let mut text = format!("the payload breaks {} rule(s) of {}:", violations.len(), descriptor.topic);
    for violation in violations {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}: {}", violation.path, violation.wanted);
    }
    Some(text)
}

fn wrong_role(descriptor: &Descriptor, role: &Role) -> Option<String> {
    if may_cause(descriptor, role) {
        return None;
    }
    let may = match descriptor.roles {
        [] => "only services by themselves may, without --role".to_owned(),
        roles => format!("these may: {}", roles.join(", ")),
    };
    Some(format!("the role {role} may not publish {}; {may}", descriptor.topic))
}
