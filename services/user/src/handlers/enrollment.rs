//! `enrollment`: keeps the rosters of classes.

use fabric::{Context, Fault};
use fabric_catalog::{
    demographics::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated},
    values::Id,
};

use super::update;
use crate::{State, model::Enrollment};

/// A place in a class from the fields that created and updated enrollments share.
macro_rules! enrollment_of {
    ($event:expr) => {
        Enrollment {
            user_id: $event.user_id,
            role: $event.role,
            primary: $event.primary,
            begin_date: $event.begin_date,
            end_date: $event.end_date,
            ended: false,
        }
    };
}

pub async fn created(event: EnrollmentCreated, context: Context<State>) -> Result<(), Fault> {
    set(&context, event.class_id, event.enrollment_id, enrollment_of!(event));
    Ok(())
}

pub async fn updated(event: EnrollmentUpdated, context: Context<State>) -> Result<(), Fault> {
    set(&context, event.class_id, event.enrollment_id, enrollment_of!(event));
    Ok(())
}

pub async fn ended(event: EnrollmentEnded, context: Context<State>) -> Result<(), Fault> {
    let enrollment = Enrollment {
        user_id: event.user_id,
        role: event.role,
        primary: None,
        begin_date: event.begin_date,
        end_date: event.end_date,
        ended: true,
    };
    set(&context, event.class_id, event.enrollment_id, enrollment);
    Ok(())
}

fn set(context: &Context<State>, class: Id, id: Id, enrollment: Enrollment) {
    update(context, |model, at| model.roster_mut(class).set(id, at, enrollment));
}
