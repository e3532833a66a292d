//! Cases: one student's need for help. Everything about one student stays in order.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Percent, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// What the help is about.
    pub enum InterventionKind: "a kind of intervention" {
        /// Grades.
        Academic = "academic",
        /// Coming to school.
        Attendance = "attendance",
        /// Behaviour.
        Behavior = "behavior",
        /// A special programme.
        SpecialProgram = "special_program",
    }

    /// What set a case off.
    pub enum TriggerReason: "a reason to intervene" {
        /// A grade below passing.
        FailingGrade = "failing_grade",
        /// A grade far below those before.
        SignificantDrop = "significant_drop",
        /// Work that was not handed in.
        MissingWork = "missing_work",
        /// Days missed.
        Absences = "absences",
        /// A plan of a special programme.
        ProgramPlan = "program_plan",
        /// Somebody asked for it.
        Referral = "referral",
    }

    /// Where a case stands.
    pub enum CaseStatus: "a case's status" {
        /// Nobody has begun.
        Open = "open",
        /// Somebody helps.
        InProgress = "in_progress",
        /// Somebody watches whether it helped.
        Monitoring = "monitoring",
    }

    /// How a case ended.
    pub enum CaseOutcome: "a case's outcome" {
        /// The student no longer needs it.
        Resolved = "resolved",
        /// It goes on in another way.
        Referred = "referred",
        /// The student left.
        StudentLeft = "student_left",
        /// There was no need after all.
        Withdrawn = "withdrawn",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A case was opened: somebody will look after a student.
    #[event(topic = "intervention.case.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct CaseCreated {
        /// The case.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class that it is about.
        pub class_id: Option<Id>,
        /// What the help is about.
        pub kind: Private<InterventionKind>,
        /// What set it off.
        pub reason: Private<TriggerReason>,
        /// How much help, from 1 (all students) to 3 (one student alone).
        #[garde(range(min = 1, max = 3))]
        pub tier: Private<u8>,
        /// What the person who opened it says.
        pub note: Option<PrivateText<4_000>>,
        /// Who opened it; nobody if a rule did.
        pub opened_by_id: Option<Id>,
        /// Who looks after the student, if that is decided.
        pub assigned_to_id: Option<Id>,
        /// When.
        pub opened_at: Timestamp,
    }
    example r#"{
        "caseId": "case-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J", "kind": "academic",
        "reason": "failing_grade", "tier": 2, "note": "Ada misses the basics of fractions.", "openedById": "u-teacher",
        "assignedToId": "u-counselor", "openedAt": "2026-10-20T08:31:00Z"
    }"#

    /// A rule found that a student may need help.
    #[event(topic = "intervention.case.triggered", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct CaseTriggered {
        /// The case that the rule opened, or found open.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class that it is about.
        pub class_id: Option<Id>,
        /// What the help would be about.
        pub kind: Private<InterventionKind>,
        /// Which rule it was.
        pub reason: Private<TriggerReason>,
        /// How much help the rule asks for, from 1 (all students) to 3 (one student alone).
        #[garde(range(min = 1, max = 3))]
        pub tier: Private<u8>,
        /// The result that set it off, if one did.
        pub result_id: Option<Id>,
        /// What was measured.
        pub measured_percent: Option<Percent>,
        /// What it was measured against.
        pub threshold_percent: Option<Percent>,
        /// When.
        pub triggered_at: Timestamp,
    }
    example r#"{
        "caseId": "case-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J", "kind": "academic",
        "reason": "failing_grade", "tier": 2, "resultId": "r-1752-11391", "measuredPercent": 41.625,
        "thresholdPercent": 60.0,
        "triggeredAt": "2026-10-20T08:30:59Z"
    }"#

    /// A case was changed. The event says how it stands now.
    #[event(topic = "intervention.case.updated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct CaseUpdated {
        /// The case.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// Where it stands.
        pub status: Private<CaseStatus>,
        /// How much help, from 1 (all students) to 3 (one student alone).
        #[garde(range(min = 1, max = 3))]
        pub tier: Private<u8>,
        /// Who looks after the student, if that is decided.
        pub assigned_to_id: Option<Id>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who changed it; nobody if a rule did.
        pub updated_by_id: Option<Id>,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "caseId": "case-1", "studentId": "u-11391", "status": "in_progress", "tier": 2, "assignedToId": "u-counselor",
        "note": "Ada and I meet on Mondays.", "updatedById": "u-counselor", "updatedAt": "2026-10-26T12:00:00Z"
    }"#

    /// A case was closed.
    #[event(topic = "intervention.case.closed", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct CaseClosed {
        /// The case.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// How it ended.
        pub outcome: Private<CaseOutcome>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who closed it; nobody if a rule did.
        pub closed_by_id: Option<Id>,
        /// When.
        pub closed_at: Timestamp,
    }
    example r#"{
        "caseId": "case-1", "studentId": "u-11391", "outcome": "resolved", "note": "Ada passed the last two tests.",
        "closedById": "u-counselor", "closedAt": "2027-01-15T12:00:00Z"
    }"#
}
