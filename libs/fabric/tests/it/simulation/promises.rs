//! What must be true at the end, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use fabric::{
    EventId, Pattern, Published,
    core::{message::Outgoing, topology::names::leads_to_one_queue},
};
use fabric_memory::model::{Answer, Place, Recorded};
use jiff::Timestamp;

use super::{
    order,
    plan::Fate,
    town::{Town, name, tenant},
    world::{Call, Kind},
};

/// Everything that happened under one seed.
pub struct History<'t> {
    pub town: &'t Town,
    pub calls: Vec<Call>,
    pub fates: Vec<Fate>,
    pub sent: Vec<Recorded>,
    /// The events that the broker has taken from their publishers.
    pub taken: BTreeSet<EventId>,
}

impl<'t> History<'t> {
    pub fn of(town: &'t Town, fates: Vec<Fate>) -> Self {
        let sent = town.broker.recorded();
        let is_taken = |sent: &&Recorded| {
            let is_ours =
                !leads_to_one_queue(&sent.content.exchange) && !sent.content.routing_key.starts_with("fabric.");
            is_ours && sent.answer != Answer::Refused
        };
        let taken = sent.iter().filter(is_taken).filter_map(|sent| id_of(&sent.content)).collect();
        Self { town, calls: town.world.calls(), fates, taken, sent }
    }

    fn marks(&self) -> impl Iterator<Item = &Fate> {
        self.fates.iter().filter(|fate| fate.key.is_some())
    }

    fn is_handled(&self, kind: Kind, id: EventId) -> bool {
        self.calls.iter().any(|call| call.kind == kind && call.id == id && call.is_handled)
    }

    fn parked(&self, kind: Kind) -> BTreeMap<EventId, String> {
        let contents = self.town.broker.contents(&format!("{}.parked", kind.name()));
        let cause =
            |message: &Outgoing| message.message.headers.text("fabric-fault-type").unwrap_or_default().to_owned();
        contents.iter().filter_map(|(_, message)| Some((id_of(message)?, cause(message)))).collect()
    }
}

/// The id that a message was published with.
pub fn id_of(message: &Outgoing) -> Option<EventId> {
    message.message.properties.message_id.as_deref()?.parse().ok()
}

/// What is broken once everything has come to rest, before what is parked is sent back.
pub fn broken_at_rest(history: &History) -> Vec<String> {
    let mut broken = Vec::new();
    for kind in &history.town.world.shape.kinds {
        broken.extend(lost_or_made_up(*kind, history));
        broken.extend(wrongly_parked(*kind, history));
    }
    broken
}

/// What is broken at the very end, when everything that was parked has been sent back and handled.
pub async fn broken_at_the_end(history: &History<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for kind in &history.town.world.shape.kinds {
        let confirmed = history.marks().filter(|fate| fate.is_confirmed());
        let unhandled = confirmed.filter(|fate| !history.is_handled(*kind, fate.id));
        broken.extend(unhandled.map(|fate| format!("{} never handled {fate:?}", kind.name())));
        let parked = history.parked(*kind);
        broken.extend((!parked.is_empty()).then(|| format!("{} still parks {parked:?}", kind.name())));
        broken.extend(order::broken(*kind, history));
    }
    broken.extend(left_over(history));
    broken.extend(unrouted_and_not_kept(history));
    broken.extend(forgotten_by_the_cache(history).await);
    broken
}

/// A confirmed event is handled or parked by every subscription; one that was not taken is seen by none.
fn lost_or_made_up(kind: Kind, history: &History) -> Vec<String> {
    let (parked, name) = (history.parked(kind), kind.name());
    let known: BTreeSet<EventId> = history.marks().map(|fate| fate.id).collect();
    let lost = history
        .marks()
        .filter(|fate| fate.is_confirmed() && !history.is_handled(kind, fate.id) && !parked.contains_key(&fate.id));
    let lost = lost.map(|fate| format!("{name} has lost {fate:?}"));
    let seen = history.calls.iter().filter(|call| call.kind == kind).map(|call| call.id).chain(parked.keys().copied());
    let made_up = seen.filter(|id| !history.taken.contains(id) || !known.contains(id));
    lost.chain(made_up.map(|id| format!("{name} has seen {id}, which was not taken"))).collect()
}

