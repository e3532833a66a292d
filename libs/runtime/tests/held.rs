//! A subscription that holds keys, its real consumer, and redrives: whatever an operator does in whatever order, the events of a key are
//! handled in their order.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fabric_core::{
    Fault, PartitionKey, SubscriptionName,
    codec::Received,
    message::{HeaderValue, Message, Outgoing},
    parked::{ParkedEvents, Select},
    partition::{Partitions, slot_of},
    redrive::Plan,
    resend::SLOT,
    service::{OnPark, Order, ServiceSpec, SubscriptionSpec},
    topology::{self, Topology},
};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_runtime::{
    activity::Activity,
    clock::Clock,
    handler::{Failure, Handle},
    notice::Notices,
    parked::ParkedQueue,
    ports::{BoxFuture, Broker},
    redrive::{Job, Outcomes, run},
    subscriber::{Pauses, Subscriber, SubscriberOptions, Surroundings},
};
use proptest::prelude::*;
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

const KEYS: usize = 3;
const PATIENCE: Duration = Duration::from_mins(1);

/// Handles every event that is not broken, and remembers in which order.
#[derive(Default)]
struct Handler {
    broken: Mutex<BTreeSet<usize>>,
    handled: Mutex<Vec<usize>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Shared(Arc<Handler>);

impl Handle for Shared {
    fn handle(&self, event: Received) -> BoxFuture<'static, Result<(), Failure>> {
        let handler = Arc::clone(&self.0);
        Box::pin(async move {
            let number: usize = std::str::from_utf8(&event.body).unwrap().parse().unwrap();
            // A handler that takes its time lets the others overtake it, if anything lets them.
            sleep(Duration::from_millis(1 + (number as u64 * 7) % 5)).await;
            if lock(&handler.broken).contains(&number) {
                return Err(Fault::permanent("broken").into());
            }
            lock(&handler.handled).push(number);
            Ok(())
        })
    }
}

fn feed() -> SubscriptionName {
    "social.feed".parse().unwrap()
}

fn spec() -> SubscriptionSpec {
    let order = Order::Strict { partitions: Partitions::try_new(2).unwrap(), on_park: OnPark::HoldKey };
    SubscriptionSpec { order, ..SubscriptionSpec::new(feed(), vec!["social.post.*".parse().unwrap()]) }
}

fn topology() -> Topology {
    let service = ServiceSpec::try_new("social".parse().unwrap(), vec![], vec![spec()]).unwrap();
    topology::of_services([&service], &["social", "fabric"])
}

fn message(number: usize) -> Message {
    let (id, key) = (format!("0198c1f2-0000-7000-8000-{number:012}"), format!("p-{}", number % KEYS));
    let mut message = Message { body: Bytes::from(number.to_string()), ..Message::default() };
    for (name, value) in [
        ("cloudEvents_specversion", "1.0"),
        ("cloudEvents_id", &id),
        ("cloudEvents_source", "social"),
        ("cloudEvents_type", "social.post.created"),
        ("cloudEvents_time", "2026-09-03T11:55:00Z"),
        ("cloudEvents_dataschema", "urn:fabric:social.post.created:1"),
        ("cloudEvents_tenantid", "demo"),
        ("cloudEvents_correlationid", "c-1"),
        ("cloudEvents_partitionkey", &key),
    ] {
        message.headers.set(name.to_owned(), value);
    }
    let slot = slot_of(&PartitionKey::try_new(&key).unwrap());
    message.headers.set(SLOT, HeaderValue::Int(i64::from(slot)));
    message.properties.message_id = Some(id);
    message.properties.content_type = Some("application/json".to_owned());
    message.properties.persistent = true;
    message
}

/// A broker, and a process that consumes the subscription.
struct World {
    broker: Arc<MemoryBroker>,
    handler: Arc<Handler>,
    clock: Clock,
    process: Option<(CancellationToken, JoinHandle<()>)>,
    published: usize,
}

impl World {
    async fn new() -> Self {
        let clock = Clock::system();
        let broker = MemoryBroker::new(clock, BrokerOptions::default());
        broker.declare(&topology()).await.unwrap();
        let mut world = Self { broker, handler: Arc::default(), clock, process: None, published: 0 };
        world.restart().await;
        world
    }

    /// Ends the consuming process in good order and starts another one.
    async fn restart(&mut self) {
        if let Some((stop, process)) = self.process.take() {
            stop.cancel();
            process.await.unwrap();
        }
        let pauses = Pauses::default();
        pauses.set(BTreeSet::new());
        let broker: Arc<dyn Broker> = self.broker.another_client();
        let surroundings = Surroundings {
            broker,
            activity: Arc::new(Activity::new(self.clock)),
            notices: Notices::unheard(),
            pauses,
            clock: self.clock,
        };
        let handler = Arc::new(Shared(Arc::clone(&self.handler)));
        let subscriber = Subscriber::new(spec(), handler, surroundings, SubscriberOptions::default());
        let stop = CancellationToken::new();
        self.process = Some((stop.clone(), tokio::spawn(subscriber.run(stop))));
    }

