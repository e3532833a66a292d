//! Which keys are held because an event of theirs is parked, and what may pass.
//!
//! The parked queue is the truth: when a consumer starts, it reads it and tells [`Holds`] what is there. From then on the holds follow
//! what the consumer parks, and what is redriven. Since a strict queue has one active consumer, no one else changes it.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The keys that are held, each with the ids of its parked events, the oldest first.
///
/// How to drive it:
/// 1. [`parked`](Self::parked) with everything in the parked queue, in the order in which it was parked;
/// 2. before an event of a key is handled, ask [`passage`](Self::passage), and do what it says;
/// 3. [`parked`](Self::parked) when its copy in the parked queue is confirmed, [`resolved`](Self::resolved) when it was handled.
#[derive(Debug)]
pub struct Holds<K> {
    keys: HashMap<K, VecDeque<String>>,
}

/// What may be done with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// Handle it.
    Pass,
    /// Park it behind the event with this id.
    Behind(String),
    /// It is parked already: this is a copy whose acknowledgement was lost.
    Parked,
}

/// What is known of a redriven event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redriven {
    /// It comes from its publisher.
    No,
    /// It was parked, and another event of its key may still be parked before it.
    Yes,
    /// It was parked, and whoever redrove it saw that nothing of its key is parked before it any more.
    AsOldest,
}

impl<K> Default for Holds<K> {
    fn default() -> Self {
        Self { keys: HashMap::new() }
    }
}

impl<K: Eq + Hash + Clone> Holds<K> {
    /// Says whether an event may be handled now.
    pub fn passage(&mut self, key: &K, id: &str, redriven: Redriven) -> Passage {
        let Some(parked) = self.keys.get_mut(key) else { return Passage::Pass };
        let place = parked.iter().position(|parked| parked == id);
        match (redriven, place) {
            (Redriven::AsOldest, place) => {
                // What stood before it has been dropped or redriven by somebody who could see it.
                parked.drain(..place.unwrap_or_default());
                Passage::Pass
            }
            // Not among the parked ones: it was resolved before, and this is the same redrive again.
            (Redriven::Yes, Some(0) | None) => Passage::Pass,
            (Redriven::No, Some(_)) => Passage::Parked,
            (Redriven::Yes, Some(_)) | (Redriven::No, None) => {
                parked.front().map_or(Passage::Pass, |oldest| Passage::Behind(oldest.clone()))
            }
        }
    }

    /// Notes that an event of a key is parked. One that is parked again keeps its place.
    pub fn parked(&mut self, key: K, id: &str) {
        let parked = self.keys.entry(key).or_default();
        if !parked.iter().any(|other| other == id) {
            parked.push_back(id.to_owned());
        }
    }

    /// Notes that an event was handled. A key without parked events is free again.
    pub fn resolved(&mut self, key: &K, id: &str) {
        if let Some(parked) = self.keys.get_mut(key) {
            parked.retain(|other| other != id);
            if parked.is_empty() {
                self.keys.remove(key);
            }
        }
    }

    /// How many keys are held.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is held.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(ids: &[&str]) -> Holds<&'static str> {
        let mut holds = Holds::default();
        for id in ids {
            holds.parked("key", id);
        }
        holds
    }

    #[test]
    fn later_events_of_a_held_key_wait_and_other_keys_flow() {
        let behind = |id: &str| Passage::Behind(id.to_owned());
        let table = [
            ("other", "9", Redriven::No, Passage::Pass),
            ("key", "9", Redriven::No, behind("1")),
            ("key", "1", Redriven::No, Passage::Parked),
            ("key", "2", Redriven::No, Passage::Parked),
            ("key", "1", Redriven::Yes, Passage::Pass),
            ("key", "2", Redriven::Yes, behind("1")),
            ("key", "9", Redriven::Yes, Passage::Pass),
            ("key", "2", Redriven::AsOldest, Passage::Pass),
        ];
        for (key, id, redriven, expected) in table {
            assert_eq!(held(&["1", "2"]).passage(&key, id, redriven), expected, "{key} {id} {redriven:?}");
        }
    }

    #[test]
    fn a_key_is_free_when_its_last_parked_event_is_resolved() {
        let mut holds = held(&["1", "2"]);
        holds.parked("key", "1");
        holds.resolved(&"key", "1");
        assert_eq!(holds.passage(&"key", "2", Redriven::Yes), Passage::Pass, "the next one is the oldest now");
        assert_eq!((holds.len(), holds.is_empty()), (1, false));
        holds.resolved(&"key", "2");
        assert_eq!(holds.passage(&"key", "9", Redriven::No), Passage::Pass);
        assert!(holds.is_empty());
    }

    #[test]
    fn what_was_dropped_before_the_oldest_is_forgotten() {
        let mut holds = held(&["1", "2", "3"]);
        assert_eq!(holds.passage(&"key", "2", Redriven::AsOldest), Passage::Pass);
        holds.resolved(&"key", "2");
        assert_eq!(holds.passage(&"key", "3", Redriven::Yes), Passage::Pass);
    }
}
