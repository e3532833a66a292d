//! People: students, teachers, guardians and the rest.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{
        EmailAddress, Id, PersonName, PersonRole, PhoneNumber, Private, PrivateText, Username, not_before_if_known,
        vocabulary,
    },
};

vocabulary! {
    /// Why somebody was deactivated.
    pub enum DeactivationReason: "a reason to deactivate" {
        /// Finished school.
        Graduated = "graduated",
        /// Went to another school.
        Transferred = "transferred",
        /// Left without finishing, or left the job.
        Left = "left",
        /// Is the same person as somebody else.
        Duplicate = "duplicate",
        /// Asked for it.
        Requested = "requested",
        /// Is gone from the source system.
        RemovedAtSource = "removed_at_source",
        /// Anything else.
        Other = "other",
    }
}

/// What another system knows a person by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ExternalId {
    /// What kind of id it is, such as `LDAP`.
    #[garde(length(chars, min = 1, max = 64))]
    pub system: String,
    /// The id there.
    pub identifier: PrivateText<255>,
}

/// What a person is at an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct RoleAtOrganization {
    /// The organization.
    pub org_id: Id,
    /// What the person is there.
    pub role: PersonRole,
    /// Whether it is the person's main role there.
    pub is_primary: bool,
    /// The first day in the role.
    pub begin_date: Option<Date>,
    /// The last day in the role.
    #[garde(custom(not_before_if_known(self.begin_date)))]
    pub end_date: Option<Date>,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A person was added: a student, a teacher, a guardian or somebody else at a school.
    #[event(topic = "demographics.user.created", owner = "user")]
    #[event(key = "user_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct UserCreated
    /// A person's data was changed. The event carries all of it as it is now.
    #[event(topic = "demographics.user.updated", owner = "user")]
    #[event(key = "user_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct UserUpdated {
        /// The person.
        pub user_id: Id,
        /// What the person mainly is.
        pub role: PersonRole,
        /// What the person is at each organization, where the source tells (OneRoster 1.2).
        #[serde(default)]
        #[garde(length(max = 100), dive)]
        pub roles: Vec<RoleAtOrganization>,
        /// Whether the person may use systems.
        pub enabled: bool,
        /// What the person signs in with.
        pub username: Username,
        /// What other systems know the person by.
        #[serde(default)]
        #[garde(length(max = 20), dive)]
        pub external_ids: Vec<ExternalId>,
        /// An id that is the same in all systems of the organization.
        pub master_identifier: Option<PrivateText<255>>,
        /// What people know the person by, such as a student number.
        pub identifier: Option<PrivateText<255>>,
        /// Given name.
        pub given_name: PersonName,
        /// Family name.
        pub family_name: PersonName,
        /// Middle name.
        pub middle_name: Option<PersonName>,
        /// The given name that the person prefers.
        pub preferred_given_name: Option<PersonName>,
        /// The family name that the person prefers.
        pub preferred_family_name: Option<PersonName>,
        /// The middle name that the person prefers.
        pub preferred_middle_name: Option<PersonName>,
        /// The pronouns that the person prefers.
        pub pronouns: Option<PrivateText<64>>,
        /// E-mail address.
        pub email: Option<EmailAddress>,
        /// Where text messages go.
        pub sms: Option<PhoneNumber>,
        /// Telephone number.
        pub phone: Option<PhoneNumber>,
        /// Grade levels, such as `09`.
        #[serde(default)]
        #[garde(length(max = 30))]
        pub grades: Vec<PrivateText<32>>,
        /// The organizations that the person belongs to.
        #[garde(length(min = 1, max = 100))]
        pub org_ids: Vec<Id>,
        /// The organization that the person mainly belongs to.
        pub primary_org_id: Option<Id>,
        /// People who act for this person: a student's guardians.
        #[serde(default)]
        #[garde(length(max = 50))]
        pub agent_ids: Vec<Id>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "userId": "u-11391", "role": "student", "enabled": true, "username": "ada.lovelace",
        "roles": [{"orgId": "ou-AAA", "role": "student", "isPrimary": true, "beginDate": "2026-10-01",
        "endDate": null}],
        "externalIds": [{"system": "LDAP", "identifier": "ldap-ada"}], "masterIdentifier": "master-ada",
        "identifier": "11391-ada", "givenName": "Augusta Ada", "familyName": "Lovelace", "middleName": "King",
        "preferredGivenName": "Ada", "preferredFamilyName": "Noel", "preferredMiddleName": "Byron",
        "pronouns": "she/her",
        "email": "ada@example.edu", "sms": "+44 20 7946 0123", "phone": "020 7946 0456", "grades": ["09"],
        "orgIds": ["ou-AAA"], "primaryOrgId": "ou-AAA", "agentIds": ["u-guardian"],
        "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#

    /// A person was deactivated: no longer at any school, and no longer allowed in.
    #[event(topic = "demographics.user.deactivated", owner = "user")]
    #[event(key = "user_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct UserDeactivated {
        /// The person.
        pub user_id: Id,
        /// Why.
        pub reason: Private<DeactivationReason>,
        /// Who did it; nobody if a rule did.
        pub deactivated_by_id: Option<Id>,
        /// When.
        pub deactivated_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "reason": "transferred", "deactivatedById": "u-registrar",
        "deactivatedAt": "2026-11-20T10:00:00Z"
    }"#
}
