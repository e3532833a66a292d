//! `push_notification`: follows what became of each push notice.

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{Channel, PushClicked, PushDelivered, PushDeliveryFailed, PushFailed, PushSent},
    values::Id,
};

use super::update;
use crate::{State, model::MessageState};

pub async fn sent(event: PushSent, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Sent);
    Ok(())
}

pub async fn delivered(event: PushDelivered, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Delivered);
    Ok(())
}

pub async fn clicked(event: PushClicked, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Clicked);
    Ok(())
}

pub async fn failed(event: PushFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Failed);
    Ok(())
}

pub async fn delivery_failed(event: PushDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Failed);
    Ok(())
}

fn follow(context: &Context<State>, notice: &Id, state: MessageState) {
    update(context, |model| model.message_is(notice, Channel::Push, state));
}
