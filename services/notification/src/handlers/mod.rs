//! What the service does when something happens. Each module is one subscription.

pub mod analytics;
pub mod delivery_failure;
pub mod directory;
pub mod dispatch;
pub mod email_delivery;
pub mod engagement;
pub mod grade_posting;
pub mod kyc_notice;
pub mod push_notification;
pub mod sms_delivery;
pub mod social_notice;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};

use fabric::{Context, Fault, ReadModel};
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
async fn ask(context: &Context<State>, notice: Notice) -> Result<(), Fault> {
    let part = notice.recipient.to_string();
    let id = context.id_for("notice", &part);
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
    context.react(request, &part).await.map(drop)
}

/// Reads the model of the event's tenant.
fn read<R>(context: &Context<State>, reader: impl FnOnce(&Model) -> R) -> R {
    context.state().models.read(context.tenant(), reader)
}

/// Changes the model of the event's tenant.
fn update<R>(context: &Context<State>, change: impl FnOnce(&mut Model) -> R) -> R {
    context.state().models.update(context.tenant(), change)
}
