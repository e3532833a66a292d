//! Notices that people ask for.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use fabric::http::Problem;
use fabric_catalog::{
    notification::{Channel, NotificationDispatchRequested, Urgency},
    values::{EmailAddress, Id, Language, PhoneNumber, Private, PrivateText},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::model::{Model, RenderError};

/// Asks for a notice to somebody.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RequestNotification {
    /// The notice; a new id, if none is named. Asking again with the same id is refused.
    pub notification_id: Option<Id>,
    /// Who gets it.
    pub recipient_id: Id,
    /// The student whom it is about.
    pub subject_id: Option<Id>,
    /// What is written.
    #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
    pub template: String,
    /// What fills in the template, by name.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub variables: BTreeMap<String, PrivateText<1_000>>,
    /// On which channels; by e-mail if none is named.
    #[serde(default)]
    pub channels: BTreeSet<Channel>,
    /// How soon it must be there; as usual, if that is not said.
    pub urgency: Option<Urgency>,
    /// In which language; the person's own if none is named.
    pub language: Option<Language>,
    /// Where an e-mail goes; to the person's own address if none is named.
    pub email: Option<EmailAddress>,
    /// Where a text message goes.
    pub phone: Option<PhoneNumber>,
    /// Of no use after this time.
    pub expires_at: Option<Timestamp>,
}

/// Why a notice is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRejection {
    /// It was asked for before.
    #[error("notificationId: there is such a notice already")]
    AlreadyThere,
    /// It cannot be written.
    #[error("template: {0}")]
    Template(#[from] RenderError),
}

impl From<RequestRejection> for Problem {
    fn from(rejection: RequestRejection) -> Self {
        let (status, code) = match rejection {
            RequestRejection::AlreadyThere => (StatusCode::CONFLICT, "already_there"),
            RequestRejection::Template(RenderError::UnknownTemplate) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "unknown_reference")
            }
            RequestRejection::Template(RenderError::MissingVariable(_)) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "required")
            }
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a request; `new_id` is the notice's, if the command names none.
pub fn request(
    model: &Model,
    command: RequestNotification,
    new_id: Id,
    now: Timestamp,
) -> Result<NotificationDispatchRequested, RequestRejection> {
    let notification_id = command.notification_id.unwrap_or(new_id);
    if model.notices.get(&notification_id).is_some() {
        return Err(RequestRejection::AlreadyThere);
    }
    model.templates.render(&command.template, command.language.as_ref(), &command.variables)?;
    Ok(NotificationDispatchRequested {
        notification_id,
        recipient_id: command.recipient_id,
        subject_id: command.subject_id,
        template: command.template,
        variables: command.variables,
        channels: command.channels,
        urgency: command.urgency.unwrap_or(Urgency::Normal),
        language: command.language.map(Private::new),
        email: command.email,
        phone: command.phone,
        deliver_after_at: None,
        expires_at: command.expires_at,
        requested_at: now,
    })
}
