//! Families, and whom to call in an emergency.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{EmailAddress, Id, PersonName, PhoneNumber, Private, vocabulary},
};

vocabulary! {
    /// What somebody is to a student.
    pub enum Relationship: "a relationship" {
        /// Mother.
        Mother = "mother",
        /// Father.
        Father = "father",
        /// Parent, without saying which.
        Parent = "parent",
        /// Step-parent.
        StepParent = "step_parent",
        /// Foster parent.
        FosterParent = "foster_parent",
        /// Guardian who is not a parent.
        Guardian = "guardian",
        /// Grandparent.
        Grandparent = "grandparent",
        /// Brother or sister.
        Sibling = "sibling",
        /// Another relative.
        Relative = "relative",
        /// A friend of the family, or a neighbour.
        Friend = "friend",
        /// Anything else.
        Other = "other",
    }

    /// What a relative may do.
    pub enum FamilyRight: "a right of a relative" {
        /// Decides for the student.
        LegalGuardian = "legal_guardian",
        /// Lives in the same household.
        LivesWith = "lives_with",
        /// May pick the student up.
        MayPickUp = "may_pick_up",
        /// Gets the school's notices.
        ReceivesNotices = "receives_notices",
        /// May see grades and attendance.
        SeesRecords = "sees_records",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student and a relative were linked.
    #[event(topic = "demographics.family_relationship.created", owner = "user")]
    #[event(key = "student_id", subject = "student_id", roles = "registrar admin")]
    pub struct FamilyRelationshipCreated
    /// What a relative is to a student, or may do, was changed. The event carries all of it as it is now.
    #[event(topic = "demographics.family_relationship.updated", owner = "user")]
    #[event(key = "student_id", subject = "student_id", roles = "registrar admin")]
    pub struct FamilyRelationshipUpdated {
        /// The link.
        pub relationship_id: Id,
        /// The student.
        pub student_id: Id,
        /// The relative.
        pub relative_id: Id,
        /// What the relative is to the student.
        pub relationship: Private<Relationship>,
        /// What the relative may do.
        #[serde(default)]
        pub rights: Private<BTreeSet<FamilyRight>>,
        /// When it was linked or changed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "relationshipId": "rel-1", "studentId": "u-11391", "relativeId": "u-guardian", "relationship": "mother",
        "rights": ["legal_guardian", "receives_notices", "sees_records"], "changedAt": "2026-09-01T10:00:00Z"
    }"#

    /// The link between a student and a relative was removed: the relative has no rights any more.
    #[event(topic = "demographics.family_relationship.removed", owner = "user")]
    #[event(key = "student_id", subject = "student_id", roles = "registrar admin")]
    pub struct FamilyRelationshipRemoved {
        /// The link.
        pub relationship_id: Id,
        /// The student.
        pub student_id: Id,
        /// The relative.
        pub relative_id: Id,
        /// When.
        pub removed_at: Timestamp,
    }
    example r#"{
        "relationshipId": "rel-1", "studentId": "u-11391", "relativeId": "u-guardian",
        "removedAt": "2026-09-02T10:00:00Z"
    }"#

    /// Somebody to call in an emergency was added.
    #[event(topic = "demographics.emergency_contact.added", owner = "user")]
    #[event(key = "student_id", subject = "student_id", roles = "registrar admin guardian")]
    pub struct EmergencyContactAdded
    /// Somebody to call in an emergency was changed. The event carries all of it as it is now.
    #[event(topic = "demographics.emergency_contact.updated", owner = "user")]
    #[event(key = "student_id", subject = "student_id", roles = "registrar admin guardian")]
    pub struct EmergencyContactUpdated {
        /// The contact.
        pub contact_id: Id,
        /// The student.
        pub student_id: Id,
        /// The contact's name.
        pub full_name: PersonName,
        /// What the contact is to the student.
        pub relationship: Private<Relationship>,
        /// Numbers to call, the best one first.
        #[garde(length(min = 1, max = 5))]
        pub phones: Vec<PhoneNumber>,
        /// E-mail address.
        pub email: Option<EmailAddress>,
        /// In which order contacts are called, from 1.
        #[garde(range(min = 1, max = 20))]
        pub call_rank: u8,
        /// Whether the contact may pick the student up.
        pub may_pick_up: Private<bool>,
    }
    example r#"{
        "contactId": "ec-1", "studentId": "u-11391", "fullName": "Annabella Byron", "relationship": "mother",
        "phones": ["+44 20 7946 0999"], "email": "annabella@example.edu", "callRank": 1, "mayPickUp": true
    }"#
}
