//! The identity as an argument of an HTTP handler.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use fabric_runtime::clock::Clock;

use super::{Identity, TokenError, Tokens};
use crate::http::Problem;

/// Checks the tokens of HTTP requests. As an extension of a router it lets handlers take an [`Identity`]:
///
/// ```
/// use axum::{Extension, Router, routing::get};
/// use fabric::identity::{Identity, Verifier};
///
/// fn router(verifier: Verifier) -> Router {
///     let who = |identity: Identity| async move { identity.actor.id.to_string() };
///     Router::new().route("/me", get(who)).layer(Extension(verifier))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    tokens: Arc<Tokens>,
    clock: Clock,
}

/// Why a request has no identity. As a response it has the status 401 and `WWW-Authenticate: Bearer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// It brought no token, or more than one.
    #[error("the request needs one header `Authorization: Bearer TOKEN`")]
    NoToken,
    /// It brought one that is not valid.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The router has no [`Verifier`] as its extension: a mistake of the service, so the status is 500.
    #[error("this service cannot check who is asking")]
    NoVerifier,
}

impl Verifier {
    /// Checks tokens by this clock.
    pub fn new(tokens: Tokens, clock: Clock) -> Self {
        Self { tokens: Arc::new(tokens), clock }
    }

    /// Who sent a request with these headers.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Identity, Unauthenticated> {
        let token = bearer(headers).ok_or(Unauthenticated::NoToken)?;
        Ok(self.tokens.verify(token, self.clock.now())?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Unauthenticated;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let verifier = parts.extensions.get::<Verifier>().ok_or(Unauthenticated::NoVerifier)?;
        verifier.identify(&parts.headers)
    }
}

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        // The challenges are those of RFC 6750.
        let (status, code, challenge) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "unauthenticated", Some("Bearer")),
            Self::Token(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", Some("Bearer error=\"invalid_token\"")),
            Self::NoVerifier => (StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
        };
        let mut response = Problem::new(status, code, self.to_string()).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// The token of the one header `Authorization: Bearer …`. With two such headers it would be a matter of taste who is asking.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}
