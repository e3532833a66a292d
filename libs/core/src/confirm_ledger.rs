//! What became of each publish on one confirm channel.
//!
//! A broker answers a mandatory publish that no queue takes with a *return* and then a confirm. The client library hands a return
//! over together with whichever confirm completes next, not with its own, and completes the confirms of one "all up to here" in any
//! order. So neither "confirmed without a return" nor "confirmed with one" says anything about that publish alone.
//! The ledger therefore works in *windows*: it says what became of any publish only when every publish of the window has been
//! confirmed, since by then every return has arrived, and it matches returns by message id.

use std::collections::HashMap;

/// What the broker said of one publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The broker has taken responsibility for it.
    Ack,
    /// The broker refused it, such as for a full queue.
    Nack,
    /// The answer never came: the connection was lost or the deadline passed. It may or may not have been taken.
    Lost,
}

/// What became of one publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Confirmed, and every matching queue has it.
    Routed,
    /// Confirmed, and no queue wanted it.
    Unrouted,
    /// Refused: certainly not taken.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// The publishes of one window.
///
/// How to drive it:
/// 1. [`published`](Self::published) for each message of the window, before or after it is written;
/// 2. [`returned`](Self::returned) and [`answered`](Self::answered) as news comes, in any order;
/// 3. when [`is_complete`](Self::is_complete), or at the deadline, [`verdicts`](Self::verdicts) ends the window.
#[derive(Debug, Default)]
pub struct ConfirmLedger {
    entries: Vec<Entry>,
    by_message_id: HashMap<String, usize>,
    open: usize,
    stray_returns: usize,
}

#[derive(Debug)]
struct Entry {
    answer: Option<Answer>,
    returned: bool,
}

impl ConfirmLedger {
    /// Notes a publish and gives its index in the window. The message id must be unique in the window: false says that it is
    /// not, and the publish must wait for the next window.
    #[must_use]
    pub fn published(&mut self, message_id: &str) -> Option<usize> {
        if self.by_message_id.contains_key(message_id) {
            return None;
        }
        let index = self.entries.len();
        self.by_message_id.insert(message_id.to_owned(), index);
        self.entries.push(Entry { answer: None, returned: false });
        self.open += 1;
        Some(index)
    }

    /// Notes a returned message. One of no publish of this window is counted as a stray.
    pub fn returned(&mut self, message_id: &str) {
        match self.by_message_id.get(message_id).and_then(|index| self.entries.get_mut(*index)) {
            Some(entry) => entry.returned = true,
            None => self.stray_returns += 1,
        }
    }

    /// Notes the answer to the publish with this index. The first answer counts.
    pub fn answered(&mut self, index: usize, answer: Answer) {
        if let Some(entry) = self.entries.get_mut(index)
            && entry.answer.is_none()
        {
            entry.answer = Some(answer);
            self.open -= 1;
        }
    }

    /// Whether every publish has its answer.
    pub fn is_complete(&self) -> bool {
        self.open == 0
    }

    /// How many returns belonged to no publish of this window.
    pub fn stray_returns(&self) -> usize {
        self.stray_returns
    }

    /// What became of each publish, in their order.
    ///
    /// A publish without an answer is unknown. If a confirm of the window is missing, its return may be missing too, and it may
    /// have been riding on any other: then an ack without a return is unknown as well, unless nothing was lost.
    pub fn verdicts(self) -> Vec<Verdict> {
        let all_here = self.open == 0 && self.entries.iter().all(|entry| entry.answer != Some(Answer::Lost));
        self.entries
            .into_iter()
            .map(|entry| match (entry.answer, entry.returned) {
                (Some(Answer::Ack), true) => Verdict::Unrouted,
                (Some(Answer::Ack), false) if all_here => Verdict::Routed,
                (Some(Answer::Nack), _) => Verdict::Refused,
                (Some(Answer::Ack | Answer::Lost) | None, _) => Verdict::Unknown,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(ids: &[&str]) -> ConfirmLedger {
        let mut ledger = ConfirmLedger::default();
        for id in ids {
            assert!(ledger.published(id).is_some());
        }
        ledger
    }

    #[test]
    fn a_return_that_rides_on_another_confirm_still_finds_its_publish() {
        let mut ledger = window(&["a", "b", "c"]);
        ledger.answered(2, Answer::Ack);
        ledger.returned("a");
        ledger.answered(0, Answer::Ack);
        assert!(!ledger.is_complete());
        ledger.answered(1, Answer::Ack);
        assert!(ledger.is_complete());
        assert_eq!(ledger.verdicts(), [Verdict::Unrouted, Verdict::Routed, Verdict::Routed]);
    }

    #[test]
    fn with_an_answer_lost_an_ack_proves_nothing() {
        let mut ledger = window(&["a", "b", "c", "d"]);
        ledger.answered(0, Answer::Ack);
        ledger.answered(1, Answer::Lost);
        ledger.answered(2, Answer::Nack);
        ledger.returned("d");
        ledger.answered(3, Answer::Ack);
        assert_eq!(ledger.verdicts(), [Verdict::Unknown, Verdict::Unknown, Verdict::Refused, Verdict::Unrouted]);
    }

    #[test]
    fn the_same_message_id_waits_for_the_next_window() {
        let mut ledger = window(&["a"]);
        assert_eq!(ledger.published("a"), None);
        ledger.returned("z");
        assert_eq!(ledger.stray_returns(), 1);
    }

    proptest! {
        /// Against a model of the client library: returns are attached to confirms in any order.
        #[test]
        fn verdicts_never_depend_on_the_order_of_the_news(
            unroutable in proptest::collection::vec(any::<bool>(), 1..30), order in any::<u64>(),
        ) {
            let mut seed = crate::seed::Seed::new(order);
            let mut ledger = ConfirmLedger::default();
            let mut news: Vec<(usize, bool)> = Vec::new();
            for (index, unroutable) in unroutable.iter().enumerate() {
                prop_assert_eq!(ledger.published(&index.to_string()), Some(index));
                news.push((index, false));
                if *unroutable { news.push((index, true)); }
            }
            while !news.is_empty() {
                let (index, is_return) = news.swap_remove(usize::try_from(seed.below(news.len() as u64)).unwrap());
                if is_return { ledger.returned(&index.to_string()) } else { ledger.answered(index, Answer::Ack) }
            }
            let expected: Vec<Verdict> =
                unroutable.iter().map(|lost| if *lost { Verdict::Unrouted } else { Verdict::Routed }).collect();
            prop_assert_eq!(ledger.verdicts(), expected);
        }
    }
}
