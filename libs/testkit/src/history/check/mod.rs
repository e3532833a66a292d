//! Judging a history: a pure function of what was recorded, what was expected and what is left.

mod delivery;
mod expected;
mod ledger;
mod order;
mod recovery;
mod verdict;

use super::entry::Entry;
pub use expected::{Expected, Order, Parked};
use ledger::Ledger;
pub use verdict::{Counts, Finding, Verdict};

/// Holds a finished history against what was expected. `entries` come in the order of time, as
/// [`History`](super::History) has them, and `parked` is what the parked queues hold at the end.
///
/// - A publish without a certain outcome may have taken effect or not: its event may arrive any number of times or never.
/// - Order is demanded of events of one key of which the earlier was confirmed before the later was begun; a driver that
///   wants to see it checked keeps one publish per key under way.
/// - The time of a handling is that of its first success. An event recorded as parked before that has left the order,
///   unless its subscription [holds](Order::PerKeyHoldingParked) the key meanwhile.
pub fn check(entries: &[Entry], expected: &Expected, parked: &Parked) -> Verdict {
    let ledger = Ledger::new(entries);
    let mut verdict = Verdict::default();
    delivery::check(&ledger, expected, parked, &mut verdict);
    order::check(&ledger, expected, parked, &mut verdict);
    recovery::check(&ledger, &mut verdict);
    verdict
}
