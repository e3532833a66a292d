//! `delivery_failure`: when a channel fails, the notice goes into the application itself. Where that cannot be, the
//! failure is parked, for a person to look at.

use std::collections::BTreeSet;

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{
        BounceKind, Channel, EmailBounced, EmailDeliveryFailed, PushDeliveryFailed, PushFailed, SmsDeliveryFailed,
        SmsFailed,
    },
    values::Id,
};

use super::{
    dispatch::{Outcome, tell},
    read, update,
};
use crate::{State, model::Model};

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

/// Says that the notice is in the application, and puts it there. In this order: if saying it fails, the event comes
/// again and finds everything as it was.
async fn fall_back(context: Context<State>, id: Id, failed: Channel) -> Result<(), Fault> {
    let fallen_back = match read(&context, |model| fallback(model, &id, failed)) {
        Ok(Some(outcome)) => {
            tell(&context, outcome).await?;
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(error) => Err(Fault::permanent(error)),
    };
    update(&context, |model| {
        model.notices.failed_on(&id, failed);
        if fallen_back.is_ok() {
            model.notices.deliver_in_app(&id);
        }
    });
    fallen_back
}

/// Why there is no other channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoOtherChannel {
    #[error("the notice is not remembered, so it cannot be delivered on another channel")]
    Forgotten,
    #[error("the person does not want notices in the application, and every other channel failed")]
    Muted,
}

/// What comes of a notice when a channel failed. None when it is in the application already.
fn fallback(model: &Model, id: &Id, failed: Channel) -> Result<Option<Outcome>, NoOtherChannel> {
    let notice = model.notices.get(id).ok_or(NoOtherChannel::Forgotten)?;
    if notice.delivered.contains(&Channel::InApp) {
        return Ok(None);
    }
    if model.is_muted(&notice.recipient_id, Channel::InApp) {
        return Err(NoOtherChannel::Muted);
    }
    Ok(Some(Outcome {
        notification_id: id.clone(),
        recipient_id: notice.recipient_id.clone(),
        subject_id: notice.subject_id.clone(),
        delivered: BTreeSet::from([Channel::InApp]),
        failed: notice.failed.iter().copied().chain([failed]).collect(),
        attempts: notice.attempts.max(1),
    }))
}

#[cfg(test)]
mod tests {
    use fabric::EventId;
    use fabric_catalog::notification::Urgency;
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Notice, Text};

    fn id(text: &str) -> Id {
        Id::try_new(text).unwrap()
    }

    fn model(delivered: &[Channel]) -> Model {
        let mut model = Model::default();
        model.notices.request(&id("n-1"), || Notice {
            request: EventId::from_parts(1, [0; 10]),
            recipient_id: id("ada"),
            subject_id: Some(id("ada")),
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

    fn outcome(model: &Model, notice: &str) -> Result<Option<BTreeSet<Channel>>, NoOtherChannel> {
        let outcome = fallback(model, &id(notice), Channel::Email)?;
        Ok(outcome.map(|outcome| {
            assert_eq!(outcome.failed, [Channel::Email].into());
            outcome.delivered
        }))
    }

    #[test]
    fn what_fails_goes_into_the_application_once() {
        let mut model = model(&[]);
        assert_eq!(outcome(&model, "n-1"), Ok(Some([Channel::InApp].into())));
        model.notices.deliver_in_app(&id("n-1"));
        assert_eq!(outcome(&model, "n-1"), Ok(None));
    }

    #[test]
    fn without_another_channel_a_person_must_look() {
        let mut muted = model(&[]);
        muted.muted.insert(id("ada"), [Channel::InApp].into());
        assert_eq!(outcome(&muted, "n-1"), Err(NoOtherChannel::Muted));
        assert_eq!(outcome(&model(&[]), "n-0"), Err(NoOtherChannel::Forgotten));
        assert_eq!(outcome(&model(&[Channel::InApp]), "n-1"), Ok(None));
    }
}
