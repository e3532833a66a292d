//! What the gradebook calculates. Nobody sets these by hand.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{GradePoints, GradeScale, Id, LetterGrade, Percent, SchoolYear, at_most},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student's average in a class was calculated, in all or in one category.
    #[event(topic = "gradebook.average.calculated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct AverageCalculated {
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category that it is the average of; all of them if none is named.
        pub category_id: Option<Id>,
        /// The grading period that it is the average of.
        pub grading_period_id: Option<Id>,
        /// The weighted average.
        pub average_percent: Percent,
        /// The average before, if there was one.
        pub previous_average_percent: Option<Percent>,
        /// The grade that follows from it.
        pub letter_grade: LetterGrade,
        /// How many results it is made of.
        #[garde(range(min = 1, max = 100_000))]
        pub graded_results: u32,
        /// The result that made it change.
        pub result_id: Option<Id>,
        /// When.
        pub calculated_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "classId": "k-AAA-2026J", "schoolId": "ou-AAA", "categoryId": null,
        "gradingPeriodId": "s-2026J",
        "averagePercent": 71.125, "previousAveragePercent": 65.375, "letterGrade": "C-", "gradedResults": 4,
        "resultId": "r-1752-11391", "calculatedAt": "2026-10-20T08:30:01Z"
    }"#

    /// A student's grade point average was calculated.
    #[event(topic = "gradebook.gpa.updated", aggregate = "student", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct GpaUpdated {
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Option<Id>,
        /// The school year that it is the average of; all years if none is named.
        pub school_year: Option<SchoolYear>,
        /// The grade point average.
        #[garde(custom(on_scale(self.scale_max)))]
        pub gpa: GradePoints,
        /// The grade point average before, if there was one.
        #[garde(inner(custom(on_scale(self.scale_max))))]
        pub previous_gpa: Option<GradePoints>,
        /// The best that the school's scale allows.
        pub scale_max: GradeScale,
        /// How many classes it is made of.
        #[garde(range(min = 1, max = 10_000))]
        pub graded_classes: u32,
        /// When.
        pub calculated_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "schoolId": "ou-AAA", "schoolYear": 2027, "gpa": 3.125, "previousGpa": 2.875,
        "scaleMax": 4.0,
        "gradedClasses": 6, "calculatedAt": "2026-10-20T08:30:02Z"
    }"#

    /// A class's performance was measured, over all of its work or in one assignment.
    #[event(topic = "gradebook.performance.measured", aggregate = "class", owner = "academic")]
    #[event(key = "class_id")]
    pub struct PerformanceMeasured {
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The assignment; all of them if none is named.
        pub line_item_id: Option<Id>,
        /// How many students the class has, if it is known.
        #[garde(range(max = 100_000))]
        pub enrolled_students: Option<u32>,
        /// How many of them have a grade.
        #[garde(range(min = 1, max = 100_000), custom(at_most(self.enrolled_students.unwrap_or(u32::MAX))))]
        pub graded_students: u32,
        /// How many of these are below passing.
        #[garde(range(max = 100_000), custom(at_most(self.graded_students)))]
        pub failing_students: u32,
        /// The mean of their scores.
        pub average_percent: Percent,
        /// The score in the middle.
        pub median_percent: Option<Percent>,
        /// The lowest score.
        #[garde(custom(not_above(self.highest_percent)))]
        pub lowest_percent: Percent,
        /// The highest score.
        pub highest_percent: Percent,
        /// When.
        pub measured_at: Timestamp,
    }
    example r#"{
        "classId": "k-AAA-2026J", "schoolId": "ou-AAA", "lineItemId": "li-1752", "enrolledStudents": 28,
        "gradedStudents": 25,
        "failingStudents": 3, "averagePercent": 74.625, "medianPercent": 76.375, "lowestPercent": 31.875,
        "highestPercent": 98.625, "measuredAt": "2026-10-20T08:30:03Z"
    }"#
}

/// The rule of a grade point average that its scale allows.
fn on_scale(max: GradeScale) -> impl FnOnce(&GradePoints, &()) -> garde::Result {
    move |points, ()| {
        if points.value() <= max.value() {
            Ok(())
        } else {
            Err(garde::Error::new("greater than the best of the scale"))
        }
    }
}

/// The rule of a lowest score.
fn not_above(highest: Percent) -> impl FnOnce(&Percent, &()) -> garde::Result {
    move |lowest, ()| if *lowest <= highest { Ok(()) } else { Err(garde::Error::new("greater than the highest")) }
}
