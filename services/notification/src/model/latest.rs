//! Values that come out the same in whatever order, and however often, the events that set them arrive.

use fabric::{EventId, Metadata};
use jiff::Timestamp;

/// When an event happened, and which one it was: of two changes to one thing, the one with the later stamp counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    at: Timestamp,
    event: EventId,
}

impl Stamp {
    /// The stamp of an event.
    pub fn of(metadata: &Metadata) -> Self {
        Self::new(metadata.time, metadata.id)
    }

    /// The stamp of an event that happened at this time.
    pub fn new(at: Timestamp, event: EventId) -> Self {
        Self { at, event }
    }
}

/// The newest known value of something. An older one that comes later changes nothing.
#[derive(Debug, Clone)]
pub struct Latest<T>(Option<(Stamp, T)>);

impl<T> Latest<T> {
    /// Takes the value, unless a newer one is known.
    pub fn set(&mut self, stamp: Stamp, value: T) {
        if self.0.as_ref().is_none_or(|(newest, _)| *newest <= stamp) {
            self.0 = Some((stamp, value));
        }
    }

    /// The value, if any was set.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_gives_the_newest() {
        let stamp = |second: i64, number: u64| {
            Stamp::new(Timestamp::from_second(second).unwrap(), EventId::from_parts(number, [0; 10]))
        };
        let changes = [(stamp(1, 1), "first"), (stamp(2, 2), "second"), (stamp(2, 3), "same time, later event")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 2, 1]] {
            let mut latest = Latest::default();
            for index in order {
                latest.set(changes[index].0, changes[index].1);
            }
            assert_eq!(latest.get(), Some(&"same time, later event"), "{order:?}");
        }
    }
}
