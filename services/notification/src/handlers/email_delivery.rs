//! `email_delivery`: follows what became of each e-mail.

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{
        BounceKind, EmailBounced, EmailClicked, EmailDelivered, EmailDeliveryFailed, EmailOpened, EmailSent,
    },
    values::Id,
};

use super::update;
use crate::{State, model::EmailState};

pub async fn sent(event: EmailSent, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, EmailState::Sent);
    Ok(())
}

pub async fn delivered(event: EmailDelivered, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, EmailState::Delivered);
    Ok(())
}

pub async fn bounced(event: EmailBounced, context: Context<State>) -> Result<(), Fault> {
    let state = match event.bounce_kind {
        BounceKind::Hard => EmailState::Bounced,
        BounceKind::Soft => EmailState::Deferred,
    };
    follow(&context, &event.notification_id, state);
    Ok(())
}

pub async fn opened(event: EmailOpened, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, EmailState::Opened);
    Ok(())
}

pub async fn clicked(event: EmailClicked, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, EmailState::Clicked);
    Ok(())
}

pub async fn failed(event: EmailDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    follow(&context, &event.notification_id, EmailState::Failed);
    Ok(())
}

fn follow(context: &Context<State>, notice: &Id, state: EmailState) {
    update(context, |model| model.email_is(notice, state));
}
