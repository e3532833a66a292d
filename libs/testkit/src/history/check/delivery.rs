//! Whether everything arrived where it must, nothing anywhere else, and effects once.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Delivery, Ledger};
use super::{Expected, Finding, Order, Parked, Verdict};

pub(super) fn check(ledger: &Ledger<'_>, expected: &Expected, parked: &Parked, verdict: &mut Verdict) {
    outcomes(ledger, verdict);
    arrivals(ledger, expected, parked, verdict);
    strangers(ledger, expected, parked, verdict);
    repetitions(ledger, verdict);
    parking(ledger, expected, parked, verdict);
}

fn outcomes(ledger: &Ledger<'_>, verdict: &mut Verdict) {
    let counts = &mut verdict.counts;
    for (event, published) in &ledger.published {
        counts.attempted += 1;
        match (published.acknowledged_us, published.uncertain) {
            (Some(_), _) => counts.acknowledged += 1,
            (None, true) => counts.unknown += 1,
            (None, false) => counts.failed += 1,
        }
        if published.contradicted {
            verdict.findings.push(Finding::IdReused { event: (*event).to_owned() });
        }
    }
}

fn arrivals(ledger: &Ledger<'_>, expected: &Expected, parked: &Parked, verdict: &mut Verdict) {
    // A subscription that records effects has to have one for every event.
    let with_effects: BTreeSet<&str> = ledger.effects.keys().map(|(subscription, _)| *subscription).collect();
    let arrived = |subscription: &str, event: &str| {
        let handled = ledger.handled.get(&(subscription, event)).is_some_and(|handled| handled.successes > 0);
        let in_effect = ledger.effects.get(&(subscription, event)).is_some_and(|times| *times > 0);
        handled && (in_effect || !with_effects.contains(subscription))
    };
    let acknowledged = ledger.published.iter().filter(|(_, published)| published.acknowledged_us.is_some());
    for (event, published) in acknowledged {
        for subscription in expected.subscriptions(published.topic) {
            verdict.counts.poison_sent += usize::from(published.poison);
            if !arrived(subscription, event) && !parked.contains(subscription, event) {
                verdict.counts.lost += 1;
                let (event, subscription) = named((subscription, event));
                verdict.findings.push(Finding::Lost { event, subscription });
            }
        }
    }
}

fn strangers(ledger: &Ledger<'_>, expected: &Expected, parked: &Parked, verdict: &mut Verdict) {
    let mut seen: BTreeSet<Delivery<'_>> = parked.iter().collect();
    seen.extend(ledger.handled.keys().chain(ledger.effects.keys()).chain(ledger.parked_us.keys()));
    for (subscription, event) in seen {
        let published = ledger.published.get(event);
        let may_be_there = published.is_some_and(|sent| sent.may_exist() && expected.reaches(sent.topic, subscription));
        if !may_be_there {
            verdict.counts.unexpected += 1;
            let (event, subscription) = named((subscription, event));
            verdict.findings.push(Finding::Unexpected { event, subscription });
        }
    }
}

fn repetitions(ledger: &Ledger<'_>, verdict: &mut Verdict) {
    let counts = &mut verdict.counts;
    for (delivery, handled) in &ledger.handled {
        counts.handled += usize::from(handled.successes > 0);
        counts.duplicated_transport += usize::from(handled.successes > 1);
        if handled.altered {
            counts.altered += 1;
            let (event, subscription) = named(*delivery);
            verdict.findings.push(Finding::Altered { event, subscription });
        }
    }
    let repeated: Vec<_> = ledger.effects.iter().filter(|(_, times)| **times > 1).collect();
    counts.duplicate_effects = (!ledger.effects.is_empty()).then_some(repeated.len());
    verdict.findings.extend(repeated.into_iter().map(|(delivery, times)| {
        let (event, subscription) = named(*delivery);
        Finding::EffectRepeated { event, subscription, times: *times }
    }));
}

fn parking(ledger: &Ledger<'_>, expected: &Expected, parked: &Parked, verdict: &mut Verdict) {
    // Where a key is held, what is parked of it may hold later events in the parked queue beside it.
    let mut held_from: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (subscription, event) in parked.iter() {
        if let Some(poison) = ledger.published.get(event).filter(|published| published.poison) {
            let first = held_from.entry((subscription, poison.key)).or_insert(poison.seq);
            *first = poison.seq.min(*first);
        }
    }
    for (subscription, event) in parked.iter() {
        verdict.counts.parked += 1;
        let Some(published) = ledger.published.get(event) else { continue };
        let is_held = expected.order_of(subscription) == Some(Order::PerKeyHoldingParked)
            && held_from.get(&(subscription, published.key)).is_some_and(|seq| *seq < published.seq);
        if !published.poison && !is_held {
            let (event, subscription) = named((subscription, event));
            verdict.findings.push(Finding::ParkedWithoutCause { event, subscription });
        }
    }
    for (delivery, handled) in &ledger.handled {
        let is_poison = ledger.published.get(delivery.1).is_some_and(|published| published.poison);
        let parked_first =
            |success_us| ledger.parked_us.get(delivery).is_some_and(|parked_us| *parked_us <= success_us);
        if is_poison && handled.first_success_us.is_some_and(|success_us| !parked_first(success_us)) {
            let (event, subscription) = named(*delivery);
            verdict.findings.push(Finding::PoisonHandled { event, subscription });
        }
    }
}

/// The event and the subscription, for a finding.
fn named((subscription, event): Delivery<'_>) -> (String, String) {
    (event.to_owned(), subscription.to_owned())
}
