//! What must be true at the end, whatever happened.

use std::collections::BTreeMap;

use fabric::{EventId, Pattern, Published, core::message::Outgoing};
use fabric_testkit::harness::tenant;
use jiff::Timestamp;

use super::{
    History,
    plan::Fate,
    world::{Call, SUBSCRIPTIONS},
};

/// The promises that were broken, each with what it was broken for.
pub async fn broken(history: &History) -> Vec<String> {
    let mut broken = Vec::new();
    for subscription in SUBSCRIPTIONS {
        let calls: Vec<&Call> = history.calls.iter().filter(|call| call.subscription == subscription).collect();
        let parked = history.harness.parked(subscription);
        for fate in history.fates.iter().filter(|fate| fate.key.is_some()) {
            broken.extend(lost_or_made_up(subscription, fate, &calls, &parked));
        }
        broken.extend(out_of_order(subscription, history, &calls));
        broken.extend(beside_itself(subscription, &calls));
    }
    broken.extend(left_over(history));
    broken.extend(unrouted_and_not_kept(history));
    broken.extend(forgotten_by_the_cache(history).await);
    broken
}

fn is_in(messages: &[std::sync::Arc<Outgoing>], id: EventId) -> bool {
    let id = id.to_string();
    messages.iter().any(|message| message.message.properties.message_id.as_ref() == Some(&id))
}

/// A confirmed event is handled or parked by every subscription; one that was certainly not taken is seen by none.
fn lost_or_made_up(
    subscription: &str,
    fate: &Fate,
    calls: &[&Call],
    parked: &[std::sync::Arc<Outgoing>],
) -> Option<String> {
    let is_handled = calls.iter().any(|call| call.id == fate.id && call.is_handled);
    let is_seen = calls.iter().any(|call| call.id == fate.id);
    if fate.is_confirmed() && !is_handled && !is_in(parked, fate.id) {
        return Some(format!("{subscription} has lost {fate:?}"));
    }
    (fate.is_certainly_not_taken() && is_seen).then(|| format!("{subscription} has seen {fate:?}, which was not taken"))
}

/// First calls of a key come in the order of publishing.
fn out_of_order(subscription: &str, history: &History, calls: &[&Call]) -> Vec<String> {
    let published: Vec<EventId> = history.fates.iter().map(|fate| fate.id).collect();
    let place = |id: EventId| published.iter().position(|published| *published == id);
    let mut last: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    let mut seen: Vec<EventId> = Vec::new();
    let mut broken = Vec::new();
    for call in calls {
        if seen.contains(&call.id) {
            continue;
        }
        seen.push(call.id);
        let before = last.insert(&call.key, place(call.id)).flatten();
        if before > place(call.id) {
            broken.push(format!("{subscription} got {call:?} after a later one of its key"));
        }
    }
    broken
}

/// One key is handled one at a time.
fn beside_itself(subscription: &str, calls: &[&Call]) -> Vec<String> {
    let mut last: BTreeMap<&str, &Call> = BTreeMap::new();
    let mut broken = Vec::new();
    for call in calls {
        if let Some(before) = last.insert(&call.key, call)
            && before.to.is_none_or(|to| to > call.from)
        {
            broken.push(format!("{subscription} handled {call:?} beside {before:?}"));
        }
    }
    broken
}

/// Nothing stays in work and wait queues, and nothing in hand.
fn left_over(history: &History) -> Vec<String> {
    let memory = history.harness.broker();
    let is_for_good = |queue: &String| queue.ends_with(".parked") || queue == "events.unrouted";
    let queues = memory.queue_names().into_iter().filter(|queue| !is_for_good(queue));
    let left = queues.map(|queue| (memory.contents(&queue).len(), queue)).filter(|(count, _)| *count > 0);
    let mut broken: Vec<String> = left.map(|(count, queue)| format!("{count} are left in {queue}")).collect();
    let held = history.harness.host().activity().in_hand();
    broken.extend((held > 0).then(|| format!("{held} deliveries are still in hand")));
    broken.extend(history.calls.iter().filter(|call| call.to.is_none()).map(|call| format!("{call:?} never ended")));
    broken
}

fn unrouted_and_not_kept(history: &History) -> Vec<String> {
    let kept = history.harness.unrouted();
    let is_unrouted = |fate: &&Fate| fate.answers.iter().any(|answer| matches!(answer, Ok(Published::Unrouted(_))));
    let lost = history.fates.iter().filter(is_unrouted).filter(|fate| !is_in(&kept, fate.id));
    lost.map(|fate| format!("{fate:?} is not kept")).collect()
}

/// The last known event of each topic is the newest of those that were confirmed.
async fn forgotten_by_the_cache(history: &History) -> Vec<String> {
    let last = history.harness.fabric_as("school").last(tenant(), Pattern::everything()).await.unwrap();
    let mut broken = Vec::new();
    for (topic, is_mark) in [("school.mark.given", true), ("office.desk.tidied", false)] {
        let recorded = history.harness.broker().recorded();
        let time_of = |fate: &Fate| {
            let id = Some(fate.id.to_string());
            let sent = recorded
                .iter()
                .rfind(|sent| sent.content.message.properties.message_id == id && !sent.content.exchange.is_empty());
            sent.and_then(|sent| sent.content.message.headers.text("cloudEvents_time")?.parse::<Timestamp>().ok())
        };
        let confirmed = history.fates.iter().filter(|fate| fate.key.is_some() == is_mark && fate.is_confirmed());
        let newest = confirmed.map(|fate| (time_of(fate), fate.id)).max();
        let known = last.iter().find(|last| last.event.metadata.topic.as_str() == topic);
        let known = known.map(|last| (Some(last.event.metadata.time), last.event.metadata.id));
        if known != newest {
            broken.push(format!("the last known {topic} is {known:?} and should be {newest:?}"));
        }
    }
    broken
}
