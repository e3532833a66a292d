//! What an account says about its holder: profile, roles and relations.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{
        AccountRole, EmailAddress, Id, Language, PersonName, PhoneNumber, Private, PrivateText, TimeZone, apart_from,
        part_of, vocabulary,
    },
};

vocabulary! {
    /// A part of a profile.
    pub enum ProfileField: "a field of a profile" {
        /// E-mail address.
        Email = "email",
        /// Given name.
        FirstName = "firstName",
        /// Family name.
        LastName = "lastName",
        /// Telephone number.
        Phone = "phone",
        /// Language.
        Language = "language",
        /// Time zone.
        TimeZone = "timezone",
    }

    /// What one person is to another.
    pub enum Relation: "a relation" {
        /// Parent of the other.
        ParentOf = "parent_of",
        /// Guardian of the other.
        GuardianOf = "guardian_of",
        /// Tutor of the other.
        TutorOf = "tutor_of",
        /// Mentor of the other.
        MentorOf = "mentor_of",
        /// Sibling of the other.
        SiblingOf = "sibling_of",
    }
}

/// What a profile says: as much of it as there is to say. Its fields are called as in a registration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ProfileValues {
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Given name.
    pub first_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// Telephone number.
    pub phone: Option<PhoneNumber>,
    /// The language that the person reads best.
    pub language: Option<Private<Language>>,
    /// Where the person is in time.
    #[serde(rename = "timezone")]
    pub time_zone: Option<Private<TimeZone>>,
}

impl ProfileValues {
    /// The fields in which it differs from another one.
    pub fn differences(&self, other: &Self) -> BTreeSet<ProfileField> {
        ProfileField::ALL.iter().copied().filter(|field| !self.says_the_same_as(other, *field)).collect()
    }

    /// The fields of which it says something.
    pub fn given(&self) -> BTreeSet<ProfileField> {
        self.differences(&Self::default())
    }

    /// What it says of these fields, and nothing of the others.
    #[must_use]
    pub fn only(self, fields: &BTreeSet<ProfileField>) -> Self {
        let has = |field| fields.contains(&field);
        Self {
            email: self.email.filter(|_| has(ProfileField::Email)),
            first_name: self.first_name.filter(|_| has(ProfileField::FirstName)),
            last_name: self.last_name.filter(|_| has(ProfileField::LastName)),
            phone: self.phone.filter(|_| has(ProfileField::Phone)),
            language: self.language.filter(|_| has(ProfileField::Language)),
            time_zone: self.time_zone.filter(|_| has(ProfileField::TimeZone)),
        }
    }

    fn says_the_same_as(&self, other: &Self, field: ProfileField) -> bool {
        match field {
            ProfileField::Email => self.email == other.email,
            ProfileField::FirstName => self.first_name == other.first_name,
            ProfileField::LastName => self.last_name == other.last_name,
            ProfileField::Phone => self.phone == other.phone,
            ProfileField::Language => self.language == other.language,
            ProfileField::TimeZone => self.time_zone == other.time_zone,
        }
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A profile was changed. The event carries what changed, as it was and as it is now, and nothing else of the profile.
    #[event(topic = "user.profile.updated", owner = "user")]
    #[event(key = "user_id", subject = "user_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct ProfileUpdated {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// What changed: the fields in which the values before and the new ones differ.
        #[garde(length(min = 1, max = 6), custom(are_what_differs(&self.previous_values, &self.new_values)))]
        pub changed_fields: BTreeSet<ProfileField>,
        /// What the changed fields said before; nothing where one was empty.
        #[garde(dive)]
        pub previous_values: ProfileValues,
        /// What the changed fields say now; nothing where one was emptied.
        #[garde(dive)]
        pub new_values: ProfileValues,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "changedFields": ["email", "firstName", "lastName", "phone", "language", "timezone"],
        "previousValues": {
            "email": "ada.old@example.edu", "firstName": "Ada", "lastName": "Byron", "phone": "020 7946 0456",
            "language": "en-US", "timezone": "Europe/Paris"
        },
        "newValues": {
            "email": "ada@example.edu", "firstName": "Augusta Ada", "lastName": "Lovelace",
            "phone": "+44 20 7946 0123", "language": "en-GB", "timezone": "Europe/London"
        },
        "updatedAt": "2026-10-01T09:00:00Z"
    }"#

    /// What somebody may do was changed.
    #[event(topic = "user.role.changed", aggregate = "account", owner = "user")]
    #[event(key = "user_id", subject = "user_id", roles = "registrar admin operator")]
    pub struct RoleChanged {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// Every role that the holder has now.
        #[garde(length(max = 10))]
        pub roles: BTreeSet<AccountRole>,
        /// Those of them that the holder did not have before.
        #[serde(default)]
        #[garde(length(max = 10), custom(part_of(&self.roles)))]
        pub granted_roles: BTreeSet<AccountRole>,
        /// Roles that the holder had before, and has no more.
        #[serde(default)]
        #[garde(length(max = 10), custom(apart_from(&self.roles)), custom(not_nothing_with(&self.granted_roles)))]
        pub withdrawn_roles: BTreeSet<AccountRole>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who did it; nobody if a rule did.
        pub changed_by_id: Option<Id>,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "userId": "u-4711", "roles": ["tutor", "verified_tutor"], "grantedRoles": ["verified_tutor"],
        "withdrawnRoles": ["student"],
        "reason": "identity verified", "changedById": null, "changedAt": "2026-09-04T09:00:02Z"
    }"#

    /// Two accounts were related to each other.
    #[event(topic = "user.relation.created", owner = "user")]
    #[event(key = "user_id", subject = "related_user_id", roles = "registrar admin operator")]
    pub struct RelationCreated
    /// A relation between two accounts was removed.
    #[event(topic = "user.relation.removed", owner = "user")]
    #[event(key = "user_id", subject = "related_user_id", roles = "registrar admin operator")]
    pub struct RelationRemoved {
        /// The relation.
        pub relation_id: Id,
        /// Who is something to somebody.
        pub user_id: Id,
        /// To whom.
        pub related_user_id: Id,
        /// What.
        pub relation: Private<Relation>,
        /// When it was created or removed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "relationId": "rel-9", "userId": "u-guardian", "relatedUserId": "u-11391", "relation": "parent_of",
        "changedAt": "2026-09-01T09:30:00Z"
    }"#
}

/// The rule of changed fields: they are those in which the values differ, and of no other field anything is said.
fn are_what_differs(
    previous: &ProfileValues,
    new: &ProfileValues,
) -> impl FnOnce(&BTreeSet<ProfileField>, &()) -> garde::Result {
    let differing = previous.differences(new);
    let says_more = !differing.is_superset(&previous.given()) || !differing.is_superset(&new.given());
    move |changed, ()| {
        if *changed == differing && !says_more {
            Ok(())
        } else {
            Err(garde::Error::new("not the fields in which the values differ"))
        }
    }
}

/// The rule of a change: something was granted, or else withdrawn.
fn not_nothing_with(granted: &BTreeSet<AccountRole>) -> impl FnOnce(&BTreeSet<AccountRole>, &()) -> garde::Result {
    move |withdrawn, ()| {
        if granted.is_empty() && withdrawn.is_empty() {
            Err(garde::Error::new("not set, and neither is what was granted"))
        } else {
            Ok(())
        }
    }
}