/// Poison is parked, and what is sound is not, unless it is held.
fn wrongly_parked(kind: Kind, history: &History) -> Vec<String> {
    let (parked, world) = (history.parked(kind), &history.town.world);
    let mut broken = Vec::new();
    for fate in history.marks().filter(|fate| fate.is_confirmed()) {
        let cause = parked.get(&fate.id).map(String::as_str);
        let is_right = match cause {
            None => !world.is_poison(kind, fate.id),
            Some("held") => kind == Kind::Holding,
            Some("permanent") => world.is_poison(kind, fate.id),
            // An attempt whose end nobody learnt of counts, so of slow ones every attempt may be cut off.
            Some("exhausted") => !world.is_poison(kind, fate.id) && !world.is_sound(kind, fate.id),
            Some(_) => false,
        };
        broken.extend((!is_right).then(|| format!("{} has parked {fate:?} as {cause:?}", kind.name())));
    }
    broken
}

/// Nothing stays in work and wait queues, and nothing in hand.
fn left_over(history: &History) -> Vec<String> {
    let memory = &history.town.broker;
    let is_for_good = |queue: &String| queue.ends_with(".parked") || queue == "events.unrouted";
    let queues = memory.queue_names().into_iter().filter(|queue| !is_for_good(queue));
    let left = queues.map(|queue| (memory.contents(&queue).len(), queue)).filter(|(count, _)| *count > 0);
    let mut broken: Vec<String> = left.map(|(count, queue)| format!("{count} are left in {queue}")).collect();
    for kind in &history.town.world.shape.kinds {
        let parked = memory.contents(&format!("{}.parked", name(*kind)));
        let out = parked.iter().filter(|(place, _)| *place != Place::Ready).count();
        broken.extend((out > 0).then(|| format!("{out} parked events are out at somebody")));
    }
    let in_hand = history.town.in_hand();
    broken.extend((in_hand > 0).then(|| format!("{in_hand} deliveries are still in hand")));
    broken.extend(history.calls.iter().filter(|call| call.to.is_none()).map(|call| format!("{call:?} never ended")));
    broken
}

fn unrouted_and_not_kept(history: &History) -> Vec<String> {
    let contents = history.town.broker.contents("events.unrouted");
    let kept: BTreeSet<EventId> = contents.iter().filter_map(|(_, message)| id_of(message)).collect();
    let is_unrouted = |fate: &&Fate| fate.answers.iter().any(|answer| matches!(answer, Ok(Published::Unrouted(_))));
    let desks = history.fates.iter().filter(|fate| fate.key.is_none() && fate.is_confirmed());
    let routed = desks.filter(|fate| !is_unrouted(fate)).map(|fate| format!("{fate:?} was routed"));
    let lost = history.fates.iter().filter(is_unrouted).filter(|fate| !kept.contains(&fate.id));
    routed.chain(lost.map(|fate| format!("{fate:?} is not kept"))).collect()
}

/// The last known event of each topic is the newest of those that were confirmed.
async fn forgotten_by_the_cache(history: &History<'_>) -> Vec<String> {
    let school = history.town.desk.fabric_as("school".parse().unwrap());
    let last = school.last(tenant(), Pattern::everything()).await.unwrap();
    let mut broken = Vec::new();
    for (topic, is_mark) in [("school.mark.given", true), ("office.desk.tidied", false)] {
        let time_of = |fate: &Fate| {
            let sent = history
                .sent
                .iter()
                .rfind(|sent| !leads_to_one_queue(&sent.content.exchange) && id_of(&sent.content) == Some(fate.id));
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
