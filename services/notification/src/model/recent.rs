//! A map that forgets.

use std::collections::{HashMap, VecDeque};

use fabric_catalog::values::Id;

/// The `LENGTH_MAX` things that came last, by their ids. When there are more, the oldest is forgotten.
#[derive(Debug)]
pub struct Recent<T, const LENGTH_MAX: usize> {
    by_id: HashMap<Id, T>,
    order: VecDeque<Id>,
}

impl<T, const LENGTH_MAX: usize> Recent<T, LENGTH_MAX> {
    /// The thing of this id.
    pub fn get(&self, id: &Id) -> Option<&T> {
        self.by_id.get(id)
    }

    /// The thing of this id, to be changed.
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut T> {
        self.by_id.get_mut(id)
    }

    /// The thing of this id, which is made if it is not there.
    pub fn get_or_insert(&mut self, id: &Id, make: impl FnOnce() -> T) -> &mut T {
        if !self.by_id.contains_key(id) {
            self.order.push_back(id.clone());
            if self.order.len() > LENGTH_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_id.remove(&oldest);
            }
        }
        self.by_id.entry(id.clone()).or_insert_with(make)
    }
}

impl<T, const LENGTH_MAX: usize> Default for Recent<T, LENGTH_MAX> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), order: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut recent: Recent<u8, 2> = Recent::default();
        let ids = ["a", "b", "a", "c"].map(|id| Id::try_new(id).unwrap());
        for (id, value) in ids.iter().zip(1..) {
            recent.get_or_insert(id, || value);
        }
        let [a, b, _, c] = &ids;
        assert_eq!((recent.get(a), recent.get(b), recent.get(c)), (None, Some(&2), Some(&4)));
    }
}
