//! Who might be gifted, and whether it turns out so.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::GiftedArea;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::TestResult,
    values::{Id, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// What somebody who nominates a student is to the student.
    pub enum Nominator: "a nominator" {
        /// A teacher.
        Teacher = "teacher",
        /// A counselor.
        Counselor = "counselor",
        /// Parent or guardian.
        Guardian = "guardian",
        /// The student.
        Student = "student",
        /// Another student.
        Peer = "peer",
        /// Nobody: a test that all students take.
        Screening = "screening",
    }

    /// What was decided.
    pub enum IdentificationDecision: "a decision about a nomination" {
        /// The student is gifted.
        Identified = "identified",
        /// The student is not, as far as one can see.
        NotIdentified = "not_identified",
        /// It will be looked at again.
        Deferred = "deferred",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was nominated for the gifted programme.
    #[event(topic = "gifted.nomination.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "student guardian teacher counselor admin")]
    pub struct GiftedNominationCreated {
        /// The nomination.
        pub nomination_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who runs the programme, if that is decided.
        pub coordinator_id: Option<Id>,
        /// What the nominator is to the student.
        pub nominator: Private<Nominator>,
        /// What the student may be gifted in.
        #[garde(length(min = 1))]
        pub areas: Private<BTreeSet<GiftedArea>>,
        /// Why.
        pub reason: Option<PrivateText<4_000>>,
        /// The day on which the family agreed that the student is tested; none yet if it did not.
        pub consent_date: Option<Date>,
        /// Who nominated the student; nobody if a screening did.
        pub nominated_by_id: Option<Id>,
        /// When.
        pub nominated_at: Timestamp,
    }
    example r#"{
        "nominationId": "nom-1", "studentId": "u-11391", "schoolId": "ou-AAA", "coordinatorId": "u-counselor",
        "nominator": "guardian", "areas": ["mathematics", "creativity"],
        "reason": "Ada writes programs for machines that nobody has built.", "consentDate": "2026-10-02",
        "nominatedById": "u-parent", "nominatedAt": "2026-10-02T18:00:00Z"
    }"#

    /// It was decided whether a student is gifted.
    #[event(topic = "gifted.identification.completed", aggregate = "nomination", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct GiftedIdentificationCompleted {
        /// The identification.
        pub identification_id: Id,
        /// The nomination that it began with, if it did.
        pub nomination_id: Option<Id>,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What was decided.
        pub decision: Private<IdentificationDecision>,
        /// What the student is gifted in: at least one area when the student was identified, none otherwise.
        #[serde(default)]
        #[garde(custom(areas_fit(self.decision)))]
        pub areas: Private<BTreeSet<GiftedArea>>,
        /// The tests that were looked at.
        #[serde(default)]
        #[garde(length(max = 20), dive)]
        pub tests: Vec<TestResult>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who decided.
        pub decided_by_id: Id,
        /// When.
        pub completed_at: Timestamp,
    }
    example r#"{
        "identificationId": "gid-1", "nominationId": "nom-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "decision": "identified", "areas": ["mathematics"],
        "tests": [{"instrument": "CogAT", "score": 141.5, "percentile": 98.75, "takenDate": "2026-10-20"}],
        "note": "Ada solved the last task in a way of her own.", "decidedById": "u-counselor",
        "completedAt": "2026-11-09T12:00:00Z"
    }"#
}

/// The rule that somebody is gifted in something, or in nothing.
fn areas_fit(
    decision: Private<IdentificationDecision>,
) -> impl FnOnce(&Private<BTreeSet<GiftedArea>>, &()) -> garde::Result {
    let is_identified = *decision.get() == IdentificationDecision::Identified;
    move |areas, ()| match (is_identified, areas.get().is_empty()) {
        (true, true) => Err(garde::Error::new("not set")),
        (false, false) => Err(garde::Error::new("areas of somebody who was not identified")),
        _ => Ok(()),
    }
}
