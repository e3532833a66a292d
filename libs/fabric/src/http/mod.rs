//! HTTP for services: health, metrics, checked bodies, the answer to a command, and errors that name the field.

mod accepted;
pub mod health;
mod id;
pub mod metrics;
mod problem;
mod serve;

pub use accepted::Accepted;
pub use id::{new_id, path_id};
pub(crate) use problem::of_response;
pub use problem::{Body, PROBLEM_JSON, Problem};
pub use serve::{ServeError, listen, main, serve};

use std::time::Duration;

use axum::{Router, http::StatusCode};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::config::HttpSection;

/// Puts the configured limits around routes.
pub(crate) fn limited(router: Router, config: &HttpSection) -> Router {
    let timeout = Duration::from_millis(config.request_timeout_ms);
    router
        .layer(RequestBodyLimitLayer::new(config.body_bytes_max))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, timeout))
}
