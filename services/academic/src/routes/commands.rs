//! Commands over HTTP: decide, publish for whoever asks, say what was published.

use axum::extract::State;
use fabric::{
    Event, ReadModel as _,
    http::{Accepted, Body, Problem},
    identity::Identity,
};
use fabric_catalog::values::Id;
use jiff::Timestamp;

use super::{App, extract::PathId};
use crate::{
    commands::{
        Known as _, Rejection, close_case, create_academic_session, create_assignment, create_class, create_course,
        create_organization, enroll_student, post_grade, record_grade, set_category,
    },
    models::Snapshot,
};

/// What a command came to.
type Answer = Result<Accepted, Problem>;

/// Declares the commands that need nothing but what they carry.
macro_rules! commands {
    ($($(#[$doc:meta])* $module:ident($command:ident);)+) => {$(
        $(#[$doc])*
        pub async fn $module(
            State(app): State<App>,
            identity: Identity,
            Body(command): Body<$module::$command>,
        ) -> Answer {
            let event = app.decide(&identity, |known| $module::decide(known, command))?;
            app.publish(&identity, event).await
        }
    )+};
}

commands! {
    /// `POST /organizations`.
    create_organization(CreateOrganization);
    /// `POST /academic-sessions`.
    create_academic_session(CreateAcademicSession);
    /// `POST /courses`.
    create_course(CreateCourse);
    /// `POST /classes`.
    create_class(CreateClass);
    /// `POST /categories`.
    set_category(SetCategory);
    /// `POST /assignments`.
    create_assignment(CreateAssignment);
}

/// `POST /classes/{id}/students`.
pub async fn enroll_student(
    State(app): State<App>,
    identity: Identity,
    PathId(class_id): PathId,
    Body(command): Body<enroll_student::EnrollStudent>,
) -> Answer {
    let decision = app.models.decide(&identity.tenant, |known| {
        known.class(&class_id).is_some().then(|| enroll_student::decide(known, class_id, command))
    });
    let event = decision.ok_or_else(|| Problem::not_found("class"))??;
    app.publish(&identity, event).await
}

/// `POST /grades`.
pub async fn post_grade(
    State(app): State<App>,
    identity: Identity,
    Body(command): Body<post_grade::PostGrade>,
) -> Answer {
    let (by, now) = app.who_and_when(&identity)?;
    let event = app.decide(&identity, |known| post_grade::decide(known, command, &by, now))?;
    app.publish(&identity, event).await
}

/// `POST /grades/drafts`.
pub async fn record_grade(
    State(app): State<App>,
    identity: Identity,
    Body(command): Body<record_grade::RecordGrade>,
) -> Answer {
    let (by, now) = app.who_and_when(&identity)?;
    match app.decide(&identity, |known| record_grade::decide(known, command, &by, now))? {
        record_grade::Recorded::Created(event) => app.publish(&identity, event).await,
        record_grade::Recorded::Updated(event) => app.publish(&identity, event).await,
    }
}

/// `POST /interventions/{id}/close`.
pub async fn close_case(
    State(app): State<App>,
    identity: Identity,
    PathId(case_id): PathId,
    Body(command): Body<close_case::CloseCase>,
) -> Answer {
    let (by, now) = app.who_and_when(&identity)?;
    let case = app.models.cases.read(&identity.tenant, |cases| cases.get(&case_id).cloned());
    let event = close_case::decide(&case.ok_or_else(|| Problem::not_found("case"))?, command, &by, now)?;
    app.publish(&identity, event).await
}

impl App {
    fn decide<E>(
        &self,
        identity: &Identity,
        decision: impl FnOnce(&Snapshot<'_>) -> Result<E, Rejection>,
    ) -> Result<E, Problem> {
        Ok(self.models.decide(&identity.tenant, decision)?)
    }

    fn who_and_when(&self, identity: &Identity) -> Result<(Id, Timestamp), Problem> {
        let by = Id::try_new(identity.actor.id.as_str()).map_err(|error| Problem::forbidden(error.to_string()))?;
        Ok((by, self.fabric.clock().now()))
    }

    async fn publish<E: Event>(&self, identity: &Identity, event: E) -> Answer {
        Accepted::default().publish(&self.fabric, identity, event).await
    }
}
