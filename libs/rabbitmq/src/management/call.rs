//! One HTTP exchange: sent with what is left of the deadline, and its answer told apart by what the caller can do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{Agent, http};

use super::{ManagementError, ManagementUrl};

/// What stands in a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The most that an answer may have: a queue takes a few hundred bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How often a call is sent when the broker fails over it, and the pause in between.
const ATTEMPTS_MAX: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);
/// What is told of a refusal without a reason, or with one that is no text.
const NO_REASON: &str = "it gives no reason in words";

/// The connections to one API, and who we are there.
pub(super) struct Client {
    agent: Agent,
    url: ManagementUrl,
    authorization: SecretString,
    vhost: String,
    timeout: Duration,
}

/// Calls that have one deadline together.
pub(super) struct Calls {
    client: Arc<Client>,
    end: Instant,
}

/// One call.
pub(super) struct Call {
    method: http::Method,
    path: String,
    body: Option<Value>,
    /// What it is about, such as `the queue academic.audit`.
    resource: String,
    /// What becomes of it: `read`, `make`, `delete`.
    verb: &'static str,
}

impl Client {
    pub fn new(url: ManagementUrl, vhost: String, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The password goes to the host that was named, and to no other.
            .max_redirects(0)
            .proxy(None);
        #[cfg(feature = "tls")]
        let config = config.tls_config(tls());
        let password = url.password().expose_secret();
        let credentials = SecretString::from(format!("{}:{password}", url.user()));
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(credentials.expose_secret())).into();
        Self { agent: config.build().into(), url, authorization, vhost, timeout }
    }

    pub fn url(&self) -> &ManagementUrl {
        &self.url
    }

    pub fn vhost(&self) -> &str {
        &self.vhost
    }

    /// Calls from now until the deadline.
    pub fn calls(client: &Arc<Self>) -> Calls {
        Calls { client: Arc::clone(client), end: Instant::now() + client.timeout }
    }
}

/// rustls with ring, and the certificates that the machine trusts.
#[cfg(feature = "tls")]
fn tls() -> ureq::tls::TlsConfig {
    use ureq::tls::{Certificate, TlsConfig};

    let trusted = rustls_native_certs::load_native_certs();
    for error in &trusted.errors {
        tracing::warn!(%error, "certificates of this machine cannot be read");
    }
    let roots = trusted.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
    TlsConfig::builder()
        .root_certs(roots.into())
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

impl Call {
    /// Reads what a path has.
    pub fn get(segments: &[&str], resource: impl Into<String>) -> Self {
        Self::new(http::Method::GET, segments, resource.into(), "read")
    }

    /// Makes something stand as the body says.
    pub fn put(segments: &[&str], resource: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(http::Method::PUT, segments, resource.into(), "make") }
    }

    /// Adds something to what a path has.
    pub fn post(segments: &[&str], resource: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(http::Method::POST, segments, resource.into(), "make") }
    }

    /// Deletes what a path has.
    pub fn delete(segments: &[&str], resource: impl Into<String>) -> Self {
        Self::new(http::Method::DELETE, segments, resource.into(), "delete")
    }

    /// The same with a query, which must need no escapes.
    pub fn query(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.path = format!("{}?{query}", self.path);
        }
        self
    }

    fn new(method: http::Method, segments: &[&str], resource: String, verb: &'static str) -> Self {
        let escaped = |segment: &&str| utf8_percent_encode(segment, SEGMENT).to_string();
        let path = segments.iter().map(escaped).collect::<Vec<_>>().join("/");
        Self { method, path: format!("/api/{path}"), body: None, resource, verb }
    }

    /// Reads what the answer to it had.
    pub fn interpret<T: DeserializeOwned>(&self, answer: &[Value]) -> Result<T, ManagementError> {
        let answer = serde::de::value::SeqDeserializer::new(answer.iter());
        serde_path_to_error::deserialize(answer).map_err(|error| self.unreadable(error.path().to_string()))
    }

    /// The error that its answer cannot be read.
    pub fn unreadable(&self, field: impl Into<String>) -> ManagementError {
        let path = self.path.split('?').next().unwrap_or_default();
        ManagementError::Answer { endpoint: format!("{} {path}", self.method), field: field.into() }
    }
}

impl Calls {
    pub fn vhost(&self) -> &str {
        self.client.vhost()
    }

    /// Sends a call whose answer is only whether it was done.
    pub fn done(&self, call: &Call) -> Result<(), ManagementError> {
        self.send(call).map(drop)
    }

