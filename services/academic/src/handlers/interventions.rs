//! Interventions: rules that find students who fall behind, and the cases that they open.

use std::collections::BTreeMap;

use fabric::{Fault, ReadModel as _};
use fabric_catalog::{
    gradebook::{AssignmentMissed, GradePosted},
    intervention::{CaseClosed, CaseCreated, CaseTriggered, CaseUpdated, InterventionKind, TierChanged, TriggerReason},
    notification::{NotificationDispatchRequested, Urgency},
    values::{Id, InvalidValue, Percent, PrivateText, ScoreStatus},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Academic, id_because_of};
use crate::model::{
    cases::{Reaction, Trigger},
    gradebook::{GradeEvent, Step},
    mark::Mark,
};

/// How much help the rules ask for, unless they say otherwise: help in a small group.
const TIER: u8 = 2;
/// How much help a drop asks for: a look at the student, who may still be passing.
const TIER_OF_DROP: u8 = 1;
/// From how many missed assignments in a class on somebody should step in.
pub const MISSING_WORK: usize = 3;

/// A grade below 60 % triggers an academic intervention.
pub async fn grade_posted_intervention(event: GradePosted, context: Academic) -> Result<(), Fault> {
    match failing_grade(&event) {
        Some(trigger) => intervene(&context, &trigger, grader(&event, &context)).await,
        None => Ok(()),
    }
}

/// A grade far below those before triggers one too.
pub async fn grade_trend(event: GradePosted, context: Academic) -> Result<(), Fault> {
    let (grade, at, date) = (event.grade(), context.metadata().time, date_of(&event));
    let drop = context.state().gradebook.update(context.tenant(), |book| {
        book.note(&grade, at);
        book.follow_trend(&grade, date, at)
    });
    match drop {
        Some(step) => intervene(&context, &significant_drop(&event, step), grader(&event, &context)).await,
        None => Ok(()),
    }
}

/// Work that was not handed in: tells the student, and triggers an intervention when it happens again and again.
pub async fn missing_assignment(event: AssignmentMissed, context: Academic) -> Result<(), Fault> {
    let cause = context.metadata().id;
    let missing = context.state().gradebook.update(context.tenant(), |book| book.miss(&event, cause));
    let Some(missing) = missing else { return Ok(()) };
    let now = context.clock().now();
    let notice = missing_work_notice(&event, id_because_of(&context, "notice")?, now)?;
    context.react(notice, "missed").at(now).await?;
    if missing < MISSING_WORK {
        return Ok(());
    }
    intervene(&context, &missing_work(&event), None).await
}

/// Somebody opened a case, or a rule of ours did.
pub async fn case_created(event: CaseCreated, context: Academic) -> Result<(), Fault> {
    context.state().cases.update(context.tenant(), |cases| cases.created(&event));
    Ok(())
}

/// Somebody changed a case.
pub async fn case_updated(event: CaseUpdated, context: Academic) -> Result<(), Fault> {
    context.state().cases.update(context.tenant(), |cases| cases.updated(&event));
    Ok(())
}

/// Somebody closed a case: the next trigger opens another one.
pub async fn case_closed(event: CaseClosed, context: Academic) -> Result<(), Fault> {
    context.state().cases.update(context.tenant(), |cases| cases.closed(&event));
    Ok(())
}

/// A student gets more help, or less.
pub async fn tier_changed(event: TierChanged, context: Academic) -> Result<(), Fault> {
    context.state().cases.update(context.tenant(), |cases| cases.tier_changed(&event));
    Ok(())
}

/// Whoever gave the grade. A service that brought it in from elsewhere is nobody to tell.
fn grader<'event>(event: &'event GradePosted, context: &Academic) -> Option<&'event Id> {
    Some(&event.graded_by_id).filter(|grader| grader.as_str() != context.metadata().source)
}

/// The rule of a failing grade: below 60 %, on work that the student had to do.
fn failing_grade(event: &GradePosted) -> Option<Trigger> {
    let is_exempt = event.score_status.as_ref().is_some_and(|status| *status.get() == ScoreStatus::Exempt);
    (Mark::of(event.score_percent) < Mark::PASSING && !is_exempt).then(|| Trigger {
        student_id: event.student_id.clone(),
        class_id: event.class_id.clone(),
        school_id: event.school_id.clone(),
        reason: TriggerReason::FailingGrade,
        tier: TIER,
        result_id: Some(event.result_id.clone()),
        measured: Some(event.score_percent),
        threshold: Some(Mark::PASSING.percent()),
    })
}

fn significant_drop(event: &GradePosted, step: Step) -> Trigger {
    Trigger {
        student_id: event.student_id.clone(),
        class_id: event.class_id.clone(),
        school_id: event.school_id.clone(),
        reason: TriggerReason::SignificantDrop,
        tier: TIER_OF_DROP,
        result_id: Some(event.result_id.clone()),
        measured: Some(step.now.percent()),
        threshold: Some(step.before.percent()),
    }
}

fn missing_work(event: &AssignmentMissed) -> Trigger {
    Trigger {
        student_id: event.student_id.clone(),
        class_id: event.class_id.clone(),
        school_id: event.school_id.clone(),
        reason: TriggerReason::MissingWork,
        tier: TIER,
        result_id: None,
        measured: None,
        threshold: None,
    }
}

