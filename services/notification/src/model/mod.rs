//! What the service remembers of one tenant.

mod builtin;
mod directory;
mod message;
mod notice;
mod recent;
mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fabric_catalog::{notification::Channel, values::Id};
use serde::Serialize;

pub use directory::{Directory, Person};
pub use message::{MessageState, Messages};
pub use notice::{Notice, Notices, SentEmail, Standing, Withheld};
pub use recent::Recent;
pub use template::{LANGUAGE, Malformed, RenderError, Templates, Text};

/// What the service remembers of one tenant.
#[derive(Debug, Default)]
pub struct Model {
    /// Whom notices can reach.
    pub directory: Directory,
    /// What notices say.
    pub templates: Templates,
    /// What was asked for, and what became of it.
    pub notices: Notices,
    /// What became of messages, by the notices' ids.
    pub messages: Recent<Messages, { notice::NOTICES_MAX }>,
    /// The channels on which people do not want notices.
    pub muted: HashMap<Id, BTreeSet<Channel>>,
    /// How often each thing happened on each channel.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What people did with notices, by template.
    pub engagement: BTreeMap<String, Engagement>,
}

/// How often people did something with the notices of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Engagement {
    /// Opened one.
    pub opened: u64,
    /// Clicked a link in one.
    pub clicked: u64,
    /// Answered one.
    pub replied: u64,
}

impl Model {
    /// Whether a person does not want notices on a channel.
    pub fn is_muted(&self, person: &Id, channel: Channel) -> bool {
        self.muted.get(person).is_some_and(|muted| muted.contains(&channel))
    }

    /// Takes in what became of a notice's message on a channel.
    pub fn message_is(&mut self, notice: &Id, channel: Channel, news: MessageState) {
        let state = self.messages.get_or_insert(notice, Messages::new).entry(channel).or_insert(news);
        *state = state.evolve(news);
    }
}
