//! Who may see and do what, besides what the events' own roles say.

use fabric::identity::Identity;
use fabric_catalog::values::Id;

/// The roles that look after members.
const STAFF: &[&str] = &["teacher", "counselor", "registrar", "admin", "operator"];
/// The roles that may delete what others wrote.
const MODERATORS: &[&str] = &["teacher", "counselor", "admin"];

/// Whether it is the member's own.
pub fn is_self(by: &Identity, member: &Id) -> bool {
    by.actor.id.as_str() == member.as_str()
}

/// Whether whoever asks is staff.
pub fn is_staff(by: &Identity) -> bool {
    STAFF.contains(&by.actor.role.as_str())
}

/// Whether whoever asks may delete what others wrote.
pub fn moderates(by: &Identity) -> bool {
    MODERATORS.contains(&by.actor.role.as_str())
}
