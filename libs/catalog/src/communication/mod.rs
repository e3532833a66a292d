//! Communication: letters between families and school, announcements, conferences, and who wants to be told what.

mod announcement;
mod conference;
mod conversation;
mod message;
mod preference;

pub use announcement::{AnnouncementAudience, AnnouncementEdited, AnnouncementPublished, AnnouncementUnpublished};
pub use conference::{
    ConferenceCancelled, ConferenceKind, ConferencePlace, ConferenceRescheduled, ConferenceScheduled,
};
pub use conversation::{ConversationCreated, ConversationKind, ParticipantAdded};
pub use message::{MessageDeleted, MessageDelivered, MessageEdited, MessageRead, MessageSent};
pub use preference::{NoticeCategory, NotificationPreferenceUpdated, Pace, Preference, QuietHours};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] =
    &[announcement::EVENTS, conference::EVENTS, conversation::EVENTS, message::EVENTS, preference::EVENTS];
