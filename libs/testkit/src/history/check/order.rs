//! Whether ordered subscriptions kept their order.

use std::collections::BTreeMap;

use super::ledger::{Delivery, Ledger, Published};
use super::{Expected, Finding, Order, Parked, Verdict};
use crate::history::entry::Fact;

pub(super) fn check(ledger: &Ledger<'_>, expected: &Expected, parked: &Parked, verdict: &mut Verdict) {
    for (subscription, order) in expected.orders() {
        let findings = reordered(ledger, subscription, order, parked);
        verdict.counts.reordered += findings.len();
        verdict.findings.extend(findings);
        let findings = overlapped(ledger, subscription);
        verdict.counts.overlapped += findings.len();
        verdict.findings.extend(findings);
    }
}

/// Events of one key that were handled, by when.
type Settled<'a> = Vec<(u64, &'a str, &'a Published<'a>)>;

/// For every event that came too late one finding, with one of the later events that came before it.
fn reordered(ledger: &Ledger<'_>, subscription: &str, order: Order, parked: &Parked) -> Vec<Finding> {
    let mut keys: BTreeMap<&str, Settled<'_>> = BTreeMap::new();
    for (event, published) in &ledger.published {
        if let Some(at_us) = settled_us(ledger, (subscription, event), order, parked) {
            keys.entry(published.key).or_default().push((at_us, event, published));
        }
    }
    let mut findings = Vec::new();
    for (key, mut settled) in keys {
        settled.sort_by_key(|(at_us, _, published)| (*at_us, published.seq));
        let mut before: BTreeMap<u64, (&str, &Published<'_>)> = BTreeMap::new();
        for (_, event, published) in settled {
            let mut later = before.range(published.seq.saturating_add(1)..);
            if let Some((_, (after, _))) = later.find(|(_, (_, later))| published.precedes(later)) {
                findings.push(Finding::Reordered {
                    event: event.to_owned(),
                    after: (*after).to_owned(),
                    key: key.to_owned(),
                    subscription: subscription.to_owned(),
                });
            }
            before.insert(published.seq, (event, published));
        }
    }
    findings
}

/// From when on later events of the key may be handled; `None` when this one has no place in the order.
fn settled_us(ledger: &Ledger<'_>, delivery: Delivery<'_>, order: Order, parked: &Parked) -> Option<u64> {
    let success_us = ledger.handled.get(&delivery).and_then(|handled| handled.first_success_us);
    let parked_us = ledger.parked_us.get(&delivery);
    match order {
        Order::PerKey => success_us.filter(|success_us| parked_us.is_none_or(|parked_us| parked_us > success_us)),
        Order::PerKeyHoldingParked => {
            let is_parked = parked_us.is_some() || parked.contains(delivery.0, delivery.1);
            success_us.or(is_parked.then_some(u64::MAX))
        }
    }
}

/// For every handling that began before another of its key had ended one finding. The handlings of processes that died
/// have no end, and nothing can be said of them.
fn overlapped(ledger: &Ledger<'_>, subscription: &str) -> Vec<Finding> {
    let mut latest: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    let mut findings = Vec::new();
    for act in &ledger.acts {
        let Fact::Handle { subscription: whose, event, key, .. } = act.fact else { continue };
        let Some((end_us, _)) = act.end.filter(|_| whose == subscription) else { continue };
        let (latest_end_us, with) = latest.entry(key).or_insert((0, event));
        if act.begun_us < *latest_end_us {
            findings.push(Finding::Overlapped {
                event: event.clone(),
                with: (*with).to_owned(),
                key: key.clone(),
                subscription: subscription.to_owned(),
            });
        }
        if end_us > *latest_end_us {
            (*latest_end_us, *with) = (end_us, event);
        }
    }
    findings
}
