//! Values that come out the same in whatever order, and however often, the events that set them arrive.

use jiff::Timestamp;

/// The newest known value of something. An older one that comes later changes nothing. Of two from the same time the
/// one that comes later counts: events about one thing come in their order.
#[derive(Debug, Clone)]
pub struct Latest<T>(Option<(Timestamp, T)>);

impl<T> Latest<T> {
    /// Takes the value that something had at a time, unless a newer one is known.
    pub fn set(&mut self, at: Timestamp, value: T) {
        if self.0.as_ref().is_none_or(|(newest, _)| *newest <= at) {
            self.0 = Some((at, value));
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
        let changes = [(1, "first"), (2, "second"), (3, "third")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 2, 1]] {
            let mut latest = Latest::default();
            for (second, value) in order.map(|index: usize| changes[index]) {
                latest.set(Timestamp::from_second(second).unwrap(), value);
            }
            assert_eq!(latest.get(), Some(&"third"), "{order:?}");
        }
    }
}
