//! `notification_engagement`: counts what people do with notices, by template.

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::{
    notification::{EmailClicked, EmailOpened, PushClicked, SmsReplied},
    values::Id,
};

use crate::{State, model::Engagement};

pub async fn email_opened(event: EmailOpened, context: Context<State>) -> Result<(), Fault> {
    count(&context, &event.notification_id, |engagement| &mut engagement.opened);
    Ok(())
}

pub async fn email_clicked(event: EmailClicked, context: Context<State>) -> Result<(), Fault> {
    count(&context, &event.notification_id, |engagement| &mut engagement.clicked);
    Ok(())
}

pub async fn push_clicked(event: PushClicked, context: Context<State>) -> Result<(), Fault> {
    count(&context, &event.notification_id, |engagement| &mut engagement.clicked);
    Ok(())
}

pub async fn sms_replied(event: SmsReplied, context: Context<State>) -> Result<(), Fault> {
    count(&context, &event.notification_id, |engagement| &mut engagement.replied);
    Ok(())
}

/// Counts an event once, with the template of its notice. A notice that is not remembered has none.
fn count(context: &Context<State>, notice: &Id, counter: fn(&mut Engagement) -> &mut u64) {
    let (models, id) = (&context.state().models, context.metadata().id);
    models.update_once(context.tenant(), "notification_engagement", id, |model| {
        let template = model.notices.get(notice).map_or("unknown", |notice| notice.template.as_str());
        let engagement = model.engagement.entry(template.to_owned()).or_default();
        *counter(engagement) += 1;
    });
}
