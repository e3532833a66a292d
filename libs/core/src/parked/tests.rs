mod copies;

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    Descriptor, Fault, SubscriptionName,
    codec::Poison,
    delivery::ParkReason,
    event::InvalidPayload,
    message::{Message, Outgoing},
    name::ActorId,
    partition::Partitions,
    resend::{self, DROPPED, NOT_BEFORE, REDRIVE_OLDEST, REDRIVE_ONCE, SLOT, Trial},
    retry::RetryPolicy,
    service::{OnPark, Order, ServiceSpec, SubscriptionSpec},
    topology::{self, Topology},
};

pub(crate) fn event(id: &str, cause: Cause) -> ParkedEvent {
    ParkedEvent {
        id: id.to_owned(),
        topic: Some("social.post.created".parse().unwrap()),
        tenant: Some("demo".parse().unwrap()),
        key: None,
        cause,
        message: String::new(),
        handler: None,
        attempts: Some(1),
        first_failed_at: None,
        last_failed_at: None,
        parked_at: None,
        origin: Origin::default(),
        redrive_id: None,
        edited_at: None,
        size_bytes: 2,
    }
}

#[derive(Debug, Serialize, Deserialize, garde::Validate)]
struct Posted {
    #[garde(length(min = 1, max = 10))]
    post: String,
    #[garde(range(max = 100))]
    likes: u32,
}

impl crate::Event for Posted {
    const TOPIC: &'static str = "social.post.created";
    const VERSION: u16 = 1;
    const AGGREGATE: &'static str = "post";
    const OWNER: &'static str = "social";
    const PUBLISHERS: &'static [&'static str] = &[];
    const ROLES: &'static [&'static str] = &[];
    const DESCRIPTION: &'static str = "A post was written.";
    const KEY_FIELD: &'static str = "post";

    fn key(&self) -> std::borrow::Cow<'_, str> {
        self.post.as_str().into()
    }

    fn subject(&self) -> Option<std::borrow::Cow<'_, str>> {
        None
    }
}

