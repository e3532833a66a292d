//! Who may see and do what, besides what the events' own roles say.

use fabric::identity::Identity;
use fabric_catalog::values::Id;

/// The roles that see everybody's documents. Teachers are not among them.
const CLERKS: &[&str] = &["reviewer", "registrar", "admin", "operator"];

/// Whether it is the person's own.
pub fn is_self(by: &Identity, person: &Id) -> bool {
    by.actor.id.as_str() == person.as_str()
}

/// Whether whoever asks works with everybody's documents.
pub fn is_clerk(by: &Identity) -> bool {
    CLERKS.contains(&by.actor.role.as_str())
}

/// Whoever asks, as the id that events name people by. An actor's id always is one.
pub fn id_of(by: &Identity) -> Option<Id> {
    Id::try_new(by.actor.id.as_str()).ok()
}
