//! What the service listens to. Every subscription is handled in the order of its events' keys: a student's, a class's, a school's.
//! Where a later event makes an earlier one obsolete, the order is strict: a grade that is tried again holds back the student's later
//! ones.

use std::time::Duration;

use fabric::Subscription;
use fabric_catalog::gradebook::{GradeCreated, GradeOverridden, GradePosted, GradeUpdated, GradeWithdrawn};

use crate::{
    handlers::{
        analytics::{analytics_event, student_analytics},
        audit::{gradebook_audit, rostering_audit},
        averages::{
            assignment_created, assignment_deleted, assignment_missed, assignment_published, assignment_updated,
            bulk_grade_calculation, category_weight_changed, extra_credit, gpa_update, grade_calculation,
        },
        grades::{category_average, class_performance, grade_override, letter_grade_conversion},
        interventions::{
            case_closed, case_created, case_updated, grade_posted_intervention, grade_trend, missing_assignment,
            tier_changed,
        },
        rostering as roster,
    },
    models::Models,
};

/// How long a change of a category's weight may take to be told to everybody whose average it changes.
const RECALCULATION_TIMEOUT: Duration = Duration::from_mins(10);

/// Over how many queues students are spread where the order is strict, so that several instances share the work.
const PARTITIONS: u8 = 4;

/// Every subscription of the service.
pub fn all() -> Vec<Subscription<Models>> {
    [gradebook(), intervention(), rostering(), analytics()].into_iter().flatten().collect()
}

fn gradebook() -> Vec<Subscription<Models>> {
    vec![
        Subscription::new("grade_calculation")
            .partitions(PARTITIONS)
            .on(grade_calculation::<GradeCreated>)
            .on(grade_calculation::<GradeUpdated>)
            .on(grade_calculation::<GradePosted>)
            .on(grade_calculation::<GradeOverridden>)
            .on(grade_calculation::<GradeWithdrawn>)
            .on(bulk_grade_calculation),
        Subscription::new("gpa_update").partitions(PARTITIONS).on(gpa_update),
        Subscription::new("letter_grade_conversion").on(letter_grade_conversion),
        Subscription::new("assignment_weight_recalculation")
            .on(assignment_created)
            .on(assignment_updated)
            .on(assignment_published)
            .on(assignment_missed)
            .on(assignment_deleted)
            .on(category_weight_changed)
            .timeout(RECALCULATION_TIMEOUT),
        Subscription::new("category_average")
            .partitions(PARTITIONS)
            .on(category_average::<GradeCreated>)
            .on(category_average::<GradeUpdated>)
            .on(category_average::<GradePosted>)
            .on(category_average::<GradeOverridden>)
            .on(category_average::<GradeWithdrawn>),
        Subscription::new("class_performance").on(class_performance),
        Subscription::new("grade_trend").on(grade_trend),
        Subscription::new("missing_assignment").on(missing_assignment),
        Subscription::new("extra_credit").on(extra_credit),
        Subscription::new("grade_override").on(grade_override),
        Subscription::new("gradebook_audit").on_any("gradebook.#", gradebook_audit),
    ]
}

fn intervention() -> Vec<Subscription<Models>> {
    vec![
        Subscription::new("grade_posted_intervention").on(grade_posted_intervention),
        Subscription::new("intervention_case").on(case_created).on(case_updated).on(case_closed).on(tier_changed),
    ]
}

fn rostering() -> Vec<Subscription<Models>> {
    vec![
        Subscription::new("organization").on(roster::organization_created).on(roster::organization_updated),
        Subscription::new("class_creation").on(roster::class_creation),
        Subscription::new("class_update").on(roster::class_updated).on(roster::class_archived),
        Subscription::new("enrollment_sync")
            .on(roster::enrollment_created)
            .on(roster::enrollment_updated)
            .on(roster::enrollment_ended)
            .on(roster::student_enrolled)
            .on(roster::student_withdrawn),
        Subscription::new("teacher_assignment").on(roster::teacher_assigned).on(roster::teacher_unassigned),
        Subscription::new("section_management")
            .on(roster::section_created)
            .on(roster::section_updated)
            .on(roster::section_archived),
        Subscription::new("academic_session").on(roster::academic_session_created).on(roster::academic_session_closed),
        Subscription::new("course").on(roster::course_created).on(roster::course_updated),
        Subscription::new("schedule").on(roster::schedule),
        Subscription::new("room_assignment").on(roster::room_assignment),
        Subscription::new("bell_schedule").on(roster::bell_schedule),
        Subscription::new("calendar").on(roster::calendar),
        Subscription::new("rostering_audit").on_any("rostering.#", rostering_audit),
    ]
}

fn analytics() -> Vec<Subscription<Models>> {
    vec![
        Subscription::new("analytics_event").on_any("#", analytics_event),
        Subscription::new("student_analytics").on(student_analytics),
    ]
}
