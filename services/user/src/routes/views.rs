//! What queries answer.

use std::collections::BTreeSet;

use fabric::Latest;
use fabric_catalog::values::{AccountRole, EmailAddress, Id, Language, PersonName, PhoneNumber, TimeZone, Username};
use serde::Serialize;

use crate::model::{Contact, Enrollment, Family, Member, Model, Relative, Roster, SchoolRecord};

/// A person.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    user_id: Id,
    given_name: Option<PersonName>,
    family_name: Option<PersonName>,
    email: Option<EmailAddress>,
    phone: Option<PhoneNumber>,
    language: Option<Language>,
    time_zone: Option<TimeZone>,
    roles: BTreeSet<AccountRole>,
    school: Option<SchoolView>,
    account: Option<AccountView>,
}

/// What a person is at school.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SchoolView {
    active: bool,
    #[serde(flatten)]
    record: SchoolRecord,
}

/// A person's account.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    open: bool,
    username: Option<Username>,
    email: Option<EmailAddress>,
}

impl UserView {
    pub fn of(id: &Id, member: &Member) -> Self {
        let school = member
            .school
            .get()
            .map(|record| SchoolView { active: member.active.get() == Some(&true), record: record.clone() });
        let account = member.open.get().map(|open| AccountView {
            open: *open,
            username: member.username.get().cloned(),
            email: member.account_email.get().cloned(),
        });
        Self {
            user_id: id.clone(),
            given_name: member.given_name.get().cloned(),
            family_name: member.family_name.get().cloned(),
            email: known(&member.email),
            phone: known(&member.phone),
            language: known(&member.language),
            time_zone: known(&member.time_zone),
            roles: member.roles(),
            school,
            account,
        }
    }
}

/// The people around a student.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FamilyView {
    relatives: Vec<Identified<Relative>>,
    emergency_contacts: Vec<Identified<Contact>>,
}

/// A thing with its id.
#[derive(Serialize)]
struct Identified<T> {
    id: Id,
    #[serde(flatten)]
    what: T,
}

impl FamilyView {
    pub fn of(family: &Family) -> Self {
        Self {
            relatives: family.relatives().map(Identified::of).collect(),
            emergency_contacts: family.contacts().into_iter().map(Identified::of).collect(),
        }
    }
}

impl<T: Clone> Identified<T> {
    fn of((id, what): (&Id, &T)) -> Self {
        Self { id: id.clone(), what: what.clone() }
    }
}

/// Who is in a class.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RosterView {
    class_id: Id,
    enrollments: Vec<EnrollmentView>,
}

/// Somebody who is in a class.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EnrollmentView {
    enrollment_id: Id,
    given_name: Option<PersonName>,
    family_name: Option<PersonName>,
    #[serde(flatten)]
    enrollment: Enrollment,
}

impl RosterView {
    pub fn of(class_id: Id, roster: &Roster, model: &Model) -> Self {
        let view = |(id, enrollment): (&Id, &Enrollment)| {
            let member = model.member(&enrollment.user_id);
            EnrollmentView {
                enrollment_id: id.clone(),
                given_name: member.and_then(|member| member.given_name.get().cloned()),
                family_name: member.and_then(|member| member.family_name.get().cloned()),
                enrollment: enrollment.clone(),
            }
        };
        Self { class_id, enrollments: roster.enrolled().map(view).collect() }
    }
}

fn known<T: Clone>(latest: &Latest<Option<T>>) -> Option<T> {
    latest.get().cloned().flatten()
}
