//! What people ask over HTTP.
//!
//! | route | what | who |
//! |---|---|---|
//! | `POST /organizations` `/academic-sessions` `/courses` `/classes` | sets something up | as the event's roles say |
//! | `POST /classes/{id}/students` | enrolls a student | registrar, admin |
//! | `POST /categories` `/assignments` | what results count in | as the event's roles say |
//! | `POST /grades` | posts a grade | as the event's roles say |
//! | `POST /grades/drafts` | enters or changes a grade that is not posted | teacher, admin |
//! | `POST /interventions/{id}/close` | closes a case | teacher, counselor, admin |
//! | `GET /students/{id}/grades` `/gpa` `/analytics` | how a student does | the student, staff |
//! | `GET /classes/{id}` `/classes/{id}/performance` | who is in a class, how it does | staff |
//! | `GET /interventions` | cases, the newest first | staff |
//! | `GET /analytics/topics` | live counters | staff, operators |
//! | `GET /audit/gradebook` `/audit/rostering` | who changed what, the newest first | admin, operators |
//!
//! A command answers 202 when its events were confirmed. Queries answer from the read models, which follow the events: what was
//! just commanded is there a moment later.

mod access;
mod commands;
mod extract;
mod queries;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use fabric::Fabric;

use crate::models::Models;

/// What the routes work with.
#[derive(Clone)]
struct App {
    fabric: Fabric,
    models: Arc<Models>,
}

/// The routes of the service.
pub fn router(fabric: Fabric, models: Arc<Models>) -> Router {
    Router::new()
        .route("/organizations", post(commands::create_organization))
        .route("/academic-sessions", post(commands::create_academic_session))
        .route("/courses", post(commands::create_course))
        .route("/classes", post(commands::create_class))
        .route("/classes/{id}", get(queries::class))
        .route("/classes/{id}/students", post(commands::enroll_student))
        .route("/classes/{id}/performance", get(queries::class_performance))
        .route("/categories", post(commands::set_category))
        .route("/assignments", post(commands::create_assignment))
        .route("/grades", post(commands::post_grade))
        .route("/grades/drafts", post(commands::record_grade))
        .route("/students/{id}/grades", get(queries::student_grades))
        .route("/students/{id}/gpa", get(queries::student_gpa))
        .route("/students/{id}/analytics", get(queries::student_analytics))
        .route("/interventions", get(queries::interventions))
        .route("/interventions/{id}/close", post(commands::close_case))
        .route("/analytics/topics", get(queries::topics))
        .route("/audit/gradebook", get(queries::gradebook_audit))
        .route("/audit/rostering", get(queries::rostering_audit))
        .with_state(App { fabric, models })
}
