//! A value that its watchers are told of in the order in which they came.

use tokio::sync::watch;

/// A value and who watches it.
///
/// The receivers of one watch channel are woken in an order that chance decides, and then a simulation never runs twice the same
/// way. So each watcher has a channel of its own. Clones of a receiver share theirs: tasks should ask for one each.
#[derive(Debug)]
pub(crate) struct Announced<T> {
    value: T,
    watchers: Vec<watch::Sender<T>>,
}

impl<T: Clone + PartialEq> Announced<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value, watchers: Vec::new() }
    }

    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    /// The value now and whenever it changes, for one more watcher.
    pub(crate) fn watch(&mut self) -> watch::Receiver<T> {
        self.watchers.retain(|watcher| !watcher.is_closed());
        let (watcher, receiver) = watch::channel(self.value.clone());
        self.watchers.push(watcher);
        receiver
    }

    /// Tells everybody who still watches, if it is news.
    pub(crate) fn tell(&mut self, value: T) {
        if value != self.value {
            self.watchers.retain(|watcher| watcher.send(value.clone()).is_ok());
            self.value = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_see_changes_only_and_are_forgotten_when_they_go() {
        let mut announced = Announced::new(1);
        let (mut one, other) = (announced.watch(), announced.watch());
        announced.tell(1);
        assert!(!one.has_changed().unwrap());
        announced.tell(2);
        assert_eq!((*one.borrow_and_update(), *other.borrow(), *announced.value()), (2, 2, 2));
        drop(other);
        let late = announced.watch();
        assert_eq!((announced.watchers.len(), *late.borrow()), (2, 2));
        drop((one, late));
        announced.tell(3);
        assert!(announced.watchers.is_empty());
    }
}
