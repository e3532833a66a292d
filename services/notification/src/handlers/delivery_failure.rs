//! `delivery_failure`: when a channel fails, the notice goes into the application itself. Where that cannot be, the failure is parked,
//! for a person to look at.

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{
        BounceKind, Channel, EmailBounced, EmailDeliveryFailed, PushDeliveryFailed, PushFailed, SmsDeliveryFailed,
        SmsFailed,
    },
    values::Id,
};

use super::{dispatch::tell_outcome, update};
use crate::{
    State,
    model::{Model, Notice},
};

pub async fn email_failed(event: EmailDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    fall_back(context, event.notification_id, Channel::Email).await
}

pub async fn email_bounced(event: EmailBounced, context: Context<State>) -> Result<(), Fault> {
    match event.bounce_kind {
        BounceKind::Hard => fall_back(context, event.notification_id, Channel::Email).await,
        // The provider tries again.
        BounceKind::Soft => Ok(()),
    }
}

pub async fn sms_failed(event: SmsFailed, context: Context<State>) -> Result<(), Fault> {
    fall_back(context, event.notification_id, Channel::Sms).await
}

pub async fn sms_delivery_failed(event: SmsDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    fall_back(context, event.notification_id, Channel::Sms).await
}

pub async fn push_failed(event: PushFailed, context: Context<State>) -> Result<(), Fault> {
    fall_back(context, event.notification_id, Channel::Push).await
}

pub async fn push_delivery_failed(event: PushDeliveryFailed, context: Context<State>) -> Result<(), Fault> {
    fall_back(context, event.notification_id, Channel::Push).await
}

async fn fall_back(context: Context<State>, id: Id, failed: Channel) -> Result<(), Fault> {
    match update(&context, |model| fallen_back(model, &id, failed)) {
        Ok(notice) => tell_outcome(&context, &id, &notice).await,
        Err(error) => Err(Fault::permanent(error)),
    }
}

/// Why there is no other channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoOtherChannel {
    #[error("the notice is not remembered, so it cannot be delivered on another channel")]
    Forgotten,
    #[error("the person does not want notices in the application, and every other channel failed")]
    Muted,
}

fn fallen_back(model: &mut Model, id: &Id, failed: Channel) -> Result<Notice, NoOtherChannel> {
    let notice = model.notices.get_mut(id).ok_or(NoOtherChannel::Forgotten)?;
    notice.delivered.remove(&failed);
    notice.failed.insert(failed);
    let recipient = notice.recipient_id.clone();
    if model.is_muted(&recipient, Channel::InApp) {
        return Err(NoOtherChannel::Muted);
    }
    model.notices.deliver_in_app(id);
    model.notices.get(id).cloned().ok_or(NoOtherChannel::Forgotten)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fabric::EventId;
    use fabric_catalog::notification::Urgency;
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Standing, Text};

    fn id(text: &str) -> Id {
        Id::try_new(text).unwrap()
    }

    fn model(delivered: &[Channel]) -> Model {
        let mut model = Model::default();
        model.notices.request(&id("n-1"), || Notice {
            request: EventId::from_parts(1, [0; 10]),
            recipient_id: id("ada"),
            template: "notice".into(),
            urgency: Urgency::Normal,
            text: Text { subject: "Hello".into(), body: "there".into() },
            requested_at: Timestamp::UNIX_EPOCH,
            withheld: None,
            attempts: 1,
            email: None,
            delivered: delivered.iter().copied().collect(),
            failed: BTreeSet::new(),
        });
        model
    }

    #[test]
    fn what_fails_goes_into_the_application_once() {
        let mut model = model(&[Channel::Email]);
        for _ in 0..2 {
            let notice = fallen_back(&mut model, &id("n-1"), Channel::Email).unwrap();
            assert_eq!(notice.standing(), Standing::PartiallyDelivered);
            assert_eq!(notice.delivered, BTreeSet::from([Channel::InApp]));
            assert_eq!(model.notices.inbox(&id("ada")).count(), 1);
        }
    }

    #[test]
    fn without_another_channel_a_person_must_look() {
        let mut muted = model(&[]);
        muted.muted.insert(id("ada"), BTreeSet::from([Channel::InApp]));
        let outcome = fallen_back(&mut muted, &id("n-1"), Channel::Email);
        assert_eq!(outcome.map(drop), Err(NoOtherChannel::Muted));
        let outcome = fallen_back(&mut model(&[]), &id("n-0"), Channel::Sms);
        assert_eq!(outcome.map(drop), Err(NoOtherChannel::Forgotten));
    }
}