/// Opens a case or joins the open one, and tells what is new: the trigger, the case, and a notice to whoever teaches the class, or
/// else to `otherwise`.
async fn intervene(context: &Academic, trigger: &Trigger, otherwise: Option<&Id>) -> Result<(), Fault> {
    let (models, tenant) = (context.state(), context.tenant());
    let (cause, now) = (context.metadata().id, context.clock().now());
    let new_id = id_because_of(context, "case")?;
    let reaction = models.cases.update(tenant, |cases| cases.trigger(trigger, cause, new_id, now));
    let (case_id, is_new) = match reaction {
        Reaction::Opened(case_id) => (case_id, true),
        Reaction::Joined(case_id) => (case_id, false),
        Reaction::Nothing => return Ok(()),
    };
    context.react(triggered_event(trigger, &case_id, now), trigger.reason.as_str()).at(now).await?;
    if !is_new {
        return Ok(());
    }
    context.react(created_event(trigger, &case_id, now), "").at(now).await?;
    let teacher = models.roster.read(tenant, |roster| roster.class(&trigger.class_id)?.main_teacher().cloned());
    match teacher.as_ref().or(otherwise) {
        Some(recipient) => {
            let notice = intervention_notice(trigger, &case_id, recipient, now)?;
            context.react(notice, "case").at(now).await.map(drop)
        }
        None => Ok(()),
    }
}

fn triggered_event(trigger: &Trigger, case_id: &Id, now: Timestamp) -> CaseTriggered {
    CaseTriggered {
        case_id: case_id.clone(),
        student_id: trigger.student_id.clone(),
        school_id: trigger.school_id.clone(),
        class_id: Some(trigger.class_id.clone()),
        kind: InterventionKind::Academic.into(),
        reason: trigger.reason.into(),
        tier: trigger.tier.into(),
        result_id: trigger.result_id.clone(),
        measured_percent: trigger.measured,
        threshold_percent: trigger.threshold,
        triggered_at: now,
    }
}

fn created_event(trigger: &Trigger, case_id: &Id, now: Timestamp) -> CaseCreated {
    CaseCreated {
        case_id: case_id.clone(),
        student_id: trigger.student_id.clone(),
        school_id: trigger.school_id.clone(),
        class_id: Some(trigger.class_id.clone()),
        kind: InterventionKind::Academic.into(),
        reason: trigger.reason.into(),
        tier: trigger.tier.into(),
        note: None,
        opened_by_id: None,
        assigned_to_id: None,
        opened_at: now,
    }
}

type Variables = BTreeMap<String, PrivateText<1_000>>;

fn variables<const N: usize>(named: [(&str, String); N]) -> Result<Variables, InvalidValue> {
    named.into_iter().map(|(name, text)| Ok((name.to_owned(), PrivateText::try_new(text)?))).collect()
}

/// The notice that a case was opened, by the template `intervention_opened`.
fn intervention_notice(
    trigger: &Trigger,
    case_id: &Id,
    recipient_id: &Id,
    now: Timestamp,
) -> Result<NotificationDispatchRequested, InvalidValue> {
    let mut variables = variables([
        ("caseId", case_id.to_string()),
        ("student", trigger.student_id.to_string()),
        ("classId", trigger.class_id.to_string()),
        ("reason", trigger.reason.to_string()),
    ])?;
    if let Some(measured) = trigger.measured.map(Percent::value) {
        variables.insert("measuredPercent".to_owned(), PrivateText::try_new(format!("{measured:.1}"))?);
    }
    let notice = (case_id.clone(), recipient_id, &trigger.student_id, "intervention_opened");
    Ok(request(notice, variables, now))
}

/// The notice that work was missed, by the template that says anything.
fn missing_work_notice(
    event: &AssignmentMissed,
    notification_id: Id,
    now: Timestamp,
) -> Result<NotificationDispatchRequested, InvalidValue> {
    let title = event.title.replace(char::is_control, " ");
    let text =
        format!("{title} was due on {}, and nothing was handed in. Please talk to your teacher.", event.due_date);
    let variables = variables([("subject", "Work is missing".to_owned()), ("text", text)])?;
    Ok(request((notification_id, &event.student_id, &event.student_id, "notice"), variables, now))
}

fn request(
    (notification_id, recipient_id, subject_id, template): (Id, &Id, &Id, &str),
    variables: Variables,
    now: Timestamp,
) -> NotificationDispatchRequested {
    NotificationDispatchRequested {
        notification_id,
        recipient_id: recipient_id.clone(),
        subject_id: Some(subject_id.clone()),
        template: template.to_owned(),
        variables,
        channels: std::collections::BTreeSet::new(),
        urgency: Urgency::Normal,
        language: None,
        email: None,
        phone: None,
        deliver_after_at: None,
        expires_at: None,
        requested_at: now,
    }
}

/// The day of the work, or else the day on which its grade was posted.
fn date_of(event: &GradePosted) -> Date {
    event.score_date.unwrap_or_else(|| event.posted_at.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use fabric_catalog::{Example as _, values::Private};

    use super::*;

    #[test]
    fn a_grade_below_sixty_percent_is_failing_unless_the_student_is_exempt() {
        let table = [
            (59.999, None, true),
            (60.0, None, false),
            (0.0, Some(ScoreStatus::NotSubmitted), true),
            (0.0, Some(ScoreStatus::Exempt), false),
            (115.0, Some(ScoreStatus::FullyGraded), false),
        ];
        for (percent, status, expected) in table {
            let event = GradePosted {
                score_percent: Percent::try_new(percent).unwrap(),
                score_status: status.map(Private::new),
                ..GradePosted::example().unwrap()
            };
            assert_eq!(failing_grade(&event).is_some(), expected, "{percent} {status:?}");
        }
    }

    #[test]
    fn the_day_of_a_grade_without_one_is_the_day_of_its_posting() {
        let event = GradePosted::example().unwrap();
        assert_eq!(date_of(&event), Date::new(2026, 10, 19).unwrap());
        assert_eq!(date_of(&GradePosted { score_date: None, ..event }), Date::new(2026, 10, 20).unwrap());
    }
}
