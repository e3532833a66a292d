//! Connections: asked for, and agreed to.

use axum::http::StatusCode;
use fabric::http::Problem;
use fabric_catalog::{
    social::{ConnectionAccepted, ConnectionRequested},
    values::{Id, PrivateText},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::model::{Model, Status};

/// Asks another member to connect.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RequestConnection {
    /// Who is asked.
    pub addressee_id: Id,
    /// A few words with it.
    pub message: Option<PrivateText<500>>,
}

/// Why members do not become connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionRejection {
    /// With oneself.
    #[error("addresseeId: nobody connects with themselves")]
    Yourself,
    /// They are connected, or one has asked the other.
    #[error("the two are connected already, or one has asked the other")]
    AlreadyThere,
    /// The connection is not there, or between others.
    #[error("there is no such connection")]
    UnknownConnection,
    /// Whoever asked would answer for the other.
    #[error("only the member who was asked can accept")]
    NotAsked,
    /// It was answered before.
    #[error("the request was answered already")]
    Answered,
}

impl From<ConnectionRejection> for Problem {
    fn from(rejection: ConnectionRejection) -> Self {
        use ConnectionRejection::{AlreadyThere, Answered, NotAsked, UnknownConnection, Yourself};
        let (status, code) = match rejection {
            Yourself => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            AlreadyThere => (StatusCode::CONFLICT, "already_there"),
            UnknownConnection => (StatusCode::NOT_FOUND, "not_found"),
            NotAsked => (StatusCode::FORBIDDEN, "forbidden"),
            Answered => (StatusCode::CONFLICT, "answered"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a request to connect, with the id that the connection shall have.
pub fn request_connection(
    model: &Model,
    requester: Id,
    connection_id: Id,
    command: RequestConnection,
    now: Timestamp,
) -> Result<ConnectionRequested, ConnectionRejection> {
    if command.addressee_id == requester {
        return Err(ConnectionRejection::Yourself);
    }
    let with_addressee = model
        .connections_of(&requester)
        .filter(|(_, connection)| connection.other_than(&requester) == Some(&command.addressee_id));
    if with_addressee.into_iter().any(|(_, connection)| connection.stands()) {
        return Err(ConnectionRejection::AlreadyThere);
    }
    Ok(ConnectionRequested {
        connection_id,
        requester_id: requester,
        addressee_id: command.addressee_id,
        message: command.message,
        requested_at: now,
    })
}

/// Decides to agree to a request.
pub fn accept_connection(
    model: &Model,
    member: &Id,
    connection_id: Id,
    now: Timestamp,
) -> Result<ConnectionAccepted, ConnectionRejection> {
    let connection = model
        .connection_by_id(&connection_id)
        .filter(|connection| connection.other_than(member).is_some())
        .ok_or(ConnectionRejection::UnknownConnection)?;
    if connection.addressee_id != *member {
        return Err(ConnectionRejection::NotAsked);
    }
    if connection.status != Status::Requested {
        return Err(ConnectionRejection::Answered);
    }
    Ok(ConnectionAccepted {
        connection_id,
        requester_id: connection.requester_id.clone(),
        addressee_id: connection.addressee_id.clone(),
        answered_at: now,
    })
}