    async fn publish(&mut self, count: usize) {
        for _ in 0..count {
            let (exchange, routing_key) = ("events.social".to_owned(), "social.post.created".to_owned());
            let message = message(self.published);
            self.broker.publish(Outgoing { exchange, routing_key, message }).await.unwrap();
            self.published += 1;
        }
    }

    async fn settle(&self) {
        loop {
            sleep(Duration::from_millis(100)).await;
            if self.broker.is_idle() {
                return;
            }
        }
    }

    async fn open(&self) -> (ParkedQueue, ParkedEvents) {
        let mut queue = ParkedQueue::open(self.broker.as_ref(), &feed(), PATIENCE).await.unwrap();
        let mut messages = Vec::new();
        while let Some(incoming) = queue.next().await.unwrap() {
            messages.push(incoming);
        }
        (queue, ParkedEvents::of(messages))
    }

    /// Redrives those at these places of the parked ones; all of them, if none is named.
    async fn redrive(&self, place: Option<usize>) {
        let (mut queue, events) = self.open().await;
        let entry = place.and_then(|place| events.entries().get(place % events.len().max(1)));
        let select = entry.map_or(Select::All, |entry| Select::Id(entry.event.id.clone()));
        let moves = events.moves(&select, &topology(), &feed()).unwrap();
        let plan = Plan { total: moves.len(), canary: false, failures_percent_max: 10, patience: PATIENCE, rate: None };
        let job = Job { redrive_id: "r".to_owned(), moves, plan };
        let (progress, _listening) = mpsc::channel(1);
        let report = run(self.broker.as_ref(), &mut queue, job, Outcomes::unwatched(), self.clock, &progress).await;
        assert_eq!(report.stopped, None);
        queue.close().await;
    }

    /// Gives up the one at this place of the parked ones, and says which it was.
    async fn give_up(&self, place: usize) -> Option<usize> {
        let (mut queue, events) = self.open().await;
        let entry = events.entries().get(place % events.len().max(1)).cloned();
        for tag in entry.iter().flat_map(|entry| &entry.tags) {
            queue.remove(*tag).await.unwrap();
        }
        queue.close().await;
        entry.map(|entry| std::str::from_utf8(&entry.message.message.body).unwrap().parse().unwrap())
    }

    async fn parked(&self) -> usize {
        let (queue, events) = self.open().await;
        queue.close().await;
        events.len()
    }

    fn handled_of(&self, key: usize) -> Vec<usize> {
        lock(&self.handler.handled).iter().copied().filter(|number| number % KEYS == key).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_parked_behind_another_comes_back_after_it() {
    let mut world = World::new().await;
    lock(&world.handler.broken).insert(0);
    world.publish(9).await;
    world.settle().await;
    assert_eq!([0, 1, 2].map(|key| world.handled_of(key)), [vec![], vec![1, 4, 7], vec![2, 5, 8]]);
    assert_eq!(world.parked().await, 3);

    world.redrive(Some(1)).await;
    world.settle().await;
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![], 3), "it is still broken, and they still wait");

    lock(&world.handler.broken).clear();
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![0, 3, 6], 0));
    world.publish(1).await;
    world.settle().await;
    assert_eq!(world.handled_of(0), [0, 3, 6, 9]);
}

#[tokio::test(start_paused = true)]
async fn what_was_parked_behind_a_dropped_one_is_free_again() {
    let mut world = World::new().await;
    lock(&world.handler.broken).insert(0);
    world.publish(9).await;
    world.settle().await;
    assert_eq!(world.give_up(0).await, Some(0));
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![3, 6], 0));
}

#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Break(usize),
    Mend,
    Redrive(Option<usize>),
    GiveUp(usize),
    Restart,
    Settle,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1_usize..6).prop_map(Step::Publish),
        2 => (0_usize..30).prop_map(Step::Break),
        1 => Just(Step::Mend),
        3 => proptest::option::of(0_usize..30).prop_map(Step::Redrive),
        1 => (0_usize..30).prop_map(Step::GiveUp),
        1 => Just(Step::Restart),
        4 => Just(Step::Settle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_events_of_a_key_are_handled_in_their_order(steps in proptest::collection::vec(any_step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            let mut given_up = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Publish(count) => world.publish(count).await,
                    Step::Break(number) => { lock(&world.handler.broken).insert(number); }
                    Step::Mend => lock(&world.handler.broken).clear(),
                    // Not while an earlier redrive is on its way: what was sent and is not handled yet looks as if it were dropped.
                    Step::Redrive(place) => { world.settle().await; world.redrive(place).await; }
                    Step::GiveUp(place) => { world.settle().await; given_up.extend(world.give_up(place).await); }
                    Step::Restart => world.restart().await,
                    Step::Settle => world.settle().await,
                }
            }
            lock(&world.handler.broken).clear();
            for _ in 0..3 {
                world.settle().await;
                world.redrive(None).await;
            }
            world.settle().await;
            assert_eq!(world.parked().await, 0);
            for key in 0..KEYS {
                let expected: Vec<usize> = (0..world.published)
                    .filter(|number| number % KEYS == key && !given_up.contains(number)).collect();
                assert_eq!(world.handled_of(key), expected, "key {key}");
            }
        });
    }
}
