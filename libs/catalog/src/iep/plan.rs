//! Plans. Their goals, accommodations and services are told by events of their own.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, not_before, not_before_if_known, vocabulary},
};

vocabulary! {
    /// A disability, by the categories of the IDEA.
    pub enum Disability: "a category of disability" {
        /// Autism.
        Autism = "autism",
        /// Deaf and blind.
        DeafBlindness = "deaf_blindness",
        /// Deaf.
        Deafness = "deafness",
        /// Slower development of a child up to nine years of age.
        DevelopmentalDelay = "developmental_delay",
        /// Emotional disturbance.
        EmotionalDisturbance = "emotional_disturbance",
        /// Hard of hearing.
        HearingImpairment = "hearing_impairment",
        /// Intellectual disability.
        IntellectualDisability = "intellectual_disability",
        /// Several that together ask for more than one of them would.
        MultipleDisabilities = "multiple_disabilities",
        /// A disability of bones, joints or muscles.
        OrthopedicImpairment = "orthopedic_impairment",
        /// Another condition that limits strength or attention, such as ADHD or epilepsy.
        OtherHealthImpairment = "other_health_impairment",
        /// A disorder of reading, writing or calculating, such as dyslexia.
        SpecificLearningDisability = "specific_learning_disability",
        /// A disorder of speech or language.
        SpeechOrLanguageImpairment = "speech_or_language_impairment",
        /// An injury of the brain.
        TraumaticBrainInjury = "traumatic_brain_injury",
        /// Blind or hard of seeing.
        VisualImpairment = "visual_impairment",
    }

    /// Where a student learns, and how much of the day among students without a disability.
    pub enum Placement: "a placement" {
        /// In the regular class for 80 percent of the day or more.
        RegularClass80OrMore = "regular_class_80_or_more",
        /// In the regular class for 40 to 79 percent of the day.
        RegularClass40To79 = "regular_class_40_to_79",
        /// In the regular class for less than 40 percent of the day.
        RegularClassBelow40 = "regular_class_below_40",
        /// In a school for students with disabilities.
        SeparateSchool = "separate_school",
        /// In a home where students live and learn.
        ResidentialFacility = "residential_facility",
        /// At home or in hospital.
        HomeOrHospital = "home_or_hospital",
        /// In a prison or detention home.
        CorrectionalFacility = "correctional_facility",
        /// In a private school that the parents chose.
        ParentPlacedPrivateSchool = "parent_placed_private_school",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student got an IEP.
    #[event(topic = "iep.plan.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepPlanCreated
    /// An IEP was changed. The event carries all of its frame as it is now.
    #[event(topic = "iep.plan.updated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepPlanUpdated {
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who answers for the plan.
        pub coordinator_id: Id,
        /// The disability that makes the student eligible.
        pub primary_disability: Private<Disability>,
        /// Other disabilities.
        #[serde(default)]
        #[garde(custom(others_than(self.primary_disability)))]
        pub other_disabilities: Private<BTreeSet<Disability>>,
        /// Where the student learns.
        pub placement: Private<Placement>,
        /// The day on which the family agreed in writing; none yet if it did not.
        pub consent_date: Option<Date>,
        /// The first day on which the plan is in force.
        pub begin_date: Date,
        /// The last day.
        #[garde(custom(not_before(self.begin_date)))]
        pub end_date: Date,
        /// The day by which the plan must be reviewed: a year later at most.
        #[garde(custom(not_before(self.begin_date)))]
        pub review_due_date: Date,
        /// The day by which the student must be evaluated again: three years later at most.
        #[garde(custom(not_before_if_known(Some(self.begin_date))))]
        pub reevaluation_due_date: Option<Date>,
        /// Who created or changed it.
        pub changed_by_id: Id,
        /// When it was created or changed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "coordinatorId": "u-counselor",
        "primaryDisability": "specific_learning_disability", "otherDisabilities": ["speech_or_language_impairment"],
        "placement": "regular_class_80_or_more", "consentDate": "2026-09-10", "beginDate": "2026-09-14",
        "endDate": "2027-09-13", "reviewDueDate": "2027-09-13", "reevaluationDueDate": "2029-09-13",
        "changedById": "u-counselor", "changedAt": "2026-09-11T10:00:00Z"
    }"#
}

/// The rule that a disability is not named twice.
fn others_than(primary: Private<Disability>) -> impl FnOnce(&Private<BTreeSet<Disability>>, &()) -> garde::Result {
    move |others, ()| {
        if others.get().contains(primary.get()) {
            return Err(garde::Error::new("the primary disability is among the others"));
        }
        Ok(())
    }
}
