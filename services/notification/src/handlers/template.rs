//! `template`: keeps what notices say.

use fabric::{Context, Fault};
use fabric_catalog::notification::{TemplateArchived, TemplateCreated, TemplateUpdated};

use super::update;
use crate::{State, model::Text};

/// Takes in a revision: both events carry the same. A template without a title has its name as the subject.
macro_rules! written {
    ($context:expr, $event:expr) => {{
        let subject = $event.title.unwrap_or_else(|| $event.template.clone());
        let text = Text { subject, body: $event.body };
        update(&$context, |model| {
            model.templates.write($event.template, &$event.language, $event.revision, text, $event.changed_at);
        });
    }};
}

pub async fn created(event: TemplateCreated, context: Context<State>) -> Result<(), Fault> {
    written!(context, event);
    Ok(())
}

pub async fn updated(event: TemplateUpdated, context: Context<State>) -> Result<(), Fault> {
    written!(context, event);
    Ok(())
}

pub async fn archived(event: TemplateArchived, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| model.templates.archive(event.template, event.archived_at));
    Ok(())
}
