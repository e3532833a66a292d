//! What an account says about its holder: profile, roles and relations.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{
        AccountRole, EmailAddress, Id, Language, PersonName, PhoneNumber, Private, PrivateText, TimeZone, vocabulary,
    },
};

vocabulary! {
    /// A part of a profile.
    pub enum ProfileField: "a field of a profile" {
        /// E-mail address.
        Email = "email",
        /// Given name.
        GivenName = "givenName",
        /// Family name.
        FamilyName = "familyName",
        /// Telephone number.
        Phone = "phone",
        /// Language.
        Language = "language",
        /// Time zone.
        TimeZone = "timeZone",
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

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A profile was changed. The event carries all of it as it is now, and says what changed.
    #[event(topic = "user.profile.updated", owner = "user")]
    #[event(key = "user_id", subject = "user_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct ProfileUpdated {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// What changed.
        #[garde(length(min = 1, max = 6))]
        pub changed_fields: BTreeSet<ProfileField>,
        /// E-mail address.
        pub email: Option<EmailAddress>,
        /// The e-mail address before, if it changed.
        pub previous_email: Option<EmailAddress>,
        /// Given name.
        pub given_name: PersonName,
        /// Family name.
        pub family_name: PersonName,
        /// Telephone number.
        pub phone: Option<PhoneNumber>,
        /// The language that the person reads best.
        pub language: Option<Language>,
        /// Where the person is in time.
        pub time_zone: Option<TimeZone>,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "changedFields": ["email", "phone"], "email": "ada@example.edu",
        "previousEmail": "ada.old@example.edu", "givenName": "Augusta Ada", "familyName": "Lovelace",
        "phone": "+44 20 7946 0123", "language": "en-GB", "timeZone": "Europe/London",
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
        /// Roles that the holder did not have before.
        #[serde(default)]
        #[garde(length(max = 10))]
        pub granted_roles: BTreeSet<AccountRole>,
        /// Roles that the holder had before.
        #[serde(default)]
        #[garde(length(max = 10))]
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
        "withdrawnRoles": [],
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
