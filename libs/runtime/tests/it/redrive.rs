//! Redrives on the broker in this process: cut off, refused, confirmed by nobody, watched and stopped.

use std::{collections::BTreeSet, future::poll_fn, sync::Arc, time::Duration};

use fabric_core::{
    Fault, SubscriptionName,
    ack_ledger::Settlement,
    delivery::ParkReason,
    message::{HeaderValue, Incoming, Outgoing},
    parked::{ParkedEvents, Select},
    rate::RateLimit,
    redrive::{Plan, Report, Stopped},
    resend::{self, REDRIVE_ID, REDRIVE_OLDEST, REDRIVE_ONCE, Trial},
    service::{ServiceSpec, SubscriptionSpec},
    topology::{self, Topology},
};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_runtime::{
    clock::Clock,
    parked::{ParkedError, ParkedQueue},
    ports::{Broker, ConsumeRequest},
    redrive::{Job, Outcomes, run},
};
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::sync::mpsc;

use crate::message;

const WORK: &str = "social.feed";
const PARKED: &str = "social.feed.parked";
const PATIENCE: Duration = Duration::from_secs(5);

fn feed() -> SubscriptionName {
    WORK.parse().unwrap()
}

fn spec() -> SubscriptionSpec {
    SubscriptionSpec::new(feed(), vec!["social.post.*".parse().unwrap()])
}

fn topology() -> Topology {
    let service = ServiceSpec::try_new("social".parse().unwrap(), vec![], vec![spec()]).unwrap();
    topology::of_services([&service], &["social", "fabric"])
}

fn id(number: usize) -> String {
    format!("0198c1f2-0000-7000-8000-{number:012}")
}

/// A broker on which the events `0..count` of three keys are parked, and nothing is consumed.
async fn with_parked(count: usize, clock: Clock) -> Arc<MemoryBroker> {
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    broker.declare(&topology()).await.unwrap();
    for number in 0..count {
        let message = message(&id(number), "social.post.created", &format!("p-{}", number % 3), "{}".to_owned());
        let incoming = Incoming {
            tag: 1,
            exchange: "events.social".to_owned(),
            routing_key: "social.post.created".to_owned(),
            redelivered: false,
            message,
        };
        let reason = ParkReason::Permanent(Fault::permanent("no"));
        let at = Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
        broker.publish(resend::parked_copy(&incoming, &spec(), Trial::of(&incoming), &reason, at)).await.unwrap();
    }
    broker
}

async fn open(broker: &dyn Broker) -> Result<(ParkedQueue, ParkedEvents), ParkedError> {
    let mut queue = ParkedQueue::open(broker, &feed(), PATIENCE).await?;
    let mut messages = Vec::new();
    while let Some(incoming) = queue.next().await? {
        messages.push(incoming);
    }
    Ok((queue, ParkedEvents::of(messages)))
}

fn plan(total: usize) -> Plan {
    Plan { total, canary: false, failures_percent_max: 10, patience: PATIENCE, rate: None, keep_until_known: false }
}

/// Redrives everything that is parked.
async fn redrive(broker: &MemoryBroker, redrive_id: &str, clock: Clock, how: impl Fn(Plan) -> Plan) -> Report {
    try_redrive(broker, redrive_id, clock, how).await.unwrap()
}

async fn try_redrive(
    broker: &MemoryBroker,
    redrive_id: &str,
    clock: Clock,
    how: impl Fn(Plan) -> Plan,
) -> Result<Report, ParkedError> {
    let outcomes = Outcomes::watch(broker).await.unwrap_or_else(|_| Outcomes::unwatched());
    let (mut queue, events) = open(broker).await?;
    let moves = events.moves(&Select::All, &topology(), &feed()).unwrap();
    let plan = how(plan(moves.len()));
    let job = Job { redrive_id: redrive_id.to_owned(), moves, plan };
    let (progress, _listening) = mpsc::channel(1);
    let report = run(broker, &mut queue, job, outcomes, clock, &progress).await;
    queue.close().await;
    Ok(report)
}

fn contents(broker: &MemoryBroker, queue: &str) -> Vec<Arc<Outgoing>> {
    broker.contents(queue).into_iter().map(|(_, content)| content).collect()
}

