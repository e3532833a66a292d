//! What a plan gives a student: accommodations and hours of service.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::Accommodation,
    values::{Id, Private, PrivateText, WeeklyHours, not_before_if_known, vocabulary},
};

vocabulary! {
    /// What was done to an accommodation.
    pub enum AccommodationChange: "a change of an accommodation" {
        /// It is new.
        Added = "added",
        /// It is another one than before.
        Altered = "altered",
        /// It no longer holds.
        Removed = "removed",
    }

    /// What a student is given beside lessons, by the words of the IDEA where it has them.
    pub enum RelatedService: "a kind of service" {
        /// Teaching by a special educator.
        SpecialInstruction = "special_instruction",
        /// Speech and language therapy.
        SpeechLanguage = "speech_language",
        /// Occupational therapy.
        OccupationalTherapy = "occupational_therapy",
        /// Physical therapy.
        PhysicalTherapy = "physical_therapy",
        /// Counselling.
        Counseling = "counseling",
        /// Psychological services.
        Psychology = "psychology",
        /// Social work.
        SocialWork = "social_work",
        /// Services for hearing.
        Audiology = "audiology",
        /// Interpreting, such as into sign language.
        Interpreting = "interpreting",
        /// Finding the way without seeing it.
        OrientationMobility = "orientation_mobility",
        /// Nursing and other health services.
        Health = "health",
        /// An aide at the student's side.
        Aide = "aide",
        /// The way to school.
        Transportation = "transportation",
        /// Anything else.
        Other = "other",
    }

    /// Where a service is given.
    pub enum ServiceSetting: "a setting of a service" {
        /// In the regular class.
        RegularClass = "regular_class",
        /// In a class or room of its own.
        SpecialClass = "special_class",
        /// Elsewhere: in town, at a workplace.
        Community = "community",
        /// At home or in hospital.
        HomeOrHospital = "home_or_hospital",
        /// By video.
        Remote = "remote",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An accommodation of an IEP was added, changed or removed.
    #[event(topic = "iep.accommodation.modified", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepAccommodationModified {
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What was done to it.
        pub change: Private<AccommodationChange>,
        /// The accommodation as it is now, or as it was when it was removed.
        #[garde(dive)]
        pub accommodation: Accommodation,
        /// Why.
        pub reason: Option<PrivateText<1_000>>,
        /// Who did it.
        pub modified_by_id: Id,
        /// When.
        pub modified_at: Timestamp,
    }
    example r#"{
        "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "change": "added",
        "accommodation": {
            "accommodationId": "acc-1", "kind": "timing", "description": "half as much time again",
            "uses": ["class_test", "standard_test"], "classIds": ["k-AAA-2026J"], "beginDate": "2026-09-14",
            "endDate": "2027-09-13"
        },
        "reason": "Ada reads slowly.", "modifiedById": "u-counselor", "modifiedAt": "2026-09-11T10:20:00Z"
    }"#

    /// The hours of a service that an IEP grants were set or changed.
    #[event(topic = "iep.service_hours.updated", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepServiceHoursUpdated {
        /// The service.
        pub service_id: Id,
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What the student is given.
        pub service: Private<RelatedService>,
        /// Where it is given.
        pub setting: Private<ServiceSetting>,
        /// How much of it, in an average week. None of it means that the service ends.
        pub weekly_hours: WeeklyHours,
        /// How much of it was given before, if it was.
        pub previous_weekly_hours: Option<WeeklyHours>,
        /// Who gives it, if that is decided.
        pub provider_id: Option<Id>,
        /// The classes in which it is given, or which the student leaves for it.
        #[serde(default)]
        #[garde(length(max = 50))]
        pub class_ids: BTreeSet<Id>,
        /// The first day with these hours.
        pub begin_date: Date,
        /// The last day, if it is known.
        #[garde(custom(not_before_if_known(Some(self.begin_date))))]
        pub end_date: Option<Date>,
        /// Why.
        pub reason: Option<PrivateText<1_000>>,
        /// Who changed it.
        pub updated_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "serviceId": "sv-1", "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "service": "speech_language", "setting": "special_class", "weeklyHours": 1.75, "previousWeeklyHours": 0.75,
        "providerId": "u-therapist", "classIds": ["k-AAA-2026J"], "beginDate": "2026-11-02", "endDate": "2027-06-11",
        "reason": "Ada makes little progress with consonants.", "updatedById": "u-counselor",
        "updatedAt": "2026-10-28T11:00:00Z"
    }"#
}
