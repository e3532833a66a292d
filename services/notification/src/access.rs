//! Who may see and do what, besides what the events' own roles say.

use fabric::identity::Identity;
use fabric_catalog::values::Id;

/// The roles that look after people.
const STAFF: &[&str] = &["teacher", "counselor", "registrar", "admin", "operator"];

/// Whether it is the person's own.
pub fn is_self(by: &Identity, person: &Id) -> bool {
    by.actor.id.as_str() == person.as_str()
}

/// Whether whoever asks is staff.
pub fn is_staff(by: &Identity) -> bool {
    STAFF.contains(&by.actor.role.as_str())
}
