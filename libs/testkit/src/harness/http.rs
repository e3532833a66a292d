//! HTTP without a socket: requests to the services' routes, as a host serves them.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use fabric::{
    Actor, Clock, TenantId,
    config::Config,
    host::Host,
    identity::{Identity, SigningKey, Tokens, Verifier},
    telemetry::MetricsHandle,
};
use serde_json::Value;
use tower::ServiceExt;

/// How long a token of the harness is valid.
const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// More than any answer of a test has.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Asks services under test over HTTP, without a socket.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use axum::{Router, routing::get};
/// use fabric::{Service, identity::Identity};
/// use fabric_testkit::harness::Harness;
///
/// let who = async |identity: Identity| identity.actor.id.to_string();
/// let school = Service::new("school").routes(move |_, _| Router::new().route("/who", get(who)));
/// let http = Harness::start(school).await.http();
/// assert_eq!(http.get("/who").await.status, 401);
/// assert_eq!(http.by("t-1", "teacher").get("/who").await.text(), "t-1");
/// # }
/// ```
#[derive(Clone)]
pub struct Http {
    router: Router,
    tokens: Tokens,
    clock: Clock,
    token: Option<String>,
}

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Http {
    pub(super) fn new(host: &Host, config: &Config, metrics: &MetricsHandle) -> Self {
        let key = SigningKey::from_hex(&"5e".repeat(32)).expect("a key");
        let tokens = Tokens::new(key, TOKEN_LIFETIME);
        let clock = host.adapters().clock;
        let router = host.router(&config.http, Verifier::new(tokens.clone(), clock), metrics);
        Self { router, tokens, clock, token: None }
    }

    /// From here on somebody of the tenant [`TENANT`](super::TENANT) is asking, in this role.
    ///
    /// # Panics
    /// When that is no actor's id, or no role.
    #[must_use]
    pub fn by(self, actor: &str, role: &str) -> Self {
        self.by_somebody_of(&super::tenant(), actor, role)
    }

    /// From here on somebody of this tenant is asking, in this role.
    ///
    /// # Panics
    /// When that is no actor's id, or no role.
    #[must_use]
    pub fn by_somebody_of(self, tenant: &TenantId, actor: &str, role: &str) -> Self {
        let actor = Actor { id: actor.parse().expect("an actor's id"), role: role.parse().expect("a role") };
        let identity = Identity { tenant: tenant.clone(), actor };
        let token = self.tokens.mint(&identity, TOKEN_LIFETIME, self.clock.now()).expect("a token");
        self.with_token(token)
    }

    /// From here on requests bring this token, whatever it is.
    #[must_use]
    pub fn with_token(self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// Sends a command as JSON.
    pub async fn post(&self, path: &str, json: &Value) -> Reply {
        self.send(Method::POST, path, Body::from(json.to_string())).await
    }

    /// Sends anything.
    ///
    /// # Panics
    /// When the path is not one, or the answer is endless.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body).expect("a path");
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (head, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_BYTES_MAX).await.expect("an answer that ends");
        Reply { status: head.status, headers: head.headers, body }
    }
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The media type of the body; empty when there is none.
    pub fn media_type(&self) -> &str {
        let full = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        full.split(';').next().unwrap_or_default()
    }
}
