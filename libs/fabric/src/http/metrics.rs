//! `/metrics`, as Prometheus reads it.

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};

use crate::telemetry::{METRICS_CONTENT_TYPE, MetricsHandle};

/// The route of this process's metrics.
pub fn router(metrics: &MetricsHandle) -> Router {
    Router::new().route("/metrics", get(render)).with_state(metrics.clone())
}

async fn render(State(metrics): State<MetricsHandle>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], metrics.render())
}
