//! `notification_delivery_analytics`: counts what happens on each channel.

use fabric::{AnyEvent, Context, Fault, ReadModel};

use crate::State;

/// Counts an event once, by the second and the last word of its topic: `email`, `sent`.
pub async fn count(event: AnyEvent, context: Context<State>) -> Result<(), Fault> {
    let mut words = event.topic().as_str().split('.').skip(1);
    let (Some(channel), Some(action)) = (words.next(), words.next()) else { return Ok(()) };
    let (models, id) = (&context.state().models, context.metadata().id);
    models.update_once(context.tenant(), "notification_delivery_analytics", id, |model| {
        *model.counts.entry(channel.to_owned()).or_default().entry(action.to_owned()).or_default() += 1;
    });
    Ok(())
}