    /// Sends a call and reads the answer.
    pub fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ManagementError> {
        let body = self.send(call)?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        // What the parser says may quote the answer: only the place is passed on.
        serde_path_to_error::deserialize(&mut json).map_err(|error| call.unreadable(error.path().to_string()))
    }

    /// Sends a call, and again when the broker failed over it: one with much to do gives up on some calls. Asking and making come to the
    /// same when they are done twice.
    #[expect(clippy::disallowed_methods, reason = "calls run on a thread of their own, which may wait")]
    fn send(&self, call: &Call) -> Result<Vec<u8>, ManagementError> {
        let mut attempts = match call.method {
            http::Method::GET | http::Method::PUT => ATTEMPTS_MAX,
            _ => 1,
        };
        loop {
            attempts -= 1;
            match self.attempt(call) {
                Err(Failed::Broker(_)) if attempts > 0 => std::thread::sleep(PAUSE),
                Err(Failed::Broker(error) | Failed::Call(error)) => return Err(error),
                Ok(body) => return Ok(body),
            }
        }
    }

    fn attempt(&self, call: &Call) -> Result<Vec<u8>, Failed> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failed::Call(self.late()));
        }
        let agent = &self.client.agent;
        let request = http::Request::builder()
            .method(&call.method)
            .uri(format!("{}{}", self.client.url.base(), call.path))
            .header(http::header::AUTHORIZATION, self.client.authorization.expose_secret())
            .header(http::header::CONTENT_TYPE, "application/json");
        let answer = match &call.body {
            Some(body) => request
                .body(body.to_string())
                .map_err(ureq::Error::from)
                .and_then(|request| agent.run(agent.configure_request(request).timeout_global(Some(left)).build())),
            None => request
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| agent.run(agent.configure_request(request).timeout_global(Some(left)).build())),
        };
        let (parts, mut body) = answer.map_err(|error| Failed::Call(self.away(&error)))?.into_parts();
        let text = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => Failed::Call(call.unreadable("its size")),
            error => Failed::Call(self.away(&error)),
        })?;
        match parts.status {
            status if status.is_success() => Ok(text),
            status if status.is_server_error() => Err(Failed::Broker(refusal(call, &parts, &text))),
            _ => Err(Failed::Call(refusal(call, &parts, &text))),
        }
    }

    fn away(&self, error: &ureq::Error) -> ManagementError {
        match error {
            ureq::Error::Timeout(_) => self.late(),
            error => ManagementError::Away { detail: format!("{}: {error}", self.client.url.base()) },
        }
    }

    fn late(&self) -> ManagementError {
        let Client { url, timeout, .. } = &*self.client;
        ManagementError::Away { detail: format!("{}: no answer within {timeout:?}", url.base()) }
    }
}

/// Why a call was not done.
enum Failed {
    /// The broker had a failure of its own.
    Broker(ManagementError),
    /// Everything else: it would fail again.
    Call(ManagementError),
}

/// What an answer means that is not a success.
fn refusal(call: &Call, answer: &http::response::Parts, body: &[u8]) -> ManagementError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let (error, reason) = (said["error"].as_str(), in_words(&said["reason"]));
    let (resource, detail) = (call.resource.clone(), reason.clone().unwrap_or_else(|| NO_REASON.to_owned()));
    match answer.status.as_u16() {
        // The same status says that nobody logged in and that somebody may not; only the former is asked to log in.
        401 if error == Some("not_authorized") || answer.headers.contains_key(http::header::WWW_AUTHENTICATE) => {
            ManagementError::Unauthorized
        }
        401 | 403 => ManagementError::Forbidden { what: format!("{} {resource}", call.verb), detail },
        404 => ManagementError::NotFound { resource },
        400 if reason.as_deref() == Some("vhost_or_user_not_found") => ManagementError::NotFound { resource },
        400 if detail.contains("flag set are not supported") => ManagementError::Unconditional { resource },
        400 | 405 | 409 | 412 => ManagementError::Refused { resource, detail },
        status if answer.status.is_server_error() => {
            ManagementError::Away { detail: format!("it failed to {} {resource}, with the status {status}", call.verb) }
        }
        status => call.unreadable(format!("the status {status}")),
    }
}

/// The reason as the broker gives it: a sentence, or a list such as `["not_base64", "…"]`. Of a list only the name is told: what follows
/// may be what was sent, and that may be a secret.
fn in_words(reason: &Value) -> Option<String> {
    reason.as_str().or_else(|| reason[0].as_str()).map(|text| text.trim().to_owned())
}
