//! Who may see and do what, besides what the events' own roles say.

use fabric::identity::Identity;
use fabric_catalog::values::Id;

/// The roles that work with everybody's data.
const STAFF: &[&str] = &["teacher", "counselor", "registrar", "admin", "operator"];
/// The roles that keep records: they may change what belongs to others.
const RECORD_KEEPERS: &[&str] = &["registrar", "admin", "operator"];

/// Whether it is the person's own data.
pub fn is_self(by: &Identity, person: &Id) -> bool {
    by.actor.id.as_str() == person.as_str()
}

/// Whether whoever asks is staff.
pub fn is_staff(by: &Identity) -> bool {
    STAFF.contains(&by.actor.role.as_str())
}

/// Whether whoever asks may change records of others.
pub fn keeps_records(by: &Identity) -> bool {
    RECORD_KEEPERS.contains(&by.actor.role.as_str())
}

/// Whoever asks, as the id that events name people by. An actor's id always is one.
pub fn id_of(by: &Identity) -> Option<Id> {
    Id::try_new(by.actor.id.as_str()).ok()
}
