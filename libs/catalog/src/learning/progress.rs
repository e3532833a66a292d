//! Progress: what a student is to learn, and how much of it is done.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Percent, Portion, Private},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was given a learning path: modules to take one after the other.
    #[event(topic = "learning.path.assigned", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct PathAssigned {
        /// The learning path.
        pub learning_path_id: Id,
        /// The student.
        pub student_id: Id,
        /// Its modules, in the order in which they are taken.
        #[garde(length(min = 1, max = 500))]
        pub module_ids: Vec<Id>,
        /// The day by which it is to be done.
        pub due_date: Option<Date>,
        /// Who gave it; nobody if a rule did.
        pub assigned_by_id: Option<Id>,
        /// When.
        pub assigned_at: Timestamp,
    }
    example r#"{
        "learningPathId": "path-1", "studentId": "u-11391", "moduleIds": ["mod-1", "mod-2"], "dueDate": "2026-12-18",
        "assignedById": "u-teacher", "assignedAt": "2026-10-21T09:00:00Z"
    }"#

    /// A student completed a module.
    #[event(topic = "learning.module.completed", aggregate = "progress", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "student teacher")]
    pub struct ModuleCompleted {
        /// The module.
        pub module_id: Id,
        /// The student.
        pub student_id: Id,
        /// The course that it is a part of, if the student takes one.
        pub course_id: Option<Id>,
        /// The learning path that it is a part of, if the student has one.
        pub learning_path_id: Option<Id>,
        /// The session in which it was completed.
        pub session_id: Option<Id>,
        /// How well, if anything in it was graded.
        pub score_percent: Option<Percent>,
        /// How long it took in all, in seconds.
        #[garde(range(max = 31_536_000))]
        pub time_spent_s: Private<u32>,
        /// When.
        pub completed_at: Timestamp,
    }
    example r#"{
        "moduleId": "mod-1", "studentId": "u-11391", "courseId": "c-AAA", "learningPathId": "path-1",
        "sessionId": "ls-1", "scorePercent": 77.375, "timeSpentS": 5400, "completedAt": "2026-10-28T16:45:00Z"
    }"#

    /// A student came further in a course.
    #[event(topic = "learning.progress.updated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct ProgressUpdated {
        /// The student.
        pub student_id: Id,
        /// The course.
        pub course_id: Id,
        /// The lesson that made the progress, if it was one.
        pub lesson_id: Option<Id>,
        /// The module that made the progress, if it was one.
        pub module_id: Option<Id>,
        /// How much of the course is done.
        pub progress_percent: Portion,
        /// How many of its modules are done.
        #[garde(range(max = 500))]
        pub completed_modules: Private<u16>,
        /// How many modules it has.
        #[garde(range(min = 1, max = 500), custom(not_fewer_than(*self.completed_modules.get())))]
        pub total_modules: u16,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "courseId": "c-AAA", "lessonId": "lesson-1", "moduleId": "mod-1",
        "progressPercent": 62.625, "completedModules": 5, "totalModules": 8, "updatedAt": "2026-10-28T16:45:01Z"
    }"#
}

/// The rule of a total that is not less than its part.
fn not_fewer_than(part: u16) -> impl FnOnce(&u16, &()) -> garde::Result {
    move |total, ()| if *total >= part { Ok(()) } else { Err(garde::Error::new("fewer than are completed")) }
}
