//! Notices: what was asked for, and what became of it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use fabric::EventId;
use fabric_catalog::{
    notification::{Channel, Urgency},
    values::Id,
};
use jiff::Timestamp;
use serde::Serialize;

use super::{Recent, Text};

/// How many notices of a tenant are remembered.
pub const NOTICES_MAX: usize = 50_000;
/// How many notices stay in a person's inbox.
pub const INBOX_LENGTH_MAX: usize = 100;

/// The notices of a tenant, and everybody's inbox in the application itself.
#[derive(Debug, Default)]
pub struct Notices {
    notices: Recent<Notice, NOTICES_MAX>,
    inboxes: HashMap<Id, VecDeque<Id>>,
}

/// A notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The event that asked for it.
    pub request: EventId,
    /// Who gets it.
    pub recipient_id: Id,
    /// The student whom it is about.
    pub subject_id: Option<Id>,
    /// The template's name.
    pub template: String,
    /// How soon it must be there.
    pub urgency: Urgency,
    /// What it says.
    pub text: Text,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Why nothing was sent, if nothing was.
    pub withheld: Option<Withheld>,
    /// How often an e-mail was tried.
    pub attempts: u16,
    /// The e-mail that was handed over, if one was.
    pub email: Option<SentEmail>,
    /// The channels on which it was delivered.
    pub delivered: BTreeSet<Channel>,
    /// The channels on which it failed.
    pub failed: BTreeSet<Channel>,
}

/// Why a notice is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// It would be of no use any more.
    Expired,
    /// The person does not want notices on its channels.
    Muted,
}

/// An e-mail that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEmail {
    /// The message's id.
    pub message_id: Id,
    /// To whom it was handed.
    pub provider: &'static str,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// On its way.
    Requested,
    /// Delivered on every channel.
    Delivered,
    /// Delivered on some channels, failed on others.
    PartiallyDelivered,
    /// Failed on every channel.
    Failed,
    /// Not sent, since it would be of no use any more.
    Expired,
    /// Not sent, since the person does not want it.
    Muted,
}

impl Notices {
    /// A notice by its id.
    pub fn get(&self, id: &Id) -> Option<&Notice> {
        self.notices.get(id)
    }

    /// A notice by its id, to be changed.
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut Notice> {
        self.notices.get_mut(id)
    }

    /// A notice that was asked for. The first one to ask counts.
    pub fn request(&mut self, id: &Id, make: impl FnOnce() -> Notice) -> &mut Notice {
        self.notices.get_or_insert(id, make)
    }

    /// Puts a notice into its recipient's inbox, once.
    pub fn deliver_in_app(&mut self, id: &Id) {
        let Some(notice) = self.notices.get_mut(id) else { return };
        if notice.delivered.insert(Channel::InApp) {
            let inbox = self.inboxes.entry(notice.recipient_id.clone()).or_default();
            inbox.push_front(id.clone());
            inbox.truncate(INBOX_LENGTH_MAX);
        }
    }

    /// Takes in that a channel failed, even if it had seemed to deliver.
    pub fn failed_on(&mut self, id: &Id, channel: Channel) {
        if let Some(notice) = self.notices.get_mut(id) {
            notice.delivered.remove(&channel);
            notice.failed.insert(channel);
        }
    }

    /// The notices in a person's inbox, newest first.
    pub fn inbox(&self, person: &Id) -> impl Iterator<Item = (&Id, &Notice)> {
        let ids = self.inboxes.get(person).into_iter().flatten();
        ids.filter_map(|id| Some((id, self.notices.get(id)?)))
    }
}

impl Notice {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match (self.withheld, self.delivered.is_empty(), self.failed.is_empty()) {
            (Some(Withheld::Expired), ..) => Standing::Expired,
            (Some(Withheld::Muted), ..) => Standing::Muted,
            (None, true, true) => Standing::Requested,
            (None, false, true) => Standing::Delivered,
            (None, false, false) => Standing::PartiallyDelivered,
            (None, true, false) => Standing::Failed,
        }
    }
}
