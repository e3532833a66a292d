//! Who changed what, and when: the newest entries, in the order in which they came.

use std::collections::VecDeque;

use fabric::{ActorId, EventId, Metadata, Topic, core::name::SubjectId};
use jiff::Timestamp;
use serde::Serialize;

/// How many entries are kept for each tenant. Older ones are in the events themselves.
pub const ENTRIES_MAX: usize = 10_000;

/// The newest entries.
#[derive(Debug, Default)]
pub struct AuditTrail {
    entries: VecDeque<AuditEntry>,
}

/// One change. It says that something was changed, not to what.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The event.
    pub event_id: EventId,
    /// What kind of change.
    pub topic: Topic,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor_id: Option<ActorId>,
    /// The person whom it is about.
    pub subject_id: Option<SubjectId>,
    /// The event that it is a reaction to.
    pub causation_id: Option<EventId>,
}

impl AuditTrail {
    /// Adds an entry, and forgets the oldest when there are too many.
    pub fn add(&mut self, entry: AuditEntry) {
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// The newest entries, newest first.
    pub fn newest(&self, limit: usize) -> Vec<AuditEntry> {
        self.entries.iter().rev().take(limit).cloned().collect()
    }
}

impl From<&Metadata> for AuditEntry {
    fn from(metadata: &Metadata) -> Self {
        Self {
            event_id: metadata.id,
            topic: metadata.topic.clone(),
            at: metadata.time,
            actor_id: metadata.actor.clone(),
            subject_id: metadata.subject.clone(),
            causation_id: metadata.causation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_are_forgotten() {
        let mut trail = AuditTrail::default();
        let entry = |number| AuditEntry {
            event_id: EventId::from_parts(number, [0; 10]),
            topic: Topic::try_new("gradebook.grade.posted").unwrap(),
            at: Timestamp::UNIX_EPOCH,
            actor_id: None,
            subject_id: None,
            causation_id: None,
        };
        for number in 0..=ENTRIES_MAX as u64 {
            trail.add(entry(number));
        }
        let all = trail.newest(usize::MAX);
        assert_eq!(all.len(), ENTRIES_MAX);
        assert_eq!((all.first(), all.last()), (Some(&entry(ENTRIES_MAX as u64)), Some(&entry(1))));
        assert_eq!(trail.newest(2).len(), 2);
    }
}
