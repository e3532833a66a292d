//! Assignments, which OneRoster calls line items, and their categories.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Points, PrivateText, Weight, not_before},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An assignment was created: work that students will be graded for.
    #[event(topic = "gradebook.assignment.created", aggregate = "line_item", owner = "academic")]
    #[event(key = "class_id", roles = "teacher admin registrar operator")]
    pub struct AssignmentCreated
    /// An assignment was changed. The event carries all of it as it is now.
    #[event(topic = "gradebook.assignment.updated", aggregate = "line_item", owner = "academic")]
    #[event(key = "class_id", roles = "teacher admin registrar operator")]
    pub struct AssignmentUpdated {
        /// The assignment.
        pub line_item_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What is to be done.
        #[garde(length(chars, min = 1, max = 10_000))]
        pub description: Option<String>,
        /// The class that it is for.
        pub class_id: Id,
        /// The school.
        pub school_id: Option<Id>,
        /// The category that it counts in.
        pub category_id: Id,
        /// The grading period that it counts in.
        pub grading_period_id: Option<Id>,
        /// The term in which it is given (OneRoster 1.2).
        pub academic_session_id: Option<Id>,
        /// The day on which it is given.
        pub assign_date: Date,
        /// The day by which it is due.
        #[garde(custom(not_before(self.assign_date)))]
        pub due_date: Date,
        /// The lowest possible score.
        pub result_value_min: Points,
        /// The highest possible score.
        #[garde(custom(above(self.result_value_min)))]
        pub result_value_max: Points,
        /// How grades follow from scores (OneRoster 1.2).
        pub score_scale_id: Option<Id>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "lineItemId": "li-1752", "title": "Linear equations", "description": "Exercises 1 to 12",
        "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "categoryId": "cat-TMA", "gradingPeriodId": "s-2026J", "academicSessionId": null,
        "assignDate": "2026-10-01", "dueDate": "2026-10-20", "resultValueMin": 0.0, "resultValueMax": 100.0,
        "scoreScaleId": null, "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#

    /// An assignment was published: students see it.
    #[event(topic = "gradebook.assignment.published", aggregate = "line_item", owner = "academic")]
    #[event(key = "class_id", roles = "teacher admin")]
    pub struct AssignmentPublished {
        /// The assignment.
        pub line_item_id: Id,
        /// The class that it is for.
        pub class_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// The day by which it is due.
        pub due_date: Date,
        /// Who published it.
        pub published_by_id: Id,
        /// When.
        pub published_at: Timestamp,
    }
    example r#"{
        "lineItemId": "li-1752", "classId": "k-AAA-2026J", "title": "Linear equations", "dueDate": "2026-10-20",
        "publishedById": "u-teacher", "publishedAt": "2026-10-01T07:00:00Z"
    }"#

    /// An assignment was deleted, and its results count no more.
    #[event(topic = "gradebook.assignment.deleted", aggregate = "line_item", owner = "academic")]
    #[event(key = "class_id", roles = "teacher admin registrar operator")]
    pub struct AssignmentDeleted {
        /// The assignment.
        pub line_item_id: Id,
        /// The class that it was for.
        pub class_id: Id,
        /// The category that it counted in.
        pub category_id: Option<Id>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who deleted it.
        pub deleted_by_id: Id,
        /// When.
        pub deleted_at: Timestamp,
    }
    example r#"{
        "lineItemId": "li-1752", "classId": "k-AAA-2026J", "categoryId": "cat-TMA", "reason": "Ada had it before",
        "deletedById": "u-teacher", "deletedAt": "2026-10-02T07:00:00Z"
    }"#

    /// A student missed an assignment: it was due, and nothing was handed in.
    #[event(topic = "gradebook.assignment.missed", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct AssignmentMissed {
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category that it counts in.
        pub category_id: Option<Id>,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// The day by which it was due.
        pub due_date: Date,
        /// How many days have passed since.
        #[garde(range(max = 1_000))]
        pub overdue_days: u16,
        /// When it was noticed.
        pub noticed_at: Timestamp,
    }
    example r#"{
        "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J", "schoolId": "ou-AAA",
        "categoryId": "cat-TMA", "title": "Linear equations", "dueDate": "2026-10-20", "overdueDays": 2,
        "noticedAt": "2026-10-22T04:00:00Z"
    }"#

    /// A category was set up, or the weight with which it counts was changed.
    #[event(topic = "gradebook.category_weight.changed", aggregate = "category", owner = "academic")]
    #[event(key = "category_id", roles = "teacher admin registrar operator")]
    pub struct CategoryWeightChanged {
        /// The category.
        pub category_id: Id,
        /// Its title, such as `Homework`.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// The class in which it counts; every class if none is named.
        pub class_id: Option<Id>,
        /// With which weight it counts in the average; none if all categories count alike.
        pub weight_percent: Option<Weight>,
        /// The weight before.
        pub previous_weight_percent: Option<Weight>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "categoryId": "cat-TMA", "title": "Homework", "classId": null, "weightPercent": 30.0,
        "previousWeightPercent": null,
        "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#
}

/// The rule of a highest score above the lowest.
fn above(min: Points) -> impl FnOnce(&Points, &()) -> garde::Result {
    move |max, ()| if *max > min { Ok(()) } else { Err(garde::Error::new("the highest score is not above the lowest")) }
}
