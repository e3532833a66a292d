//! Queries over HTTP: answered from the read models of the tenant that asks, and of no other.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use fabric::{InMemory, ReadModel as _, Topic, http::Problem, identity::Identity};
use fabric_catalog::values::Id;
use serde::{Deserialize, Serialize};

use super::{
    App, access,
    extract::{Params, PathId},
};
use crate::model::{
    analytics::{ActivityView, TopicCount},
    audit::{AuditEntry, AuditTrail},
    cases::Case,
    gpa::GpaView,
    gradebook::{ClassPerformance, StudentGrades},
    roster::RosterView,
};

/// The most entries of a list in one answer.
const LIMIT_MAX: usize = 1_000;
/// How many there are when the question does not say.
const LIMIT_DEFAULT: usize = 100;

/// Which cases, and how many.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseFilter {
    /// Closed ones too.
    #[serde(default)]
    closed: bool,
    student_id: Option<Id>,
    class_id: Option<Id>,
    limit: Option<usize>,
}

/// How many.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    limit: Option<usize>,
}

/// `GET /students/{id}/grades`.
pub async fn student_grades(
    State(app): State<App>,
    identity: Identity,
    PathId(student_id): PathId,
) -> Result<Json<StudentGrades>, Problem> {
    let audience = access::to_student(&identity, &student_id)?;
    let grades = app.models.gradebook.read(&identity.tenant, |book| book.grades(&student_id, audience));
    grades.map(Json).ok_or_else(|| Problem::not_found("student with grades"))
}

/// `GET /students/{id}/gpa`.
pub async fn student_gpa(
    State(app): State<App>,
    identity: Identity,
    PathId(student_id): PathId,
) -> Result<Json<GpaView>, Problem> {
    access::to_student(&identity, &student_id)?;
    let gpa = app.models.transcripts.read(&identity.tenant, |transcripts| transcripts.view(&student_id));
    gpa.map(Json).ok_or_else(|| Problem::not_found("student with grades"))
}

/// `GET /students/{id}/analytics`.
pub async fn student_analytics(
    State(app): State<App>,
    identity: Identity,
    PathId(student_id): PathId,
) -> Result<Json<ActivityView>, Problem> {
    access::to_student(&identity, &student_id)?;
    let activity = app.models.activity.read(&identity.tenant, |activity| activity.view(&student_id));
    activity.map(Json).ok_or_else(|| Problem::not_found("student with posted grades"))
}

/// `GET /classes/{id}`.
pub async fn class(
    State(app): State<App>,
    identity: Identity,
    PathId(class_id): PathId,
) -> Result<Json<RosterView>, Problem> {
    access::to_staff(&identity)?;
    let view = app.models.roster.read(&identity.tenant, |roster| roster.class_view(&class_id));
    view.map(Json).ok_or_else(|| Problem::not_found("class"))
}

/// `GET /classes/{id}/performance`.
pub async fn class_performance(
    State(app): State<App>,
    identity: Identity,
    PathId(class_id): PathId,
) -> Result<Json<ClassPerformance>, Problem> {
    access::to_staff(&identity)?;
    let performance = app.models.gradebook.read(&identity.tenant, |book| book.performance(&class_id));
    performance.map(Json).ok_or_else(|| Problem::not_found("class with grades"))
}

/// Cases, the newest first.
#[derive(Serialize)]
pub struct CaseList {
    interventions: Vec<Case>,
}

/// `GET /interventions?studentId=&classId=&closed=&limit=`.
pub async fn interventions(
    State(app): State<App>,
    identity: Identity,
    Params(filter): Params<CaseFilter>,
) -> Result<Json<CaseList>, Problem> {
    access::to_staff(&identity)?;
    let wanted = |case: &Case| {
        (filter.closed || case.is_open())
            && filter.student_id.as_ref().is_none_or(|id| *id == case.student_id)
            && filter.class_id.as_ref().is_none_or(|id| Some(id) == case.class_id.as_ref())
    };
    let interventions = app.models.cases.read(&identity.tenant, |cases| cases.list(limited(filter.limit), wanted));
    Ok(Json(CaseList { interventions }))
}

/// How often each topic happened.
#[derive(Serialize)]
pub struct TopicList {
    topics: BTreeMap<Topic, TopicCount>,
}

/// `GET /analytics/topics`.
pub async fn topics(State(app): State<App>, identity: Identity) -> Result<Json<TopicList>, Problem> {
    access::to_watchers(&identity)?;
    let topics = app.models.topics.read(&identity.tenant, |counters| counters.topics().clone());
    Ok(Json(TopicList { topics }))
}

/// Who changed what, the newest first.
#[derive(Serialize)]
pub struct AuditList {
    entries: Vec<AuditEntry>,
}

/// `GET /audit/gradebook?limit=`.
pub async fn gradebook_audit(
    State(app): State<App>,
    identity: Identity,
    Params(Limit { limit }): Params<Limit>,
) -> Result<Json<AuditList>, Problem> {
    audit(&app.models.gradebook_audit, &identity, limit)
}

/// `GET /audit/rostering?limit=`.
pub async fn rostering_audit(
    State(app): State<App>,
    identity: Identity,
    Params(Limit { limit }): Params<Limit>,
) -> Result<Json<AuditList>, Problem> {
    audit(&app.models.rostering_audit, &identity, limit)
}

fn audit(trail: &InMemory<AuditTrail>, identity: &Identity, limit: Option<usize>) -> Result<Json<AuditList>, Problem> {
    access::to_auditors(identity)?;
    let entries = trail.read(&identity.tenant, |trail| trail.newest(limited(limit)));
    Ok(Json(AuditList { entries }))
}

fn limited(limit: Option<usize>) -> usize {
    limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX)
}
