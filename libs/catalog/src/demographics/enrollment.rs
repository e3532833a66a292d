//! Enrollments: who is in which class, as what, and how long.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{EnrollmentRole, Id, PrivateText, not_before_if_known},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A person was enrolled in a class.
    #[event(topic = "demographics.enrollment.created", owner = "user")]
    #[event(key = "class_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct EnrollmentCreated
    /// An enrollment was changed. The event carries all of it as it is now.
    #[event(topic = "demographics.enrollment.updated", owner = "user")]
    #[event(key = "class_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct EnrollmentUpdated {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The class.
        pub class_id: Id,
        /// The person.
        pub user_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// What the person is in the class.
        pub role: EnrollmentRole,
        /// Whether a teacher answers for the class, rather than helping.
        pub primary: Option<bool>,
        /// The first day.
        pub begin_date: Option<Date>,
        /// The last day.
        #[garde(custom(not_before_if_known(self.begin_date)))]
        pub end_date: Option<Date>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "enrollmentId": "e-11391", "classId": "k-AAA-2026J", "userId": "u-11391", "schoolId": "ou-AAA",
        "role": "student",
        "primary": null, "beginDate": "2026-10-01", "endDate": null, "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#

    /// An enrollment ended: the person is no longer in the class.
    #[event(topic = "demographics.enrollment.ended", owner = "user")]
    #[event(key = "class_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct EnrollmentEnded {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The class.
        pub class_id: Id,
        /// The person.
        pub user_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// What the person was in the class.
        pub role: EnrollmentRole,
        /// The first day.
        pub begin_date: Option<Date>,
        /// The last day, if it is known.
        #[garde(custom(not_before_if_known(self.begin_date)))]
        pub end_date: Option<Date>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
    }
    example r#"{
        "enrollmentId": "e-11391", "classId": "k-AAA-2026J", "userId": "u-11391", "schoolId": "ou-AAA",
        "role": "student",
        "beginDate": "2026-10-01", "endDate": "2026-11-20", "reason": "moved to another town"
    }"#
}