fn ids(contents: &[Arc<Outgoing>]) -> Vec<String> {
    contents.iter().map(|content| content.message.properties.message_id.clone().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn everything_goes_back_in_order_and_says_by_which_redrive() {
    let clock = Clock::system();
    let broker = with_parked(7, clock).await;
    let report = redrive(&broker, "r-1", clock, |plan| plan).await;
    assert_eq!((report.sent, report.stopped), (7, None));
    let back = contents(&broker, WORK);
    assert_eq!(ids(&back), (0..7).map(id).collect::<Vec<_>>());
    assert!(contents(&broker, PARKED).is_empty());
    let oldest: Vec<bool> =
        back.iter().map(|c| c.message.headers.get(REDRIVE_OLDEST) == Some(&HeaderValue::Bool(true))).collect();
    assert_eq!(oldest, [true, true, true, false, false, false, false], "the first of each of the three keys");
    assert!(back.iter().all(|content| content.message.headers.text(REDRIVE_ID) == Some("r-1")));
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept_and_whoever_stops_listening_stops_it() {
    let clock = Clock::system();
    let broker = with_parked(50, clock).await;
    let (mut queue, events) = open(broker.as_ref()).await.unwrap();
    let moves = events.moves(&Select::All, &topology(), &feed()).unwrap();
    let plan = Plan { rate: RateLimit::try_new(2, 1).ok(), ..plan(50) };
    let job = Job { redrive_id: "r-1".to_owned(), moves, plan };
    let (progress, mut listening) = mpsc::channel::<Report>(1);
    let listen = async move {
        while let Some(report) = listening.recv().await {
            if report.sent == 10 {
                return clock.elapsed();
            }
        }
        panic!("it ended before");
    };
    let not_before = clock.elapsed() + Duration::from_millis(4_500);
    let working = run(broker.as_ref(), &mut queue, job, Outcomes::unwatched(), clock, &progress);
    let (report, tenth_at) = tokio::join!(working, listen);
    assert!(tenth_at >= not_before, "{tenth_at:?}");
    assert_eq!(report.stopped, Some(Stopped::Told));
    queue.close().await;
    let (left, sent) = (contents(&broker, PARKED).len(), contents(&broker, WORK).len());
    assert_eq!((left + sent, sent), (50, report.sent));
}

#[tokio::test(start_paused = true)]
async fn one_reader_at_a_time_and_what_it_does_not_remove_stays_in_order() {
    let broker = with_parked(5, Clock::system()).await;
    let (mut queue, events) = open(broker.as_ref()).await.unwrap();
    let second = ParkedQueue::open(broker.another_client().as_ref(), &feed(), PATIENCE).await;
    assert_eq!(second.err(), Some(ParkedError::Busy { queue: PARKED.to_owned() }));
    queue.remove(events.entries()[2].message.tag).await.unwrap();
    queue.close().await;
    assert_eq!(ids(&contents(&broker, PARKED)), [0, 1, 3, 4].map(id));
    let nobody = ParkedQueue::open(broker.as_ref(), &"social.nobody".parse().unwrap(), PATIENCE).await;
    assert!(matches!(nobody.err(), Some(ParkedError::NoQueue { .. })));
}

/// Handles what comes to the work queue, and tells it as a host does; `fails` says which events fail.
async fn handle(broker: Arc<MemoryBroker>, fails: impl Fn(usize) -> bool) {
    let request = ConsumeRequest { queue: WORK.to_owned(), prefetch: 1, consumer_name: WORK.to_owned() };
    let mut consumer = broker.consume(request).await.unwrap();
    while let Some(incoming) = poll_fn(|context| consumer.poll_next(context)).await {
        let headers = &incoming.message.headers;
        assert_eq!(headers.get(REDRIVE_ONCE), Some(&HeaderValue::Bool(true)));
        let event_id = incoming.message.properties.message_id.clone().unwrap();
        let number: usize = event_id.rsplit('-').next().unwrap().parse().unwrap();
        let topic = if fails(number) { "fabric.dead_letter.parked" } else { "fabric.dead_letter.resolved" };
        let redrive_id = headers.text(REDRIVE_ID).unwrap();
        let body = format!(r#"{{"eventId":"{event_id}","redriveId":"{redrive_id}"}}"#);
        let message = message(&format!("told-{event_id}"), topic, WORK, body);
        let notice = Outgoing { exchange: "events.fabric".to_owned(), routing_key: topic.to_owned(), message };
        broker.publish(notice).await.unwrap();
        consumer.settle(vec![Settlement::Ack { tag: incoming.tag, multiple: false }]).await;
    }
}

async fn canary(count: usize, fails: impl Fn(usize) -> bool) -> Report {
    let clock = Clock::system();
    let broker = with_parked(count, clock).await;
    let other = broker.another_client();
    tokio::select! {
        report = redrive(&broker, "r-1", clock, |plan| Plan { canary: true, ..plan }) => report,
        () = handle(other, fails) => panic!("the consumer ended"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_goes_on_while_its_events_are_handled() {
    let report = canary(40, |_| false).await;
    assert_eq!((report.sent, report.handled, report.stage, report.stopped), (40, 40, 5, None));
}

#[tokio::test(start_paused = true)]
async fn a_canary_stops_when_they_fail_or_nothing_is_known() {
    let report = canary(40, |number| number >= 3).await;
    assert_eq!((report.handled, report.stage), (3, 3));
    assert!(matches!(report.stopped, Some(Stopped::Failures { stage: 3, .. })), "{report:?}");

    let clock = Clock::system();
    let broker = with_parked(5, clock).await;
    let report = redrive(&broker, "r-1", clock, |plan| Plan { canary: true, ..plan }).await;
    assert_eq!((report.sent, report.stopped), (1, Some(Stopped::Unknown { stage: 1, unknown: 1 })));
    assert_eq!(contents(&broker, PARKED).len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Refused, confirmed by nobody, disconnected and cut off at any moment: done again until nothing is parked, every event has come
    /// back, and the events of a key for the first time in their order.
    #[test]
    fn whatever_goes_wrong_doing_it_again_brings_everything_back(
        count in 1_usize..25,
        troubles in proptest::collection::vec((0_u8..4, 0_u64..3_000), 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let clock = Clock::system();
            let broker = with_parked(count, clock).await;
            for (trouble, after_ms) in troubles {
                let make_trouble = async {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    match trouble {
                        0 => broker.refuse_next(1),
                        1 => broker.lose_confirm_next(1),
                        2 => broker.lose_connection(),
                        _ => return,
                    }
                    std::future::pending::<()>().await;
                };
                tokio::select! {
                    _ = try_redrive(&broker, "r", clock, |plan| Plan { rate: RateLimit::try_new(10, 1).ok(), ..plan }) => {}
                    () = make_trouble => {}
                }
                broker.reconnect();
            }
            let report = redrive(&broker, "last", clock, |plan| plan).await;
            assert_eq!(report.stopped, None);
            assert!(contents(&broker, PARKED).is_empty());
            let mut seen = BTreeSet::new();
            let first_time: Vec<String> = ids(&contents(&broker, WORK)).into_iter().filter(|id| seen.insert(id.clone())).collect();
            assert_eq!(first_time, (0..count).map(id).collect::<Vec<_>>());
        });
    }
}
