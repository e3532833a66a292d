//! Errors as HTTP says them, and request bodies that are checked before a handler sees them.

use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use fabric_core::{Violation, event::InvalidPayload, publication::Rejected, validate};
use fabric_runtime::ports::{CacheError, PublishError};
use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};

use crate::publish::PublishFailure;

/// The media type of a [`Problem`] (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error that an HTTP client gets: a status, a code for machines, a message for people, and the fields that are wrong.
///
/// ```json
/// { "title": "Unprocessable Entity", "status": 422, "code": "invalid", "detail": "points: greater than 100 (too_large)",
///   "violations": [{ "path": "points", "code": "too_large", "message": "greater than 100" }] }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    violations: Vec<Violation>,
}

impl Problem {
    /// A problem. The message is shown to the client: it must not quote data.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), violations: Vec::new() }
    }

    /// The request asks for something that is not there.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    /// The request is well formed, but what it asks for may not happen now.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// Whoever asks may not do that.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// Fields of the request break their rules.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let message = validate::summary(&violations);
        Self { violations, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message) }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Members {
            title: &'static str,
            status: u16,
            code: &'static str,
            detail: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            violations: Vec<Violation>,
        }
        let Self { status, code, message: detail, violations } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let members = Members { title, status: status.as_u16(), code, detail, violations };
        let mut response = (status, Json(members)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response
    }
}

/// Makes problems of errors that no handler of ours wrote, such as for a path that is not there or a body that is too large.
pub(crate) async fn of_response(response: Response) -> Response {
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let is_text = media_type.is_none_or(|media_type| media_type.as_bytes().starts_with(b"text/plain"));
    if !is_text || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (code, message) = match status {
        StatusCode::NOT_FOUND => ("not_found", "there is nothing at this path"),
        StatusCode::METHOD_NOT_ALLOWED => ("method", "this path does not take this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is too large"),
        StatusCode::GATEWAY_TIMEOUT => ("timeout", "the request took too long; what it asked for may have happened"),
        status if status.is_client_error() => ("invalid", "the path, the query or a header is not what it must be"),
        _ => ("internal", "the service failed"),
    };
    let (mut problem, allow) =
        (Problem::new(status, code, message).into_response(), response.headers().get(header::ALLOW));
    if let Some(allow) = allow {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

impl From<InvalidPayload> for Problem {
    fn from(invalid: InvalidPayload) -> Self {
        match invalid {
            InvalidPayload::Bounds(violations) => Self::invalid(violations),
            InvalidPayload::Shape(message) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "shape", message),
        }
    }
}

impl From<PublishFailure> for Problem {
    fn from(failure: PublishFailure) -> Self {
        let message = failure.to_string();
        match failure {
            PublishFailure::Rejected(Rejected::Payload(invalid)) => invalid.into(),
            PublishFailure::Rejected(Rejected::TooLarge { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
            }
            PublishFailure::Rejected(Rejected::Role { .. } | Rejected::Service { .. }) => Self::forbidden(message),
            PublishFailure::Rejected(Rejected::Topic(_) | Rejected::Name(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
            }
            PublishFailure::Unconfirmed(PublishError::Unknown { .. }) => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "unknown", message)
            }
            // What a service may do on the broker is not its callers' business, and they can do nothing about it.
            PublishFailure::Unconfirmed(PublishError::NoExchange { .. } | PublishError::Forbidden { .. }) => {
                let message = PublishError::Refused.to_string();
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_published", message)
            }
            PublishFailure::Unconfirmed(PublishError::Refused | PublishError::NotSent { .. }) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_published", message)
            }
        }
    }
}

impl From<CacheError> for Problem {
    fn from(error: CacheError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "cache", error.to_string())
    }
}

/// A JSON body of a type, read and checked: its fields' rules hold when a handler gets it.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body could not be read or is too large")
        })?;
        let value: T = validate::read_json(&bytes)
            .map_err(|message| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "shape", message))?;
        value.validate().map_err(|report| Problem::invalid(validate::violations::<T>(&report)))?;
        Ok(Self(value))
    }
}
