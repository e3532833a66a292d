//! `email_delivery`: follows what became of each e-mail.

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{
        BounceKind, Channel, EmailBounced, EmailClicked, EmailDelivered, EmailDeliveryFailed, EmailOpened, EmailSent,
    },
    values::Id,
};

use super::update;
use crate::{State, model::MessageState};

pub async fn sent(event: EmailSent, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Sent);
    Ok(())
}

pub async fn delivered(event: EmailDelivered, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Delivered);
    Ok(())
}

pub async fn bounced(event: EmailBounced, context: Context<State>) -> Result<(), Fault> {
    let state = match event.bounce_kind {
        BounceKind::Hard => MessageState::Bounced,
        BounceKind::Soft => MessageState::Deferred,
    };
    follow(&context, &event.notification_id, state);
    Ok(())
}

pub async fn opened(event: EmailOpened, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Opened);
    Ok(())
}

pub async fn clicked(event: EmailClicked, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Clicked);
    Ok(())
}

pub async fn failed(event: EmailDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, MessageState::Failed);
    Ok(())
}

fn follow(context: &Context<State>, notice: &Id, state: MessageState) {
    update(context, |model| model.message_is(notice, Channel::Email, state));
}
