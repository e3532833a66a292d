//! `sms_delivery`: follows what became of each text message.

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{Channel, SmsDelivered, SmsDeliveryFailed, SmsFailed, SmsReplied, SmsSent},
    values::Id,
};

use super::update;
use crate::{State, model::MessageState};

pub async fn sent(event: SmsSent, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Sent);
    Ok(())
}

pub async fn delivered(event: SmsDelivered, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Delivered);
    Ok(())
}

pub async fn failed(event: SmsFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Failed);
    Ok(())
}

pub async fn delivery_failed(event: SmsDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Failed);
    Ok(())
}

pub async fn replied(event: SmsReplied, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Replied);
    Ok(())
}

fn follow(context: &Context<State>, notice: &Id, state: MessageState) {
    update(context, |model| model.message_is(notice, Channel::Sms, state));
}
