//! Weighted averages and grade point averages: whatever makes an average change, and what follows from that.

use fabric::{Fault, Moment, ReadModel as _};
use fabric_catalog::{
    gradebook::{
        AssignmentCreated, AssignmentDeleted, AssignmentMissed, AssignmentPublished, AssignmentUpdated,
        AverageCalculated, BulkGradesUpdated, CategoryWeightChanged, ExtraCreditApplied, GpaUpdated,
    },
    values::{Id, LetterGrade},
};
use jiff::Timestamp;

use super::Academic;
use crate::model::{
    gpa::{self, GpaNews},
    gradebook::{Affected, AssignmentFacts, AverageNews, Grade, GradeEvent, Gradebook, grades_of},
    mark::Mark,
};

/// Weighted averages: a grade counts, or counts no more.
pub async fn grade_calculation<G: GradeEvent>(event: G, context: Academic) -> Result<(), Fault> {
    let grade = event.grade();
    note(&context, &grade);
    tell_average_of(&context, &grade).await
}

/// Weighted averages: many grades count at once.
pub async fn bulk_grade_calculation(event: BulkGradesUpdated, context: Academic) -> Result<(), Fault> {
    for grade in grades_of(&event) {
        note_by_category(&context, &grade);
        tell_average_of(&context, &grade).await?;
    }
    Ok(())
}

/// Extra credit: the score with it counts.
pub async fn extra_credit(event: ExtraCreditApplied, context: Academic) -> Result<(), Fault> {
    let grade = event.grade();
    note_by_category(&context, &grade);
    tell_average_of(&context, &grade).await
}

/// Category weights: an assignment was set up, with the category that its results count in.
pub async fn assignment_created(event: AssignmentCreated, context: Academic) -> Result<(), Fault> {
    set_assignment(&context, &event.line_item_id, &event.title, (&event).into()).await
}

/// Category weights: an assignment counts in another category, perhaps.
pub async fn assignment_updated(event: AssignmentUpdated, context: Academic) -> Result<(), Fault> {
    set_assignment(&context, &event.line_item_id, &event.title, (&event).into()).await
}

/// Category weights: an assignment is visible. Nothing counts differently.
pub async fn assignment_published(event: AssignmentPublished, context: Academic) -> Result<(), Fault> {
    context.state().gradebook.update(context.tenant(), |book| book.publish_assignment(&event.line_item_id));
    Ok(())
}

/// Category weights: work was missed. It counts nothing before it is graded.
pub async fn assignment_missed(_event: AssignmentMissed, _context: Academic) -> Result<(), Fault> {
    Ok(())
}

/// Category weights: an assignment's results count no more.
pub async fn assignment_deleted(event: AssignmentDeleted, context: Academic) -> Result<(), Fault> {
    let at = context.moment();
    let affected =
        context.state().gradebook.update(context.tenant(), |book| book.delete_assignment(&event.line_item_id, at));
    tell_averages(&context, &affected).await
}

/// Category weights: a category counts more, or less.
pub async fn category_weight_changed(event: CategoryWeightChanged, context: Academic) -> Result<(), Fault> {
    let at = context.moment();
    let affected = context.state().gradebook.update(context.tenant(), |book| {
        book.set_weight(event.class_id.as_ref(), &event.category_id, event.weight_percent, at)
    });
    tell_averages(&context, &affected).await
}

/// Grade point averages: follow from the averages of a student's classes. Averages of single categories do not count.
pub async fn gpa_update(event: AverageCalculated, context: Academic) -> Result<(), Fault> {
    if event.category_id.is_some() {
        return Ok(());
    }
    let (models, tenant, at) = (context.state(), context.tenant(), context.moment());
    let AverageCalculated { student_id, class_id, school_id, average_percent, .. } = event;
    let news = models.transcripts.update(tenant, |transcripts| {
        transcripts.set_average(&student_id, &class_id, &school_id, average_percent, at);
        transcripts.unpublished(&student_id)
    });
    let Some(GpaNews { gpa, previous, school_id }) = news else { return Ok(()) };
    let now = context.clock().now();
    let updated = GpaUpdated {
        student_id: student_id.clone(),
        school_id,
        school_year: None,
        gpa: gpa.points(),
        previous_gpa: previous.map(gpa::Gpa::points),
        scale_max: gpa::scale_max(),
        graded_classes: gpa.classes(),
        calculated_at: now,
    };
    let moment = Moment { time: now, id: context.react(updated, "").at(now).await?.id() };
    models.transcripts.update(tenant, |transcripts| transcripts.published(&student_id, gpa, moment));
    Ok(())
}

async fn set_assignment(context: &Academic, id: &Id, title: &str, facts: AssignmentFacts) -> Result<(), Fault> {
    let at = context.moment();
    let set = |book: &mut Gradebook| book.set_assignment(id, title, facts, at);
    tell_averages(context, &context.state().gradebook.update(context.tenant(), set)).await
}

fn note(context: &Academic, grade: &Grade) {
    context.state().gradebook.update(context.tenant(), |book| book.note(grade, context.metadata().time));
}

/// Notes a grade that the subscription for category averages does not hear of.
fn note_by_category(context: &Academic, grade: &Grade) {
    context.state().gradebook.update(context.tenant(), |book| {
        book.note(grade, context.metadata().time);
        book.count_categories(&grade.student_id, &grade.class_id);
    });
}

async fn tell_average_of(context: &Academic, grade: &Grade) -> Result<(), Fault> {
    tell_average(context, &grade.student_id, &grade.class_id, Some(&grade.result_id)).await
}

async fn tell_averages(context: &Academic, affected: &[Affected]) -> Result<(), Fault> {
    for Affected { student_id, class_id } in affected {
        tell_average(context, student_id, class_id, None).await?;
    }
    Ok(())
}

/// Publishes a student's average in a class, if it is another one than was published last.
async fn tell_average(context: &Academic, student_id: &Id, class_id: &Id, result_id: Option<&Id>) -> Result<(), Fault> {
    let (models, tenant) = (context.state(), context.tenant());
    // The time is taken with the average: other subscriptions make the same student's averages change too.
    let unpublished = models
        .gradebook
        .read(tenant, |book| book.unpublished_average(student_id, class_id).map(|news| (news, context.clock().now())));
    let Some((news, now)) = unpublished else { return Ok(()) };
    let average = news.average;
    let calculated = calculated_event(news, [student_id, class_id], result_id, now);
    let moment = Moment { time: now, id: context.react(calculated, class_id.as_str()).at(now).await?.id() };
    models.gradebook.update(tenant, |book| book.average_published(student_id, class_id, average, moment));
    Ok(())
}

fn calculated_event(
    news: AverageNews,
    [student_id, class_id]: [&Id; 2],
    result_id: Option<&Id>,
    now: Timestamp,
) -> AverageCalculated {
    let average_percent = news.average.percent();
    AverageCalculated {
        student_id: student_id.clone(),
        class_id: class_id.clone(),
        school_id: news.school_id,
        category_id: None,
        grading_period_id: None,
        average_percent,
        previous_average_percent: news.previous.map(Mark::percent),
        letter_grade: LetterGrade::of_percent(average_percent),
        graded_results: news.graded_results,
        result_id: result_id.cloned(),
        calculated_at: now,
    }
}
