//! Queries: what became of a notice, what is in an inbox, and how the channels do.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::{Path, State as Extract},
};
use fabric::{
    http::{Problem, path_id},
    identity::Identity,
};
use fabric_catalog::{
    notification::{Channel, Urgency},
    values::Id,
};
use jiff::Timestamp;
use serde::Serialize;

use super::App;
use crate::{
    access,
    model::{Engagement, Messages, Notice, Standing},
};

/// What became of a notice.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeView {
    notification_id: Id,
    recipient_id: Id,
    template: String,
    urgency: Urgency,
    standing: Standing,
    delivered_channels: BTreeSet<Channel>,
    failed_channels: BTreeSet<Channel>,
    messages: Messages,
    attempts: u16,
    requested_at: Timestamp,
}

/// A notice as its recipient reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    notification_id: Id,
    subject: String,
    body: String,
    requested_at: Timestamp,
}

/// What became of a notice: for the recipient and for staff.
pub async fn notification(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Json<NoticeView>, Problem> {
    let id = path_id(&id, "notice")?;
    app.read(&by, |model| {
        let notice = model.notices.get(&id);
        let may_see = |notice: &&Notice| access::is_staff(&by) || access::is_self(&by, &notice.recipient_id);
        // Somebody else's notice and none look the same.
        let notice = notice.filter(may_see).ok_or_else(|| Problem::not_found("notice"))?;
        Ok(Json(NoticeView::of(&id, notice, model.messages.get(&id).cloned().unwrap_or_default())))
    })
}

/// The notices that were delivered in the application, newest first: for the recipient alone.
pub async fn inbox(
    Extract(app): Extract<App>,
    by: Identity,
    Path(person): Path<String>,
) -> Result<Json<Vec<Letter>>, Problem> {
    let person = path_id(&person, "person")?;
    if !access::is_self(&by, &person) {
        return Err(Problem::forbidden("this is for the recipient alone"));
    }
    Ok(Json(app.read(&by, |model| model.notices.inbox(&person).map(Letter::of).collect())))
}

/// How often each thing happened on each channel: for staff.
pub async fn channels(
    Extract(app): Extract<App>,
    by: Identity,
) -> Result<Json<BTreeMap<String, BTreeMap<String, u64>>>, Problem> {
    if access::is_staff(&by) {
        Ok(Json(app.read(&by, |model| model.counts.clone())))
    } else {
        Err(Problem::forbidden("this is for staff"))
    }
}

/// What people did with notices, by template: for staff.
pub async fn engagement(
    Extract(app): Extract<App>,
    by: Identity,
) -> Result<Json<BTreeMap<String, Engagement>>, Problem> {
    if access::is_staff(&by) {
        Ok(Json(app.read(&by, |model| model.engagement.clone())))
    } else {
        Err(Problem::forbidden("this is for staff"))
    }
}

impl NoticeView {
    fn of(id: &Id, notice: &Notice, messages: Messages) -> Self {
        Self {
            notification_id: id.clone(),
            recipient_id: notice.recipient_id.clone(),
            template: notice.template.clone(),
            urgency: notice.urgency,
            standing: notice.standing(),
            delivered_channels: notice.delivered.clone(),
            failed_channels: notice.failed.clone(),
            messages,
            attempts: notice.attempts,
            requested_at: notice.requested_at,
        }
    }
}

impl Letter {
    fn of((id, notice): (&Id, &Notice)) -> Self {
        Self {
            notification_id: id.clone(),
            subject: notice.text.subject.clone(),
            body: notice.text.body.clone(),
            requested_at: notice.requested_at,
        }
    }
}
