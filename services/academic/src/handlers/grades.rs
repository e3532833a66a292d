//! What follows from a grade in the gradebook itself: category averages, letters, class metrics, overrides.

use fabric::{Fault, Moment, ReadModel as _};
use fabric_catalog::{
    gradebook::{GradeOverridden, GradePosted, PerformanceMeasured},
    values::Id,
};
use jiff::Timestamp;

use super::Academic;
use crate::model::{
    gradebook::{GradeEvent, Gradebook, Measurement, Override},
    roster::{Class, Roster},
};

/// Category averages: brings a class's up to date with a student's.
pub async fn category_average<G: GradeEvent>(event: G, context: Academic) -> Result<(), Fault> {
    let (grade, at) = (event.grade(), context.metadata().time);
    context.state().gradebook.update(context.tenant(), |book| {
        book.note(&grade, at);
        book.count_categories(&grade.student_id, &grade.class_id);
    });
    Ok(())
}

/// Letter grades: converts a posted score by the usual scale, and counts it among its class's.
pub async fn letter_grade_conversion(event: GradePosted, context: Academic) -> Result<(), Fault> {
    let (grade, at) = (event.grade(), context.metadata().time);
    context.state().gradebook.update(context.tenant(), |book| {
        book.note(&grade, at);
        book.convert_to_letter(&grade);
    });
    Ok(())
}

/// Manual overrides: remembers who set a grade by hand, and what it was before.
pub async fn grade_override(event: GradeOverridden, context: Academic) -> Result<(), Fault> {
    let (grade, at) = (event.grade(), context.metadata().time);
    let by_hand = Override { by_id: event.overridden_by_id, previous_score: event.previous_score, at };
    context.state().gradebook.update(context.tenant(), |book| {
        book.note(&grade, at);
        book.mark_overridden(&grade, by_hand);
    });
    Ok(())
}

/// Class metrics: measures the class, and tells when they differ from what was told before.
pub async fn class_performance(event: GradePosted, context: Academic) -> Result<(), Fault> {
    let (grade, at) = (event.grade(), context.metadata().time);
    let (models, tenant) = (context.state(), context.tenant());
    let enrolled = enrolled_students(&context, &event.class_id);
    // The time is taken with the measurement: students of a class are graded side by side, and the later measurement must win.
    let unpublished = |book: &mut Gradebook| {
        book.note(&grade, at);
        Some((book.class(&event.class_id)?.unpublished()?, context.clock().now()))
    };
    let Some((measurement, now)) = models.gradebook.update(tenant, unpublished) else { return Ok(()) };
    // Whoever has left the class keeps an average in it: then those enrolled are not those of whom some are graded.
    let enrolled = enrolled.filter(|students| *students >= measurement.graded_students);
    let measured = measured_event(&event, &measurement, enrolled, now);
    let moment = Moment { time: now, id: context.react(measured, "").at(now).await?.id() };
    models.gradebook.update(tenant, |book| book.measurement_published(&event.class_id, measurement, moment));
    Ok(())
}

fn enrolled_students(context: &Academic, class_id: &Id) -> Option<u32> {
    let enrolled = |roster: &Roster| roster.class(class_id).map(Class::enrolled_students);
    context.state().roster.read(context.tenant(), enrolled).filter(|students| *students > 0)
}

fn measured_event(
    posted: &GradePosted,
    measurement: &Measurement,
    enrolled_students: Option<u32>,
    now: Timestamp,
) -> PerformanceMeasured {
    PerformanceMeasured {
        class_id: posted.class_id.clone(),
        school_id: posted.school_id.clone(),
        line_item_id: None,
        enrolled_students,
        graded_students: measurement.graded_students,
        failing_students: measurement.failing_students,
        average_percent: measurement.mean.percent(),
        median_percent: Some(measurement.median.percent()),
        lowest_percent: measurement.lowest.percent(),
        highest_percent: measurement.highest.percent(),
        measured_at: now,
    }
}
