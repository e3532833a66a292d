//! The newest of what was said about one thing. Events come more than once, and those of different topics in any order.

use jiff::Timestamp;

/// A value with the time of the event that said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest<T> {
    at: Timestamp,
    value: T,
}

impl<T> Latest<T> {
    /// What was said at a time.
    pub fn new(at: Timestamp, value: T) -> Self {
        Self { at, value }
    }

    /// When it was said.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What was said.
    pub fn value(&self) -> &T {
        &self.value
    }
}

/// Puts a value where there is none, or one that is not newer. False when it came too late.
///
/// Of two events of the same time the one that comes later is believed: events of one key come in their order.
pub fn offer<T>(slot: &mut Option<Latest<T>>, at: Timestamp, value: T) -> bool {
    let is_newer = slot.as_ref().is_none_or(|known| known.at <= at);
    if is_newer {
        *slot = Some(Latest { at, value });
    }
    is_newer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_value_changes_nothing() {
        let mut slot = None;
        for (second, value, taken) in [(5, "a", true), (3, "b", false), (5, "c", true), (7, "d", true), (6, "e", false)]
        {
            assert_eq!(offer(&mut slot, Timestamp::from_second(second).unwrap(), value), taken, "{value}");
        }
        assert_eq!(slot.map(|latest| latest.value), Some("d"));
    }
}
