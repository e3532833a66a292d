//! What the fabric itself tells: events of the context `fabric` about what was parked and what became of it.

use std::sync::{Arc, Mutex};

use fabric::{
    AnyEvent, Clock, Descriptor, Event, Fault, RetryPolicy, Service, Subscription,
    core::{codec::Received, service::SubscriptionSpec},
    runtime::{
        activity::Activity,
        handler::{Failure, Handle},
        notice::Notices,
        ports::{BoxFuture, Broker},
        subscriber::{Pauses, Subscriber, SubscriberOptions, Surroundings},
    },
};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::{Harness, Setup};
use garde::Validate;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    operator::Operator,
    sample::{Act, MarkGiven, School, mark, marks, school},
    scrape::{self, Scrape},
};

macro_rules! notice {
    ($(#[$doc:meta])* $name:ident, $topic:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, Event)]
        #[event(topic = $topic, owner = "platform", key = "subscription")]
        #[serde(rename_all = "camelCase")]
        #[garde(allow_unvalidated)]
        pub struct $name {
            pub subscription: String,
            pub event_id: String,
            pub event_topic: Option<String>,
            pub cause: Option<String>,
            pub attempts: Option<u32>,
            pub redrive_id: Option<String>,
        }
    };
}

notice! {
    /// An event was parked.
    DeadLetterParked, "fabric.dead_letter.parked"
}
notice! {
    /// A redriven event was handled.
    DeadLetterResolved, "fabric.dead_letter.resolved"
}

const CATALOGUE: &[Descriptor] =
    &[Descriptor::of::<MarkGiven>(), Descriptor::of::<DeadLetterParked>(), Descriptor::of::<DeadLetterResolved>()];

/// What a subscriber to notices has heard.
type Heard = Mutex<Vec<Value>>;

/// A subscriber to notices, which keeps what it hears.
fn office() -> (Service<Heard>, Arc<Heard>) {
    let hear = |event: AnyEvent, context: fabric::Context<Heard>| async move {
        let mut heard = event.json()?;
        heard["topic"] = context.metadata().topic.as_str().into();
        context.state().lock().unwrap().push(heard);
        Ok(())
    };
    let service = Service::with_state("office", Mutex::default())
        .subscribe(Subscription::new("notices").on_any("fabric.dead_letter.*", hear));
    let heard = service.state();
    (service, heard)
}

#[tokio::test(start_paused = true)]
async fn what_is_parked_and_what_is_resolved_is_told() {
    let (school, _) = school(School::following(&[Act::Permanent]), marks());
    let (office, heard) = office();
    let setup = Setup { catalogue: CATALOGUE, ..Setup::default() };
    let harness =
        Harness::start_with(vec![Box::new(school) as Box<dyn fabric::AnyService>, Box::new(office)], setup).await;
    let id = harness.publish(mark("p-1", 1)).await.id().to_string();
    harness.settle().await;
    let broker = harness.host().adapters().broker.clone();
    let operator = Operator {
        broker: broker.as_ref(),
        topology: harness.host().topology(),
        clock: harness.clock(),
        is_told: false,
    };
    operator.redrive(&"school.marks".parse().unwrap(), "redrive-7", |_| {}).await;
    harness.settle().await;
    let heard = heard.lock().unwrap().clone();
    let told = |notice: &Value| {
        ["topic", "subscription", "eventId", "eventTopic", "cause", "redriveId"].map(|field| notice[field].clone())
    };
    let parked: [Value; 6] = [
        "fabric.dead_letter.parked".into(),
        "school.marks".into(),
        id.clone().into(),
        "school.mark.given".into(),
        "permanent".into(),
        Value::Null,
    ];
    let resolved: [Value; 6] = [
        "fabric.dead_letter.resolved".into(),
        "school.marks".into(),
        id.into(),
        "school.mark.given".into(),
        Value::Null,
        "redrive-7".into(),
    ];
    assert_eq!(heard.iter().map(told).collect::<Vec<_>>(), [parked, resolved]);
    assert_eq!(heard[0]["attempts"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_to_hear_is_not_kept() {
    let (service, _) = school(School::always(Act::Permanent), marks());
    let setup = Setup { catalogue: CATALOGUE, ..Setup::default() };
    let harness = Harness::start_with(service, setup).await;
    for points in 0..5 {
        harness.publish(mark("p-1", points)).await;
    }
    harness.settle().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let told = harness.published::<DeadLetterParked>().len();
    assert_eq!((told, harness.parked("school.marks").len(), harness.unrouted().len()), (5, 5, 0));
}

/// Handles nothing.
struct Refuses;

impl Handle for Refuses {
    fn handle(&self, _: Received) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(async { Err(Fault::permanent("no").into()) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_cannot_be_published_is_counted_and_its_event_is_parked() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (service, _) = school(School::always(Act::Permanent), marks());
    let setup = Setup { catalogue: CATALOGUE, ..Setup::default() };
    let harness = Harness::start_with(service, setup).await;
    assert!(harness.broker().delete_exchange("events.fabric"));
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    assert_eq!(harness.parked("school.marks").len(), 1);
    assert_eq!(Scrape::of(&recorder).value("eventbus_notices_lost_total"), 1);
}

#[tokio::test(start_paused = true)]
async fn notices_that_nobody_takes_are_counted_and_keep_nobody_waiting() {
    const EVENTS: u16 = 4_096 + 4;
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions { record: true, ..BrokerOptions::default() });
    let (service, _) = school(School::always(Act::Handle), marks());
    // Its queues stay, and one event of it, to be multiplied.
    let host = crate::sample::host(broker.another_client(), clock, service).await;
    host.fabric("school").unwrap().publish(mark("p-1", 1)).tenant(fabric_testkit::harness::tenant()).await.unwrap();
    broker.idle().await;
    host.drain().await;
    let sent = (*broker.recorded()[0].content).clone();
    for _ in 0..EVENTS {
        broker.publish(sent.clone()).await.unwrap();
    }
    let (notices, _not_taken) = Notices::new();
    let activity = Arc::new(Activity::new(clock));
    let surroundings = Surroundings {
        broker: broker.clone(),
        activity: Arc::clone(&activity),
        notices,
        pauses: Pauses::none(),
        clock,
    };
    let name = "school.marks".parse().unwrap();
    let spec = SubscriptionSpec {
        retry: RetryPolicy::never(),
        ..SubscriptionSpec::new(name, vec!["school.#".parse().unwrap()])
    };
    let stop = CancellationToken::new();
    let subscriber = Subscriber::new(spec, Arc::new(Refuses), surroundings, SubscriberOptions::default());
    let running = tokio::spawn(subscriber.run(stop.clone()));
    broker.idle().await;
    assert_eq!(broker.contents("school.marks.parked").len(), usize::from(EVENTS));
    assert_eq!(Scrape::of(&recorder).value("eventbus_notices_lost_total"), 4);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(activity.in_hand(), 0);
}
