//! Ids in paths, and ids of what commands make.

use std::{fmt::Display, str::FromStr};

use axum::http::StatusCode;

use super::Problem;
use crate::handle::Fabric;

/// The id in a path, of whatever type ids have. What cannot be an id is not there: then there is no such `what`.
pub fn path_id<T: FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}

/// A new id for what a command makes, of whatever type ids have: the text of a UUID of version 7. Fails when such a text is no id
/// of that type: a mistake of the service, so the status is 500.
pub fn new_id<T: FromStr<Err: Display>>(fabric: &Fabric) -> Result<T, Problem> {
    let id = fabric.ids().next(fabric.clock().now());
    id.to_string()
        .parse()
        .map_err(|error: T::Err| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))
}

#[cfg(test)]
mod tests {
    use fabric_core::TenantId;

    use super::*;

    #[test]
    fn what_cannot_be_an_id_is_not_there() {
        assert_eq!(path_id::<TenantId>("one", "tenant").unwrap().as_str(), "one");
        for text in ["", "a b", "a/b"] {
            assert_eq!(path_id::<TenantId>(text, "tenant").unwrap_err(), Problem::not_found("tenant"), "{text:?}");
        }
    }
}
