//! Serving the page, and the document beside it.

use std::net::SocketAddr;

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::page::{Links, Page};
use crate::{Outcome, args::Common, commands::asyncapi, exit::Failure, output};

/// Serves until Ctrl-C or SIGTERM.
pub async fn run(common: &Common, document: &Value, address: SocketAddr) -> Outcome {
    let router = router(document)?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Failure::Other(format!("--address: cannot listen on {address}: {error}")))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let url = format!("http://{}/", listener.local_addr()?);
    if common.json {
        output::line(&json!({ "url": url, "pid": std::process::id() }).to_string())?;
    } else {
        output::line(&format!("The events are at {url}\nCtrl-C stops."))?;
    }
    let stopped = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(axum::serve(listener, router).with_graceful_shutdown(stopped).await?)
}

fn router(document: &Value) -> Outcome<Router> {
    let page = Page::of(document, Links::Served);
    let page = Answer::new("text/html; charset=utf-8", page.html, &page.content_security_policy)?;
    let yaml = Answer::new("application/yaml; charset=utf-8", asyncapi::yaml(document)?, NOTHING)?;
    let json = Answer::new("application/json", document.to_string(), NOTHING)?;
    Ok(Router::new()
        .route("/", get(async || page))
        .route("/asyncapi.yaml", get(async || yaml))
        .route("/asyncapi.json", get(async || json)))
}

/// The policy for what is no page: a browser that shows it runs nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// An answer that is the same every time.
#[derive(Debug, Clone)]
struct Answer {
    headers: [(HeaderName, HeaderValue); 6],
    body: Bytes,
}

impl Answer {
    fn new(content_type: &'static str, body: String, policy: &str) -> Outcome<Self> {
        let policy = HeaderValue::from_str(policy).map_err(|error| Failure::Other(error.to_string()))?;
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        Ok(Self { headers, body: body.into() })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> axum::response::Response {
        (self.headers, self.body).into_response()
    }
}
