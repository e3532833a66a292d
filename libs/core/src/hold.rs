//! Which keys are held because an event of theirs is parked, and what may pass.
//!
//! The parked queue is the truth: when a consumer starts, it reads it and tells [`Holds`] what is there. From then on the holds follow
//! what the consumer parks, and what is redriven. Since a strict queue has one active consumer, no one else changes it.

use std::{collections::HashMap, hash::Hash};

use jiff::Timestamp;

/// The keys that are held, each with its parked events, the oldest first.
///
/// An event's place is since when it is parked. It keeps that through redrives, so what is redriven finds its place again also with a
/// consumer that began after it was sent, and has not seen it in the parked queue.
///
/// How to drive it:
/// 1. [`parked`](Self::parked) with everything in the parked queue;
/// 2. before an event of a key is handled, ask [`passage`](Self::passage), and do what it says;
/// 3. [`parked`](Self::parked) when its copy in the parked queue is confirmed, [`resolved`](Self::resolved) when it was handled.
#[derive(Debug)]
pub struct Holds<K> {
    keys: HashMap<K, Vec<Parked>>,
}

#[derive(Debug)]
struct Parked {
    place: Timestamp,
    id: String,
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
    /// It was parked since then, and another event of its key may still be parked before it.
    Since(Timestamp),
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
        let known = parked.iter().position(|parked| parked.id == id);
        let before = match redriven {
            Redriven::No if known.is_some() => return Passage::Parked,
            Redriven::No => parked.len(),
            Redriven::Since(place) => known.unwrap_or_else(|| number_until(parked, place)),
            Redriven::AsOldest => {
                // What stood before it has been dropped or redriven by somebody who could see it.
                parked.drain(..known.unwrap_or_default());
                0
            }
        };
        match parked.first() {
            Some(oldest) if before > 0 => Passage::Behind(oldest.id.clone()),
            _ => Passage::Pass,
        }
    }

    /// Notes that an event of a key is parked since `place`. One that is parked again keeps its place.
    pub fn parked(&mut self, key: K, id: &str, place: Timestamp) {
        let parked = self.keys.entry(key).or_default();
        if !parked.iter().any(|other| other.id == id) {
            parked.insert(number_until(parked, place), Parked { place, id: id.to_owned() });
        }
    }

    /// Notes that an event was handled. A key without parked events is free again.
    pub fn resolved(&mut self, key: &K, id: &str) {
        if let Some(parked) = self.keys.get_mut(key) {
            parked.retain(|other| other.id != id);
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

/// How many are parked before what is parked since `place`. What has the same place came before it.
fn number_until(parked: &[Parked], place: Timestamp) -> usize {
    parked.partition_point(|other| other.place <= place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn since(second: i64) -> Redriven {
        Redriven::Since(at(second))
    }

    fn held(ids: &[&str]) -> Holds<&'static str> {
        let mut holds = Holds::default();
        for id in ids {
            holds.parked("key", id, at(id.parse().unwrap()));
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
            ("key", "1", since(1), Passage::Pass),
            ("key", "2", since(2), behind("1")),
            ("key", "2", Redriven::AsOldest, Passage::Pass),
            // Sent back before this consumer learnt what is parked.
            ("key", "0", since(0), Passage::Pass),
            ("key", "0", Redriven::AsOldest, Passage::Pass),
            ("key", "9", since(9), behind("1")),
            ("key", "9", since(1), behind("1")),
            ("other", "9", since(9), Passage::Pass),
        ];
        for (key, id, redriven, expected) in table {
            assert_eq!(held(&["1", "2"]).passage(&key, id, redriven), expected, "{key} {id} {redriven:?}");
        }
    }

    #[test]
    fn a_key_is_free_when_its_last_parked_event_is_resolved() {
        let mut holds = held(&["1", "2"]);
        holds.parked("key", "1", at(7));
        holds.resolved(&"key", "1");
        assert_eq!(holds.passage(&"key", "2", since(2)), Passage::Pass, "the next one is the oldest now");
        assert_eq!((holds.len(), holds.is_empty()), (1, false));
        holds.resolved(&"key", "2");
        assert_eq!(holds.passage(&"key", "9", Redriven::No), Passage::Pass);
        assert!(holds.is_empty());
    }

    #[test]
    fn what_fails_again_finds_its_place_also_when_nobody_knew_it() {
        let behind = Passage::Behind("1".to_owned());
        for known in [&[][..], &["2", "3"]] {
            let mut holds = held(known);
            assert_eq!(holds.passage(&"key", "1", Redriven::AsOldest), Passage::Pass);
            holds.parked("key", "1", at(1));
            assert_eq!(holds.passage(&"key", "2", since(2)), behind, "{known:?}");
        }
        assert_eq!(held(&["3", "1", "2"]).passage(&"key", "3", since(3)), behind);
    }

    #[test]
    fn what_was_dropped_before_the_oldest_is_forgotten() {
        let mut holds = held(&["1", "2", "3"]);
        assert_eq!(holds.passage(&"key", "2", Redriven::AsOldest), Passage::Pass);
        holds.resolved(&"key", "2");
        assert_eq!(holds.passage(&"key", "3", since(3)), Passage::Pass);
    }
}