fn seconds(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn subscription() -> SubscriptionSpec {
    SubscriptionSpec::new("social.feed".parse().unwrap(), vec!["social.post.*".parse().unwrap()])
}

fn topology_of(order: Order) -> Topology {
    let retry = RetryPolicy::try_new(2, 1_000, 2, 60_000, 0).unwrap();
    let subscription = SubscriptionSpec { retry, order, ..subscription() };
    let service = ServiceSpec::try_new("social".parse().unwrap(), vec![], vec![subscription]).unwrap();
    topology::of_services([&service], &["social"])
}

fn id(number: u32) -> String {
    format!("0198c1f2-0000-7000-8000-{number:012}")
}

/// A delivery as its publisher sent it.
fn delivery(number: u32, key: &str) -> Incoming {
    let mut headers = Headers::default();
    let id = id(number);
    for (name, value) in [
        ("cloudEvents_specversion", "1.0"),
        ("cloudEvents_id", id.as_str()),
        ("cloudEvents_source", "social"),
        ("cloudEvents_type", "social.post.created"),
        ("cloudEvents_time", "2026-09-03T11:55:00Z"),
        ("cloudEvents_dataschema", "urn:fabric:social.post.created:1"),
        ("cloudEvents_tenantid", "demo"),
        ("cloudEvents_correlationid", "c-1"),
        ("cloudEvents_partitionkey", key),
        ("x-death", "forged"),
    ] {
        headers.set(name, value);
    }
    headers.set(SLOT, HeaderValue::Int(40));
    let mut message =
        Message { headers, body: Bytes::from(format!(r#"{{"post":"{key}","likes":1}}"#)), ..Message::default() };
    message.properties.message_id = Some(id);
    message.properties.content_type = Some(codec::JSON.to_owned());
    message.properties.user_id = Some("social".to_owned());
    Incoming {
        tag: u64::from(number),
        exchange: "events.social".to_owned(),
        routing_key: "social.post.created".to_owned(),
        redelivered: false,
        message,
    }
}

fn back(outgoing: Outgoing, tag: u64) -> Incoming {
    let Outgoing { exchange, routing_key, message } = outgoing;
    Incoming { tag, exchange, routing_key, redelivered: false, message }
}

fn parked(number: u32, key: &str, at: i64) -> Incoming {
    let reason = ParkReason::Exhausted(Fault::transient("class 7 is away"));
    let incoming = delivery(number, key);
    let copy = resend::parked_copy(&incoming, &subscription(), Trial::of(&incoming), &reason, seconds(at));
    back(copy, u64::from(number))
}

fn order_of(events: &ParkedEvents) -> Vec<u64> {
    events.entries().iter().map(|entry| entry.message.tag).collect()
}

#[test]
fn a_parked_event_tells_its_story() {
    let event = ParkedEvent::of(&parked(1, "p-1", 5));
    assert_eq!(
        (event.id.as_str(), event.cause, event.message.as_str()),
        (id(1).as_str(), Cause::Exhausted, "class 7 is away")
    );
    assert_eq!((event.attempts, event.handler.as_deref()), (Some(1), Some("social.post.*")));
    assert_eq!([event.first_failed_at, event.last_failed_at, event.parked_at], [Some(seconds(5)); 3]);
    assert_eq!(event.origin.exchange.as_deref(), Some("events.social"));
    assert_eq!((event.topic.unwrap().as_str(), event.tenant.unwrap().as_str()), ("social.post.created", "demo"));
    assert_eq!((event.key.unwrap().as_str(), event.size_bytes), ("p-1", 24));
}

#[test]
fn what_the_broker_parked_says_nothing_and_no_header_of_the_brokers_is_believed() {
    let by_broker =
        Incoming { exchange: String::new(), routing_key: "social.feed.parked".into(), ..delivery(1, "p-1") };
    let fault = Fault::transient("down");
    let waited = resend::retry_copy(
        &by_broker,
        &subscription(),
        Trial::of(&by_broker),
        &fault,
        Duration::from_secs(4),
        seconds(1),
    );
    let mut unreadable = by_broker.clone();
    unreadable.message.headers = Headers::default();
    unreadable.message.properties.message_id = None;
    for incoming in [by_broker, back(waited.unwrap(), 1), unreadable.clone()] {
        let event = ParkedEvent::of(&incoming);
        assert_eq!((event.cause, event.message.as_str(), event.parked_at), (Cause::GaveUp, GAVE_UP, None));
    }
    let event = ParkedEvent::of(&unreadable);
    assert_eq!((event.topic, event.tenant, event.cause.class()), (None, None, None));
    assert!(event.id.starts_with("unnamed-") && event.id == ParkedEvent::of(&unreadable).id, "{}", event.id);
}

#[test]
fn events_stand_in_the_order_in_which_they_were_first_parked() {
    let mut gave_up = delivery(4, "p-2");
    gave_up.exchange = String::new();
    // Number 2 was parked again after 3 and 4 were, and keeps its place.
    let messages = vec![parked(1, "p-1", 10), parked(3, "p-1", 30), gave_up.clone(), parked(2, "p-1", 20)];
    let events = ParkedEvents::of(messages);
    assert_eq!(order_of(&events), [1, 2, 3, 4]);
    assert_eq!(events.entries()[3].place, seconds(30), "since the one before it");
    let happened_at = "2026-09-03T11:55:00Z".parse().unwrap();
    assert_eq!(ParkedEvents::of(vec![gave_up]).entries()[0].place, happened_at);
    let behind: Vec<_> = events.entries().iter().map(|entry| entry.behind.clone()).collect();
    assert_eq!(behind, [None, Some(id(1)), Some(id(1)), None]);
}

#[test]
fn copies_of_one_event_are_one_and_the_edited_one_counts() {
    let original = parked(1, "p-1", 10);
    let (feed, operator) = ("social.feed".parse().unwrap(), ActorId::try_new("ada").unwrap());
    let descriptor = Descriptor::of::<Posted>();
    let payload = br#"{"post":"p-1","likes":5}"#;
    let edited = edited_copy(&original, &feed, &descriptor, payload, seconds(10), &operator, seconds(99)).unwrap();
    let again = Incoming { tag: 9, ..parked(1, "p-1", 40) };
    for messages in [
        vec![original.clone(), parked(2, "p-1", 20), back(edited.clone(), 7)],
        vec![original.clone(), parked(2, "p-1", 20), back(edited.clone(), 7), again.clone()],
    ] {
        let events = ParkedEvents::of(messages.clone());
        assert_eq!(order_of(&events), [7, 2], "{messages:?}");
        assert_eq!(events.entries()[0].tags.len(), messages.len() - 1);
        assert_eq!(events.entries()[0].place, seconds(10));
    }
    // Two that cannot be read may be anything, even with the same id.
    let mut unreadable = original;
    unreadable.message.headers = Headers::default();
    assert_eq!(ParkedEvents::of(vec![unreadable.clone(), unreadable]).len(), 2);
}

#[test]
fn a_selection_names_what_is_there() {
    let mut other = parked(3, "p-1", 30);
    other.message.headers.set(FAULT_MESSAGE, "something else");
    let events = ParkedEvents::of(vec![parked(1, "p-1", 10), parked(2, "p-2", 20), other]);
    let groups = events.groups();
    assert_eq!(groups.iter().map(|group| group.count).collect::<Vec<_>>(), [2, 1]);
    let tags =
        |select: &Select| events.select(select).map(|found| found.iter().map(|entry| entry.message.tag).collect());
    assert_eq!(tags(&Select::All), Ok(vec![1, 2, 3]));
    assert_eq!(tags(&Select::Group(groups[0].id.clone())), Ok(vec![1, 2]));
    assert_eq!(tags(&Select::Id(id(3))), Ok(vec![3]));
    assert_eq!(tags(&Select::Id("x".into())), Err(NoSuch::Id("x".into())));
    assert_eq!(tags(&Select::Group("x".into())), Err(NoSuch::Group("x".into())));
    assert_eq!(ParkedEvents::default().select(&Select::All), Ok(vec![]));
}

#[test]
fn moves_say_what_would_go_where() {
    let events = ParkedEvents::of(vec![parked(1, "p-1", 10), parked(2, "p-1", 20), parked(3, "p-2", 30)]);
    let feed = SubscriptionName::try_new("social.feed").unwrap();
    let topology = topology_of(Order::Loose);
    let shown = |select: &Select| -> Vec<_> {
        let moves = events.moves(select, &topology, &feed).unwrap();
        moves.into_iter().map(|step| (step.entry.message.tag, step.target, step.oldest, step.behind)).collect()
    };
    let to = || "social.feed".to_owned();
    assert_eq!(shown(&Select::All), [(1, to(), true, None), (2, to(), false, None), (3, to(), true, None)]);
    assert_eq!(shown(&Select::Id(id(2))), [(2, to(), false, Some(id(1)))]);
    let nobody = SubscriptionName::try_new("social.nobody").unwrap();
    let no_such = CannotRedrive::NoSubscription(nobody.clone());
    assert_eq!(events.moves(&Select::All, &topology, &nobody), Err(no_such));
    let parked_queue = SubscriptionName::try_new("social.feed.parked").unwrap();
    assert!(events.moves(&Select::All, &topology, &parked_queue).is_err(), "only work queues are targets");
}

#[test]
fn a_partitioned_subscription_gets_an_event_back_by_its_slot() {
    let strict = |count| Order::Strict { partitions: Partitions::try_new(count).unwrap(), on_park: OnPark::HoldKey };
    let feed = SubscriptionName::try_new("social.feed").unwrap();
    let target = |order, slot: Option<HeaderValue>| {
        let mut incoming = parked(1, "p-1", 1);
        incoming.message.headers.retain(|name, _| name != SLOT);
        if let Some(slot) = slot {
            incoming.message.headers.set(SLOT, slot);
        }
        target_of(&topology_of(order), &feed, &incoming).unwrap()
    };
    let table = [
        (strict(1), Some(HeaderValue::Int(40)), "social.feed"),
        (strict(4), Some(HeaderValue::Int(0)), "social.feed.partition.0"),
        (strict(4), Some(HeaderValue::Int(40)), "social.feed.partition.2"),
        (strict(4), Some(HeaderValue::Int(63)), "social.feed.partition.3"),
        (strict(4), Some(HeaderValue::Int(64)), "social.feed.partition.0"),
        (strict(4), Some(HeaderValue::Int(-1)), "social.feed.partition.0"),
        (strict(4), Some("40".into()), "social.feed.partition.0"),
        (strict(4), None, "social.feed.partition.0"),
    ];
    for (order, slot, expected) in table {
        assert_eq!(target(order, slot.clone()), expected, "{order:?} {slot:?}");
    }
}

proptest::proptest! {
    /// Whatever was parked and selected, each event goes once, and the events of a key go in the order of their places.
    #[test]
    fn a_redrive_loses_nothing_and_keeps_the_order_of_each_key(
        parked_events in proptest::collection::vec((1_u32..12, 0_u32..3, 0_i64..6), 0..30),
    ) {
        let key = |number: u32, key: u32| format!("p-{}", (number + key) % 3);
        let messages: Vec<Incoming> = parked_events.iter().enumerate().map(|(tag, (number, _, at))| {
            Incoming { tag: tag as u64, ..parked(*number, &key(*number, 0), *at) }
        }).collect();
        let events = ParkedEvents::of(messages.clone());
        let feed = SubscriptionName::try_new("social.feed").unwrap();
        let moves = events.moves(&Select::All, &topology_of(Order::Loose), &feed).unwrap();
        let mut tags: Vec<u64> = moves.iter().flat_map(|step| step.entry.tags.clone()).collect();
        tags.sort_unstable();
        proptest::prop_assert_eq!(tags, (0..messages.len() as u64).collect::<Vec<_>>());
        for step in &moves {
            let of_key: Vec<_> = moves.iter().filter(|other| other.entry.event.key == step.entry.event.key).collect();
            proptest::prop_assert!(of_key.is_sorted_by_key(|step| step.entry.place));
            proptest::prop_assert_eq!(of_key.iter().filter(|step| step.oldest).count(), 1);
            proptest::prop_assert!(of_key[0].oldest);
        }
        let ids: std::collections::BTreeSet<_> = moves.iter().map(|step| step.entry.event.id.clone()).collect();
        proptest::prop_assert_eq!(ids.len(), moves.len());
    }
}
