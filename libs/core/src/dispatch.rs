//! Which deliveries may be handled now: many at a time, but one at a time per key, in the order in which they came.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Keeps deliveries of one subscription in order per key while different keys go on side by side.
///
/// How to drive it:
/// 1. [`arrived`](Self::arrived) with each delivery, in the order of arrival;
/// 2. after that, and after each `finished`, take from [`start`](Self::start) until it gives None, and start each one;
/// 3. [`finished`](Self::finished) with the key of each one that is done, whatever came of it; or
/// 4. [`put_off`](Self::put_off) for one that is to be tried again later, and [`again`](Self::again) when it is time: the later ones
///    of its key wait, all others go on.
#[derive(Debug)]
pub struct Dispatch<K, D> {
    concurrency: usize,
    running: usize,
    ready: VecDeque<(Option<K>, D)>,
    /// The keys at work, each with the deliveries that wait for it.
    busy: HashMap<K, VecDeque<D>>,
}

impl<K: Eq + Hash + Clone, D> Dispatch<K, D> {
    /// At most `concurrency` deliveries are handled at a time; 0 counts as 1.
    pub fn new(concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), running: 0, ready: VecDeque::new(), busy: HashMap::new() }
    }

    /// Takes a delivery in. One without a key waits for nobody.
    pub fn arrived(&mut self, key: Option<K>, delivery: D) {
        if let Some(key) = &key {
            if let Some(waiting) = self.busy.get_mut(key) {
                return waiting.push_back(delivery);
            }
            self.busy.insert(key.clone(), VecDeque::new());
        }
        self.ready.push_back((key, delivery));
    }

    /// The next delivery to start, if one may start.
    pub fn start(&mut self) -> Option<(Option<K>, D)> {
        if !self.can_start() {
            return None;
        }
        let next = self.ready.pop_front()?;
        self.running += 1;
        Some(next)
    }

    /// Says that a started delivery is done, so that the next one of its key may start.
    pub fn finished(&mut self, key: Option<K>) {
        self.running = self.running.saturating_sub(1);
        let Some(key) = key else { return };
        match self.busy.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(delivery) => self.ready.push_back((Some(key), delivery)),
            None => {
                self.busy.remove(&key);
            }
        }
    }

    /// Says that a started delivery is to be tried again later. Its key stays taken: keep the delivery and bring it back with
    /// [`again`](Self::again).
    pub fn put_off(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Brings back a delivery that was put off. It goes before everything that has not started.
    pub fn again(&mut self, key: Option<K>, delivery: D) {
        self.ready.push_front((key, delivery));
    }

    /// Whether [`start`](Self::start) would give something.
    pub fn can_start(&self) -> bool {
        self.running < self.concurrency && !self.ready.is_empty()
    }

    /// How many are being handled.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Gives back everything that has not been started: what a drain returns to the broker.
    pub fn take_waiting(&mut self) -> Vec<D> {
        let mut waiting: Vec<D> = self.ready.drain(..).map(|(_, delivery)| delivery).collect();
        for queue in self.busy.values_mut() {
            waiting.extend(queue.drain(..));
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed::Seed;

    proptest! {
        #[test]
        fn every_delivery_starts_once_in_order_per_key_and_never_two_of_a_key_at_a_time(
            keys in proptest::collection::vec(proptest::option::of(0_u8..5), 0..60), concurrency in 1_usize..6, seed: u64,
        ) {
            let mut seed = Seed::new(seed);
            let mut dispatch = Dispatch::new(concurrency);
            let mut arrivals = keys.iter().copied().enumerate();
            let mut running: Vec<(Option<u8>, usize)> = Vec::new();
            let mut started: Vec<(Option<u8>, usize)> = Vec::new();
            loop {
                while let Some((key, delivery)) = dispatch.start() {
                    prop_assert!(key.is_none() || running.iter().all(|(other, _)| *other != key), "two of one key");
                    running.push((key, delivery));
                    started.push((key, delivery));
                }
                prop_assert!(running.len() <= concurrency);
                prop_assert_eq!(running.len(), dispatch.running());
                if seed.chance(500) && let Some((delivery, key)) = arrivals.next() {
                    dispatch.arrived(key, delivery);
                } else if !running.is_empty() {
                    let at = usize::try_from(seed.below(running.len() as u64)).unwrap();
                    let (key, _) = running.swap_remove(at);
                    dispatch.finished(key);
                } else if let Some((delivery, key)) = arrivals.next() {
                    dispatch.arrived(key, delivery);
                } else {
                    break;
                }
            }
            prop_assert_eq!(started.len(), keys.len());
            for key in 0..5 {
                let order: Vec<usize> = started.iter().filter(|(k, _)| *k == Some(key)).map(|(_, d)| *d).collect();
                prop_assert!(order.is_sorted(), "key {}: {:?}", key, order);
            }
            prop_assert!(dispatch.take_waiting().is_empty());
        }
    }

    #[test]
    fn one_that_is_put_off_holds_back_its_key_and_nothing_else() {
        let mut dispatch = Dispatch::new(1);
        dispatch.arrived(Some("a"), 1);
        dispatch.arrived(Some("a"), 2);
        dispatch.arrived(Some("b"), 3);
        assert_eq!(dispatch.start(), Some((Some("a"), 1)));
        dispatch.put_off();
        assert_eq!(dispatch.start(), Some((Some("b"), 3)), "the other key goes on");
        dispatch.arrived(Some("b"), 4);
        dispatch.finished(Some("b"));
        assert!(dispatch.can_start());
        dispatch.again(Some("a"), 1);
        assert_eq!(dispatch.start(), Some((Some("a"), 1)), "it goes before the others");
        dispatch.finished(Some("a"));
        assert_eq!([dispatch.start().unwrap().1, dispatch.start().is_none().into()], [4, 1], "one at a time");
        dispatch.finished(Some("b"));
        assert_eq!(dispatch.start(), Some((Some("a"), 2)));
    }

    #[test]
    fn a_drain_gives_back_what_was_not_started() {
        let mut dispatch = Dispatch::new(1);
        for delivery in 1..=3 {
            dispatch.arrived(Some("key"), delivery);
        }
        dispatch.arrived(None, 4);
        assert_eq!(dispatch.start(), Some((Some("key"), 1)));
        let mut waiting = dispatch.take_waiting();
        waiting.sort_unstable();
        assert_eq!(waiting, [2, 3, 4]);
    }
}
