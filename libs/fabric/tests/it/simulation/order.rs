//! Order per key: what may be handled when, and what beside what.
//!
//! A process that loses its connection, or its life, while a handler runs cannot keep the broker from giving the event to another one.
//! What was cut off like that proves nothing, in either direction. Everything else does.

use std::{collections::BTreeMap, time::Duration};

use fabric::EventId;
use fabric_memory::model::Answer;

use super::{
    promises::{History, id_of},
    world::{Call, Kind},
};

/// What is out of order in a subscription.
pub fn broken(kind: Kind, history: &History) -> Vec<String> {
    let calls: Vec<&Call> = history.calls.iter().filter(|call| call.kind == kind).collect();
    let mut broken = beside_itself_in_a_process(&calls);
    if kind.is_strict() {
        let world = &history.town.world;
        let whole: Vec<&Call> = calls.iter().copied().filter(|call| !world.was_cut(call)).collect();
        broken.extend(beside_itself(&whole));
        let ended = calls.into_iter().filter(|call| !world.was_cut_before_its_end(call));
        broken.extend(before_its_time(kind, history, &whole, &handled_at(ended)));
    }
    broken
}

/// In one process a key is handled one at a time, whatever happens.
fn beside_itself_in_a_process(calls: &[&Call]) -> Vec<String> {
    let mut by_process: BTreeMap<usize, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        by_process.entry(call.process).or_default().push(call);
    }
    by_process.values().flat_map(|calls| beside_itself(calls)).collect()
}

fn beside_itself(calls: &[&Call]) -> Vec<String> {
    let mut latest: BTreeMap<&str, &Call> = BTreeMap::new();
    let mut broken = Vec::new();
    for call in calls {
        let Some(before) = latest.get(call.key.as_str()) else {
            latest.insert(&call.key, call);
            continue;
        };
        if before.to.is_none_or(|to| to > call.from) {
            broken.push(format!("{call:?} was handled beside {before:?}"));
        }
        if before.to.is_some() && call.to.is_none_or(|to| Some(to) > before.to) {
            latest.insert(&call.key, call);
        }
    }
    broken
}

/// Nothing is handled before what was published before it is done: handled, or parked if the subscription goes on then.
fn before_its_time(
    kind: Kind,
    history: &History,
    whole: &[&Call],
    handled: &BTreeMap<EventId, Duration>,
) -> Vec<String> {
    let parked = parked_at(kind, history);
    let mut broken = Vec::new();
    for call in whole {
        let redriven = history.town.world.redriven_at(kind, call.id);
        if kind == Kind::Strict && redriven.is_some_and(|at| at <= call.from) {
            continue;
        }
        let earlier = history.fates.iter().filter(|fate| fate.key.as_ref() == Some(&call.key) && fate.id < call.id);
        for fate in earlier.filter(|fate| history.taken.contains(&fate.id)) {
            let by_then = |times: &BTreeMap<EventId, Duration>| times.get(&fate.id).is_some_and(|at| *at <= call.from);
            // Virtual time stands still while a copy is confirmed, so two events of a key may be parked at one moment, which leaves
            // their order to the queue's. With a broker over a network that takes time.
            let is_tied = parked.contains_key(&call.id) && parked.get(&call.id) == parked.get(&fate.id);
            if !is_tied && !by_then(handled) && (kind == Kind::Holding || !by_then(&parked)) {
                broken.push(format!("{call:?} was handled before {}", fate.id));
            }
        }
    }
    broken
}

fn handled_at<'c>(calls: impl Iterator<Item = &'c Call>) -> BTreeMap<EventId, Duration> {
    let mut handled: BTreeMap<EventId, Duration> = BTreeMap::new();
    for (id, to) in calls.filter(|call| call.is_handled).filter_map(|call| Some((call.id, call.to?))) {
        handled.entry(id).and_modify(|at| *at = to.min(*at)).or_insert(to);
    }
    handled
}

fn parked_at(kind: Kind, history: &History) -> BTreeMap<EventId, Duration> {
    let queue = format!("{}.parked", kind.name());
    let mut parked = BTreeMap::new();
    for sent in history.sent.iter().filter(|sent| sent.answer != Answer::Refused && sent.content.routing_key == queue) {
        if let Some(id) = id_of(&sent.content) {
            parked.entry(id).or_insert(sent.at);
        }
    }
    parked
}
