//! Who is in the programme, how they are taught in it, and how they leave.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::ProficiencyLevel;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::{ExitReason, TestResult},
    values::{Id, Language, Private, PrivateText, WeeklyHours, not_before_if_known, vocabulary},
};

vocabulary! {
    /// How the language is taught.
    pub enum EslModel: "a model of language teaching" {
        /// The student leaves the class for it.
        PullOut = "pull_out",
        /// A second teacher comes into the class.
        PushIn = "push_in",
        /// Lessons in words that the student can follow.
        ShelteredInstruction = "sheltered_instruction",
        /// A class of its own for those who have just arrived.
        Newcomer = "newcomer",
        /// Lessons in the language of the home, less of it each year.
        TransitionalBilingual = "transitional_bilingual",
        /// Lessons in two languages for all.
        DualLanguage = "dual_language",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was enrolled in the ESL programme.
    #[event(topic = "esl.enrollment.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct EslEnrollmentCreated {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who runs the programme for the student.
        pub coordinator_id: Id,
        /// The language of the home.
        pub home_language: Private<Language>,
        /// How well the student has the language of the lessons.
        pub proficiency_level: Private<ProficiencyLevel>,
        /// The test that says so, if one was taken.
        #[garde(dive)]
        pub test: Option<TestResult>,
        /// How the language is taught.
        pub model: Private<EslModel>,
        /// How much of it, in an average week, if that is decided.
        pub weekly_hours: Option<WeeklyHours>,
        /// The day on which the family agreed; none yet if it did not.
        pub consent_date: Option<Date>,
        /// The first day in the programme.
        pub begin_date: Date,
        /// Who enrolled the student.
        pub enrolled_by_id: Id,
        /// When.
        pub enrolled_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "esl-1", "studentId": "u-28400", "schoolId": "ou-AAA", "coordinatorId": "u-counselor",
        "homeLanguage": "pt-BR", "proficiencyLevel": "emerging",
        "test": {"instrument": "WIDA Screener", "score": 2.25, "percentile": 18.75, "takenDate": "2026-09-01"},
        "model": "pull_out", "weeklyHours": 4.75, "consentDate": "2026-09-03", "beginDate": "2026-09-07",
        "enrolledById": "u-counselor", "enrolledAt": "2026-09-03T12:00:00Z"
    }"#

    /// What the ESL programme gives a student was changed. The event carries all of it as it is now.
    #[event(topic = "esl.services.updated", aggregate = "enrollment", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct EslServicesUpdated {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// How the language is taught.
        pub model: Private<EslModel>,
        /// How much of it, in an average week.
        pub weekly_hours: WeeklyHours,
        /// How much of it was given before, if it was.
        pub previous_weekly_hours: Option<WeeklyHours>,
        /// Who gives it, if that is decided.
        pub provider_id: Option<Id>,
        /// The classes in which it is given, or which the student leaves for it.
        #[serde(default)]
        #[garde(length(max = 50))]
        pub class_ids: BTreeSet<Id>,
        /// The first day on which it is so.
        pub begin_date: Date,
        /// What teachers should know about it.
        pub note: Option<PrivateText<2_000>>,
        /// Who changed it.
        pub updated_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "esl-1", "studentId": "u-28400", "schoolId": "ou-AAA", "model": "push_in",
        "weeklyHours": 3.25, "previousWeeklyHours": 4.75, "providerId": "u-teacher", "classIds": ["k-AAA-2026J"],
        "beginDate": "2027-02-01", "note": "João follows better when he reads along.",
        "updatedById": "u-counselor", "updatedAt": "2027-01-28T12:00:00Z"
    }"#

    /// A student left the ESL programme.
    #[event(topic = "esl.program.exited", aggregate = "enrollment", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct EslProgramExited {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Why.
        pub reason: Private<ExitReason>,
        /// How well the student had the language of the lessons in the end.
        pub proficiency_level: Option<Private<ProficiencyLevel>>,
        /// The last day in the programme.
        pub exit_date: Date,
        /// The day until which the school watches how the student gets on without it.
        #[garde(custom(not_before_if_known(Some(self.exit_date))))]
        pub monitored_until_date: Option<Date>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who took the student out; nobody if a rule did.
        pub exited_by_id: Option<Id>,
        /// When that was done.
        pub exited_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "esl-1", "studentId": "u-28400", "schoolId": "ou-AAA", "reason": "goals_met",
        "proficiencyLevel": "bridging", "exitDate": "2028-06-16", "monitoredUntilDate": "2030-06-16",
        "note": "João is among the best readers of his class.", "exitedById": "u-counselor",
        "exitedAt": "2028-06-12T12:00:00Z"
    }"#
}
