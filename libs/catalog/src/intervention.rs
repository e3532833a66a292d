//! Intervention: help for students who fall behind, from the first sign to the end of the case.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Entry, events},
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

/// The events of this context.
pub(crate) const EVENTS: &[&[Entry]] = &[CASES];

use CASES_EVENTS as CASES;
