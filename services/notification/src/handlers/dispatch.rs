//! `dispatch`: delivers notices that were asked for.

use std::collections::BTreeSet;

use fabric::{Context, Fault};
use fabric_catalog::{
    notification::{
        Channel, DeliveryCompleted, DeliveryPartiallyCompleted, EmailDeliveryFailed, EmailSent,
        NotificationDispatchRequested,
    },
    values::{EmailAddress, Id},
};

use super::{read, update};
use crate::{
    State,
    mailer::{HandedOver, Mail},
    model::{Notice, SentEmail, Text, Withheld},
    plan::{Delivery, EmailTo, Plan, PlanError, plan},
};

/// As many attempts as the events about e-mails can say.
const ATTEMPTS_MAX: u16 = 100;

/// Delivers a notice. If a step fails, the event comes again, and what is done already is not done twice: a mail that
/// was handed over is remembered, and the events about it have the same ids.
pub async fn requested(event: NotificationDispatchRequested, context: Context<State>) -> Result<(), Fault> {
    let now = context.clock().now();
    let planned = read(&context, |model| plan(model, context.metadata().id, &event, now));
    match planned.map_err(fault_of)? {
        Plan::Repeated => Ok(()),
        Plan::Wait(wait) => Err(Fault::retry_after(wait, "the notice is to be delivered later")),
        Plan::Withhold(text, withheld) => {
            remember(&context, &event, &text, Some(withheld));
            Ok(())
        }
        Plan::Deliver(delivery) => deliver(&context, &event, delivery).await,
    }
}

/// News of a person may still be on its way; nothing else mends itself.
fn fault_of(error: PlanError) -> Fault {
    match error {
        PlanError::UnknownRecipient => Fault::transient(error),
        PlanError::Render(_) | PlanError::NoChannel => Fault::permanent(error),
    }
}

async fn deliver(
    context: &Context<State>,
    event: &NotificationDispatchRequested,
    delivery: Delivery,
) -> Result<(), Fault> {
    remember(context, event, &delivery.text, None);
    let (mut delivered, mut failed) = (BTreeSet::new(), delivery.unserved);
    // Before the e-mail: whoever hears of a failed e-mail looks whether the notice is in the application.
    if delivery.in_app {
        update(context, |model| model.notices.deliver_in_app(&event.notification_id));
        delivered.insert(Channel::InApp);
    }
    let mut attempts = 1;
    if let Some(to) = &delivery.email {
        let (is_sent, attempt) = email(context, event, to, &delivery.text).await?;
        attempts = attempt;
        if is_sent {
            delivered.insert(Channel::Email)
        } else {
            failed.insert(Channel::Email)
        };
    }
    update(context, |model| {
        if let Some(notice) = model.notices.get_mut(&event.notification_id) {
            notice.failed.extend(&failed);
        }
    });
    let outcome = Outcome {
        notification_id: event.notification_id.clone(),
        recipient_id: event.recipient_id.clone(),
        subject_id: event.subject_id.clone(),
        delivered,
        failed,
        attempts,
    };
    tell(context, outcome).await
}

fn remember(context: &Context<State>, event: &NotificationDispatchRequested, text: &Text, withheld: Option<Withheld>) {
    let request = context.metadata().id;
    update(context, |model| {
        let notice = model.notices.request(&event.notification_id, || Notice {
            request,
            recipient_id: event.recipient_id.clone(),
            subject_id: event.subject_id.clone(),
            template: event.template.clone(),
            urgency: event.urgency,
            text: text.clone(),
            requested_at: event.requested_at,
            withheld,
            attempts: 0,
            email: None,
            delivered: BTreeSet::new(),
            failed: BTreeSet::new(),
        });
        notice.withheld = withheld;
    });
}

