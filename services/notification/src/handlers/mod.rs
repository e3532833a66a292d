//! What the service does when something happens. Each module is one subscription.

pub mod analytics;
pub mod delivery_failure;
pub mod directory;
pub mod dispatch;
pub mod email_delivery;
pub mod grade_posting;
pub mod kyc_notice;
pub mod social_notice;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};

use fabric::{Context, EventId, Fault, ReadModel};
use fabric_catalog::{
    notification::{NotificationDispatchRequested, Urgency},
    values::{Id, PrivateText},
};

use crate::{State, model::Model};

/// A notice that a handler asks for.
#[derive(Debug)]
struct Notice {
    recipient: Id,
    subject: Option<Id>,
    template: &'static str,
    variables: Vec<(&'static str, String)>,
}

/// Asks for a notice, once for each event and recipient.
async fn ask(context: &Context<State>, handler: &str, notice: Notice) -> Result<(), Fault> {
    let id = reaction_id(handler, context.metadata().id, notice.recipient.as_str());
    let mut variables = BTreeMap::new();
    for (name, value) in notice.variables {
        let value = PrivateText::try_new(value);
        let value = value.map_err(|error| Fault::permanent(format!("the variable `{name}`: {error}")))?;
        variables.insert(name.to_owned(), value);
    }
    let request = NotificationDispatchRequested {
        notification_id: Id::try_new(id.to_string())?,
        recipient_id: notice.recipient,
        subject_id: notice.subject,
        template: notice.template.to_owned(),
        variables,
        channels: BTreeSet::new(),
        urgency: Urgency::Normal,
        language: None,
        email: None,
        phone: None,
        deliver_after_at: None,
        expires_at: None,
        requested_at: context.metadata().time,
    };
    context.publish(request).id(id).await?;
    Ok(())
}

/// Reads the model of the event's tenant.
fn read<R>(context: &Context<State>, reader: impl FnOnce(&Model) -> R) -> R {
    context.state().models.read(context.tenant(), reader)
}

/// Changes the model of the event's tenant.
fn update<R>(context: &Context<State>, change: impl FnOnce(&mut Model) -> R) -> R {
    context.state().models.update(context.tenant(), change)
}

/// The id of a handler's reaction to an event, about one thing: the same however often the event comes, so that reacting twice is
/// reacting once.
fn reaction_id(handler: &str, cause: EventId, about: &str) -> EventId {
    EventId::of_producer(handler, &format!("reaction to {cause} about {about}"))
}
