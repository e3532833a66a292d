//! `class_membership`: follows who is in which class, since posts may be for a class or a school.

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::{
    demographics::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated},
    values::Id,
};

use crate::{State, model::Place};

pub async fn joined(event: EnrollmentCreated, context: Context<State>) -> Result<(), Fault> {
    let place = Place { class_id: event.class_id, school_id: event.school_id, left: false };
    set(&context, event.user_id, event.enrollment_id, place);
    Ok(())
}

pub async fn changed(event: EnrollmentUpdated, context: Context<State>) -> Result<(), Fault> {
    let place = Place { class_id: event.class_id, school_id: event.school_id, left: false };
    set(&context, event.user_id, event.enrollment_id, place);
    Ok(())
}

pub async fn left(event: EnrollmentEnded, context: Context<State>) -> Result<(), Fault> {
    let place = Place { class_id: event.class_id, school_id: event.school_id, left: true };
    set(&context, event.user_id, event.enrollment_id, place);
    Ok(())
}

fn set(context: &Context<State>, member: Id, enrollment: Id, place: Place) {
    let at = context.metadata().time;
    context.state().update(context.tenant(), |model| model.memberships.set(member, enrollment, at, place));
}