/// Sends the e-mail of a notice and says what came of it. Gives whether it was sent and how many attempts it took:
/// false when it will never be, a fault when it may be later.
async fn email(
    context: &Context<State>,
    event: &NotificationDispatchRequested,
    to: &EmailTo,
    text: &Text,
) -> Result<(bool, u16), Fault> {
    let (sent, attempt) = update(context, |model| {
        let Some(notice) = model.notices.get_mut(&event.notification_id) else { return (None, 1) };
        if notice.email.is_none() {
            notice.attempts = notice.attempts.saturating_add(1).min(ATTEMPTS_MAX);
        }
        (notice.email.clone(), notice.attempts)
    });
    let sent = match (sent, to) {
        (Some(sent), _) => Ok(sent),
        (None, EmailTo::Nowhere) => Err("no_address".to_owned()),
        (None, EmailTo::Address(address)) => hand_over(context, event, address, text).await?,
    };
    let is_sent = sent.is_ok();
    match sent {
        Ok(sent) => say_sent(context, event, sent, attempt).await?,
        Err(code) => say_failed(context, event, code, attempt).await?,
    }
    Ok((is_sent, attempt))
}

/// Hands the mail over and remembers that. The inner error says why it will never be taken.
async fn hand_over(
    context: &Context<State>,
    event: &NotificationDispatchRequested,
    to: &EmailAddress,
    text: &Text,
) -> Result<Result<SentEmail, String>, Fault> {
    let cause = context.metadata().id;
    let mail = Mail { cause, at: event.requested_at, to, subject: &text.subject, body: &text.body };
    match context.state().mailer.send(mail).await {
        Ok(HandedOver { message_id, provider }) => {
            let sent = SentEmail { message_id: Id::try_new(message_id)?, provider };
            update(context, |model| {
                if let Some(notice) = model.notices.get_mut(&event.notification_id) {
                    notice.email = Some(sent.clone());
                    notice.delivered.insert(Channel::Email);
                }
            });
            Ok(Ok(sent))
        }
        Err(error) => match error.permanent_code() {
            Some(code) => Ok(Err(code.to_owned())),
            None => Err(Fault::transient(error)),
        },
    }
}

async fn say_sent(
    context: &Context<State>,
    event: &NotificationDispatchRequested,
    sent: SentEmail,
    attempt: u16,
) -> Result<(), Fault> {
    let sent = EmailSent {
        notification_id: event.notification_id.clone(),
        message_id: sent.message_id,
        recipient_id: event.recipient_id.clone(),
        subject_id: event.subject_id.clone(),
        provider: sent.provider.to_owned(),
        attempt,
        sent_at: context.clock().now(),
    };
    context.react(sent, "").await.map(drop)
}

async fn say_failed(
    context: &Context<State>,
    event: &NotificationDispatchRequested,
    code: String,
    attempts: u16,
) -> Result<(), Fault> {
    let failed = EmailDeliveryFailed {
        notification_id: event.notification_id.clone(),
        message_id: None,
        recipient_id: event.recipient_id.clone(),
        subject_id: event.subject_id.clone(),
        code,
        attempts,
        failed_at: context.clock().now(),
    };
    context.react(failed, "").await.map(drop)
}

/// What came of a notice.
pub(super) struct Outcome {
    pub notification_id: Id,
    pub recipient_id: Id,
    pub subject_id: Option<Id>,
    pub delivered: BTreeSet<Channel>,
    pub failed: BTreeSet<Channel>,
    pub attempts: u16,
}

/// Says on which channels a notice was delivered. Of one that was delivered on none, the event of each failed channel
/// speaks.
pub(super) async fn tell(context: &Context<State>, outcome: Outcome) -> Result<(), Fault> {
    let Outcome { notification_id, recipient_id, subject_id, delivered, failed, attempts } = outcome;
    let (attempts, delivered_at) = (u32::from(attempts), context.clock().now());
    if delivered.is_empty() {
        return Ok(());
    }
    if failed.is_empty() {
        let channels = delivered;
        let event = DeliveryCompleted { notification_id, recipient_id, subject_id, channels, attempts, delivered_at };
        return context.react(event, "").await.map(drop);
    }
    let event = DeliveryPartiallyCompleted {
        notification_id,
        recipient_id,
        subject_id,
        delivered_channels: delivered,
        failed_channels: failed,
        attempts,
        delivered_at,
    };
    context.react(event, "").await.map(drop)
}
