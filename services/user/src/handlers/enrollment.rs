//! `enrollment`: keeps the rosters of classes.

use fabric::{Context, Fault};
use fabric_catalog::demographics::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated};

use super::update;
use crate::{State, model::Enrollment};

pub async fn created(event: EnrollmentCreated, context: Context<State>) -> Result<(), Fault> {
    let enrollment = Enrollment {
        user_id: event.user_id,
        role: event.role,
        primary: event.primary,
        begin_date: event.begin_date,
        end_date: event.end_date,
        ended: false,
    };
    update(&context, |model, stamp| model.roster_mut(event.class_id).set(event.enrollment_id, stamp, enrollment));
    Ok(())
}

pub async fn updated(event: EnrollmentUpdated, context: Context<State>) -> Result<(), Fault> {
    let enrollment = Enrollment {
        user_id: event.user_id,
        role: event.role,
        primary: event.primary,
        begin_date: event.begin_date,
        end_date: event.end_date,
        ended: false,
    };
    update(&context, |model, stamp| model.roster_mut(event.class_id).set(event.enrollment_id, stamp, enrollment));
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
    update(&context, |model, stamp| model.roster_mut(event.class_id).set(event.enrollment_id, stamp, enrollment));
    Ok(())
}
