//! What the service remembers of one tenant.

mod builtin;
mod directory;
mod email;
mod latest;
mod notice;
mod recent;
mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fabric_catalog::{notification::Channel, values::Id};

pub use directory::{Directory, Person};
pub use email::EmailState;
pub use latest::Latest;
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
    /// What became of e-mails, by the notices' ids.
    pub emails: Recent<EmailState, { notice::NOTICES_MAX }>,
    /// The channels on which people do not want notices.
    pub muted: HashMap<Id, BTreeSet<Channel>>,
    /// How often each thing happened on each channel.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Model {
    /// Whether a person does not want notices on a channel.
    pub fn is_muted(&self, person: &Id, channel: Channel) -> bool {
        self.muted.get(person).is_some_and(|muted| muted.contains(&channel))
    }

    /// Takes in what became of an e-mail.
    pub fn email_is(&mut self, notice: &Id, news: EmailState) {
        let state = self.emails.get_or_insert(notice, || news);
        *state = state.evolve(news);
    }
}
