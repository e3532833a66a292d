//! Values that come out the same in whatever order, and however often, the events that set them arrive.

use fabric_core::{EventId, Metadata};
use jiff::Timestamp;

/// When something was said, and by which event: the order of events of different topics, which no queue keeps. The id decides
/// between two of the same time, by which everybody comes to the same result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    /// When it happened.
    pub time: Timestamp,
    /// The event that said so.
    pub id: EventId,
}

impl Moment {
    /// The moment of an event.
    pub fn of(metadata: &Metadata) -> Self {
        Self { time: metadata.time, id: metadata.id }
    }
}

/// The newest known value of something. An older one that comes later changes nothing, and neither does the same one that comes
/// again.
///
/// ```
/// use fabric::{EventId, Latest, Moment};
/// use jiff::Timestamp;
///
/// let at = |second| Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(1, [0; 10]) };
/// let mut room = Latest::default();
/// assert!(room.set(at(2), "12b"));
/// assert!(!room.set(at(1), "7"));
/// assert_eq!(room.get(), Some(&"12b"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest<T>(Option<(Moment, T)>);

impl<T> Latest<T> {
    /// Takes the value that something had at a moment, unless a newer one is known: then this is false. When one event says two
    /// things, the second counts.
    pub fn set(&mut self, at: Moment, value: T) -> bool {
        let is_newer = self.at().is_none_or(|known| known <= at);
        if is_newer {
            self.0 = Some((at, value));
        }
        is_newer
    }

    /// The value, if any was set.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// When the value was set, if any was.
    pub fn at(&self) -> Option<Moment> {
        self.0.as_ref().map(|(at, _)| *at)
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

    fn moment(second: i64, id: u64) -> Moment {
        Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(id, [0; 10]) }
    }

    #[test]
    fn any_order_gives_the_newest() {
        let changes = [(moment(1, 9), "first"), (moment(2, 1), "second"), (moment(2, 2), "third")];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [2, 2, 1]] {
            let mut latest = Latest::default();
            for (at, value) in order.map(|index: usize| changes[index]) {
                latest.set(at, value);
            }
            assert_eq!((latest.at(), latest.get()), (Some(moment(2, 2)), Some(&"third")), "{order:?}");
        }
    }

    #[test]
    fn an_older_value_changes_nothing() {
        let mut latest = Latest::default();
        for (second, value, taken) in [(5, "a", true), (3, "b", false), (5, "c", true), (7, "d", true), (6, "e", false)]
        {
            assert_eq!(latest.set(moment(second, 1), value), taken, "{value}");
        }
        assert_eq!(latest.get(), Some(&"d"));
    }
}
