//! A broker, a process that consumes a subscription that holds keys, and an operator.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fabric_core::{
    Fault, SubscriptionName,
    codec::Received,
    message::{HeaderValue, Outgoing},
    parked::{ParkedEvents, Select, dropped_copy, keeps_order},
    partition::Partitions,
    redrive::{Plan, Report},
    resend::DROPPED,
    service::{OnPark, Order, ServiceSpec, SubscriptionSpec},
    topology::{self, Topology},
};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_runtime::{
    activity::Activity,
    clock::Clock,
    handler::{Failure, Handle},
    notice::{Notice, Notices, What},
    parked::ParkedQueue,
    ports::{BoxFuture, Broker},
    redrive::{Job, Outcomes, give_up, run},
    subscriber::{Pauses, Subscriber, SubscriberOptions, Surroundings},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::message;

pub const KEYS: usize = 3;
const PATIENCE: Duration = Duration::from_mins(1);

/// Handles every event that is not broken, and remembers in which order.
#[derive(Default)]
pub struct Handler {
    pub broken: Mutex<BTreeSet<usize>>,
    pub handled: Mutex<Vec<usize>>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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

/// Two partitions, and a parked event holds its key.
pub fn strict() -> Order {
    Order::Strict { partitions: Partitions::try_new(2).unwrap(), on_park: OnPark::HoldKey }
}

fn spec(order: Order) -> SubscriptionSpec {
    SubscriptionSpec { order, ..SubscriptionSpec::new(feed(), vec!["social.post.*".parse().unwrap()]) }
}

fn topology(order: Order) -> Topology {
    let service = ServiceSpec::try_new("social".parse().unwrap(), vec![], vec![spec(order)]).unwrap();
    topology::of_services([&service], &["social", "fabric"])
}

fn id_and_key(number: usize) -> (String, String) {
    (format!("0198c1f2-0000-7000-8000-{number:012}"), format!("p-{}", number % KEYS))
}

/// Tells what became of redriven events, as a host does.
async fn announce(broker: Arc<MemoryBroker>, mut notices: mpsc::Receiver<Notice>) {
    while let Some(notice) = notices.recv().await {
        let topic = match notice.what {
            What::Parked { .. } => "fabric.dead_letter.parked",
            What::Resolved => "fabric.dead_letter.resolved",
        };
        let Some(redrive_id) = notice.redrive_id else { continue };
        let body = format!(r#"{{"eventId":"{}","redriveId":"{redrive_id}"}}"#, notice.message_id);
        let message = message(&notice.message_id, topic, "told", body);
        let (exchange, routing_key) = ("events.fabric".to_owned(), topic.to_owned());
        // What is not told stays unknown.
        drop(broker.publish(Outgoing { exchange, routing_key, message }).await);
    }
}

/// A process that consumes the subscription.
struct Process {
    broker: Arc<MemoryBroker>,
    activity: Arc<Activity>,
    stop: CancellationToken,
    subscriber: JoinHandle<()>,
    announcer: JoinHandle<()>,
}

impl Process {
    fn start(spec: SubscriptionSpec, broker: Arc<MemoryBroker>, handler: Arc<Handler>, clock: Clock) -> Self {
        let pauses = Pauses::default();
        pauses.set(BTreeSet::new());
        let (notices, told) = Notices::new();
        let activity = Arc::new(Activity::new(clock));
        let client: Arc<dyn Broker> = Arc::clone(&broker) as Arc<dyn Broker>;
        let surroundings = Surroundings { broker: client, activity: Arc::clone(&activity), notices, pauses, clock };
        let subscriber = Subscriber::new(spec, Arc::new(Shared(handler)), surroundings, SubscriberOptions::default());
        let stop = CancellationToken::new();
        let announcer = tokio::spawn(announce(Arc::clone(&broker), told));
        Self { subscriber: tokio::spawn(subscriber.run(stop.clone())), broker, activity, stop, announcer }
    }

    /// Ends it in good order. What it has not told by then it never tells.
    async fn end(self) {
        self.stop.cancel();
        self.subscriber.await.unwrap();
        self.announcer.abort();
    }

    /// Ends it in the midst of whatever it does.
    async fn crash(self) {
        self.announcer.abort();
        self.subscriber.abort();
        drop(self.subscriber.await);
        self.broker.crash();
    }
}

/// How a process ends.
#[derive(Debug, Clone, Copy)]
pub enum End {
    InGoodOrder,
    Crash,
}

/// What happens while a redrive is at work.
#[derive(Debug, Clone, Copy)]
pub enum Meanwhile {
    Nothing,
    CutOff,
    Restart(End),
}

/// A broker, and a process that consumes the subscription.
pub struct World {
    pub broker: Arc<MemoryBroker>,
    pub handler: Arc<Handler>,
    order: Order,
    topology: Topology,
    clock: Clock,
    process: Mutex<Option<Process>>,
    pub published: usize,
    redrives: AtomicUsize,
}

impl World {
    /// With a subscription that keeps this order.
    pub async fn new(order: Order) -> Self {
        let topology = topology(order);
        let clock = Clock::system();
        let broker = MemoryBroker::new(clock, BrokerOptions::default());
        broker.declare(&topology).await.unwrap();
        let (handler, process, redrives) = (Arc::default(), Mutex::default(), AtomicUsize::default());
        let world = Self { broker, handler, order, topology, clock, process, published: 0, redrives };
        world.restart(End::InGoodOrder).await;
        world
    }

    /// Ends the consuming process and starts another one.
    pub async fn restart(&self, end: End) {
        let process = lock(&self.process).take();
        match (process, end) {
            (Some(process), End::InGoodOrder) => process.end().await,
            (Some(process), End::Crash) => process.crash().await,
            (None, _) => {}
        }
        let (broker, handler) = (self.broker.another_client(), Arc::clone(&self.handler));
        let process = Process::start(spec(self.order), broker, handler, self.clock);
        *lock(&self.process) = Some(process);
    }

    /// How many deliveries the process has in hand.
    pub fn in_hand(&self) -> usize {
        lock(&self.process).as_ref().map_or(0, |process| process.activity.in_hand())
    }

    pub async fn publish(&mut self, count: usize) {
        for _ in 0..count {
            let (exchange, routing_key) = ("events.social".to_owned(), "social.post.created".to_owned());
            let (id, key) = id_and_key(self.published);
            let message = message(&id, "social.post.created", &key, self.published.to_string());
            self.broker.publish(Outgoing { exchange, routing_key, message }).await.unwrap();
            self.published += 1;
        }
    }

    pub async fn settle(&self) {
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

    /// Tells the subscription that the event with this number was given up, though it is not parked.
    pub async fn tell_dropped(&self, number: usize) {
        let (id, key) = id_and_key(number);
        let mut message = message(&id, "social.post.created", &key, number.to_string());
        message.headers.set(DROPPED, HeaderValue::Bool(true));
        let (exchange, routing_key) = (String::new(), feed().to_string());
        self.broker.publish(Outgoing { exchange, routing_key, message }).await.unwrap();
    }

    /// Redrives those at these places of the parked ones; all of them, if none is named.
    pub async fn redrive(&self, place: Option<usize>) -> Report {
        let outcomes = Outcomes::watch(self.broker.as_ref()).await.unwrap();
        let (mut queue, events) = self.open().await;
        let entry = place.and_then(|place| events.entries().get(place % events.len().max(1)));
        let select = entry.map_or(Select::All, |entry| Select::Id(entry.event.id.clone()));
        let moves = events.moves(&select, &self.topology, &feed()).unwrap();
        let plan = Plan {
            total: moves.len(),
            canary: false,
            failures_percent_max: 10,
            patience: PATIENCE,
            rate: None,
            keep_until_known: keeps_order(&self.topology, &feed()),
        };
        let redrive_id = format!("r-{}", self.redrives.fetch_add(1, Ordering::Relaxed));
        let job = Job { redrive_id, moves, plan };
        let (progress, _listening) = mpsc::channel(1);
        let report = run(self.broker.as_ref(), &mut queue, job, outcomes, self.clock, &progress).await;
        queue.close().await;
        report
    }

    /// The same, while something happens some time after it began.
    pub async fn redrive_while(&self, place: Option<usize>, meanwhile: Meanwhile, after: Duration) {
        match meanwhile {
            Meanwhile::Nothing => {
                self.redrive(place).await;
            }
            Meanwhile::CutOff => drop(timeout(after, self.redrive(place)).await),
            Meanwhile::Restart(end) => {
                let restart = async {
                    sleep(after).await;
                    self.restart(end).await;
                };
                tokio::join!(self.redrive(place), restart);
            }
        }
    }

    /// Gives up the one at this place of the parked ones, and says which it was.
    pub async fn give_up(&self, place: usize) -> Option<usize> {
        let (mut queue, events) = self.open().await;
        let entry = events.entries().get(place % events.len().max(1)).cloned();
        if let Some(entry) = &entry {
            let told = dropped_copy(entry, &self.topology, &feed());
            assert!(told.is_some());
            give_up(self.broker.as_ref(), &mut queue, &entry.tags, told).await.unwrap();
        }
        queue.close().await;
        entry.map(|entry| std::str::from_utf8(&entry.message.message.body).unwrap().parse().unwrap())
    }

    pub async fn parked(&self) -> usize {
        let (queue, events) = self.open().await;
        queue.close().await;
        events.len()
    }

    /// Which events of a key were handled, in the order in which they were for the first time.
    pub fn handled_of(&self, key: usize) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let handled = lock(&self.handler.handled);
        handled.iter().copied().filter(|number| number % KEYS == key && seen.insert(*number)).collect()
    }
}
