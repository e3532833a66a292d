//! Who may ask for what. Who may publish what is in the events themselves.

use fabric::{http::Problem, identity::Identity};
use fabric_catalog::values::Id;

use crate::model::gradebook::Audience;

/// Roles of people who work with students.
const STAFF: &[&str] = &["admin", "counselor", "registrar", "teacher"];
/// Roles of people who watch over the platform and need no student's data.
const WATCHERS: &[&str] = &["admin", "counselor", "operator", "registrar", "teacher"];
/// Roles of people who may see who did what.
const AUDITORS: &[&str] = &["admin", "operator"];

/// Lets staff ask about students, and students about themselves.
pub fn to_student(identity: &Identity, student_id: &Id) -> Result<Audience, Problem> {
    if has_role(identity, STAFF) {
        Ok(Audience::Staff)
    } else if identity.actor.role.as_str() == "student" && identity.actor.id.as_str() == student_id.as_str() {
        Ok(Audience::Student)
    } else {
        Err(Problem::forbidden("only the student and the school's staff may see this"))
    }
}

/// Lets staff ask.
pub fn to_staff(identity: &Identity) -> Result<(), Problem> {
    allow(identity, STAFF, "only the school's staff may see this")
}

/// Lets staff and operators ask.
pub fn to_watchers(identity: &Identity) -> Result<(), Problem> {
    allow(identity, WATCHERS, "only the school's staff and operators may see this")
}

/// Lets administrators and operators ask.
pub fn to_auditors(identity: &Identity) -> Result<(), Problem> {
    allow(identity, AUDITORS, "only administrators and operators may see this")
}

fn allow(identity: &Identity, roles: &[&str], otherwise: &str) -> Result<(), Problem> {
    if has_role(identity, roles) { Ok(()) } else { Err(Problem::forbidden(otherwise)) }
}

fn has_role(identity: &Identity, roles: &[&str]) -> bool {
    roles.contains(&identity.actor.role.as_str())
}

#[cfg(test)]
mod tests {
    use fabric::Actor;

    use super::*;

    #[test]
    fn students_see_themselves_and_staff_sees_everybody() {
        let student = Id::try_new("u-1").unwrap();
        let table = [
            ("u-1", "student", Some(Audience::Student)),
            ("u-2", "student", None),
            ("u-1", "guardian", None),
            ("u-1", "operator", None),
            ("t-1", "teacher", Some(Audience::Staff)),
            ("c-1", "counselor", Some(Audience::Staff)),
        ];
        for (id, role, expected) in table {
            let actor = Actor { id: id.parse().unwrap(), role: role.parse().unwrap() };
            let identity = Identity { tenant: "one".parse().unwrap(), actor };
            assert_eq!(to_student(&identity, &student).ok(), expected, "{id} as {role}");
        }
    }
}
