//! `/metrics`, as Prometheus reads it.

use axum::{Router, http::header, response::IntoResponse, routing::get};

use crate::telemetry;

/// The route of this process's metrics.
pub fn router() -> Router {
    Router::new().route("/metrics", get(render))
}

async fn render() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, telemetry::METRICS_CONTENT_TYPE)], telemetry::render_metrics())
}
