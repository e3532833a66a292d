//! What stands in a request's address, checked, with errors like those of bodies.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use fabric::{Violation, http::Problem};
use fabric_catalog::values::Id;
use serde::de::DeserializeOwned;

/// The id in the path.
pub struct PathId(pub Id);

/// What stands behind the question mark.
pub struct Params<T>(pub T);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|_| invalid("id", "bad_format", "the path is not readable"))?;
        Id::try_new(text).map(Self).map_err(|error| invalid("id", error.code, &error.to_string()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // The library's own message quotes what was asked.
        let params = Query::<T>::from_request_parts(parts, state).await;
        let Query(params) =
            params.map_err(|_| invalid("query", "invalid", "a parameter is unknown or not of its type"))?;
        Ok(Self(params))
    }
}

fn invalid(path: &str, code: &str, message: &str) -> Problem {
    Problem::invalid(vec![Violation { path: path.to_owned(), code: code.to_owned(), message: message.to_owned() }])
}
