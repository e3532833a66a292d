//! Publishing: what Ok and each error promise, and what becomes of events that nobody wants.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use fabric::{
    Context, Fabric, InMemory, PublishFailure, Published, ReadModel, Service, Subscription,
    core::{codec, delivery::Disposition, publication::Rejected},
    runtime::ports::PublishError,
};
use fabric_memory::{BrokerOptions, MemoryBroker, QueueOptions};
use fabric_testkit::harness::{Harness, Setup, tenant};

use crate::sample::{Act, BellRung, MarkGiven, NoteSent, School, following, mark, marks, school, until};

async fn publish(fabric: &Fabric, points: u16) -> Result<Published, PublishFailure> {
    fabric.publish(mark("p-1", points)).tenant(tenant()).await
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_wants_is_kept_confirmed() {
    let (harness, state) = following(&[]).await;
    let published = harness.publish(BellRung { tower: "north".to_owned() }).await;
    let Published::Unrouted(id) = published else { panic!("{published:?}") };
    let kept = harness.unrouted();
    let [kept] = kept.as_slice() else { panic!("{} are kept", kept.len()) };
    let received = codec::decode_message(&kept.message).unwrap();
    assert_eq!(received.metadata.id, id);
    assert_eq!(received.payload::<BellRung>(), Ok(BellRung { tower: "north".to_owned() }));
    harness.settle().await;
    assert_eq!((state.seen(), harness.host().activity().snapshot().published), (Vec::new(), 1));
}

#[tokio::test(start_paused = true)]
async fn an_unrouted_event_that_cannot_be_kept_is_no_success() {
    let (service, _) = school(School::always(Act::Handle), marks());
    let harness = Harness::start_with(service, with_queue_of("events.unrouted", 1)).await;
    let ring = async || {
        let bell = BellRung { tower: "north".to_owned() };
        harness.fabric_as("school").publish(bell).tenant(tenant()).await
    };
    ring().await.unwrap();
    let failed = ring().await;
    let Err(PublishFailure::Unconfirmed(PublishError::Refused)) = failed else { panic!("{failed:?}") };
    assert_eq!(harness.unrouted().len(), 1);
}

/// A queue that holds no more than this.
fn with_queue_of(name: &str, length_max: usize) -> Setup {
    let queues = [(name.to_owned(), QueueOptions { length_max, ..QueueOptions::default() })].into();
    Setup { broker: BrokerOptions { queues, ..BrokerOptions::default() }, ..Setup::default() }
}

fn lost_answer() -> PublishError {
    PublishError::Unknown { reason: "the connection was lost before the answer came" }
}

#[tokio::test(start_paused = true)]
async fn a_lost_confirm_is_unknown_and_publishing_the_same_id_again_is_harmless() {
    let (service, state) = school(School::always(Act::Handle), marks());
    let harness = Harness::start(service).await;
    let fabric = harness.fabric_as("school");
    let first = harness.publish(mark("p-1", 0)).await.id();
    harness.broker().lose_confirm_next(1);
    let again = || fabric.publish(mark("p-1", 0)).tenant(tenant()).id(first);
    let Err(PublishFailure::Unconfirmed(PublishError::Unknown { .. })) = again().await else {
        panic!("an unknown outcome was called something else")
    };
    assert_eq!(again().await.unwrap(), Published::Routed(first));
    harness.settle().await;
    assert!(state.seen().iter().all(|seen| seen.id == first));
}

#[tokio::test(start_paused = true)]
async fn each_way_to_fail_says_whether_the_event_was_taken() {
    type Fault = fn(&MemoryBroker);
    // The fault, the error, and whether handlers get the event in the end.
    let table: &[(Fault, PublishError, bool)] = &[
        (|broker| broker.refuse_next(1), PublishError::Refused, false),
        (|broker| broker.lose_confirm_next(1), lost_answer(), true),
        (|broker| broker.disconnect(), PublishError::NotSent { reason: "there was no connection in time" }, false),
        (|broker| broker.block("no room"), PublishError::Unknown { reason: "no answer came in time" }, true),
    ];
    for (fault, expected, is_taken) in table {
        let (harness, state) = following(&[]).await;
        fault(harness.broker());
        let failed = publish(&harness.fabric_as("school"), 1).await;
        let Err(PublishFailure::Unconfirmed(error)) = failed else { panic!("{failed:?}") };
        assert_eq!(error, *expected);
        harness.broker().reconnect();
        harness.broker().unblock();
        harness.settle().await;
        assert_eq!(state.seen().len(), usize::from(*is_taken), "{expected}");
        assert_eq!(harness.host().activity().snapshot().published, 0, "{expected}");
        publish(&harness.fabric_as("school"), 2).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_under_a_publish_leaves_it_unknown() {
    let (harness, _) = following(&[]).await;
    harness.broker().block("no room");
    let fabric = harness.fabric_as("school");
    let publishing = tokio::spawn(async move { publish(&fabric, 1).await });
    until("the publish to be held", || !harness.broker().is_idle()).await;
    harness.broker().lose_connection();
    let failed = publishing.await.unwrap();
    let Err(PublishFailure::Unconfirmed(PublishError::Unknown { .. })) = failed else { panic!("{failed:?}") };
}

#[tokio::test(start_paused = true)]
async fn what_breaks_a_rule_is_rejected_before_anything_is_sent() {
    let (harness, _) = following(&[]).await;
    let school = harness.fabric_as("school");
    let invalid = school.publish(mark("", 1001)).tenant(tenant()).await;
    let Err(PublishFailure::Rejected(Rejected::Payload(payload))) = invalid else { panic!("{invalid:?}") };
    assert!(payload.to_string().contains("pupil") && payload.to_string().contains("points"), "{payload}");
    let foreign = harness.fabric_as("library");
    let foreign = foreign.publish(mark("p-1", 1)).tenant(tenant()).await;
    assert!(matches!(foreign, Err(PublishFailure::Rejected(Rejected::Service { .. }))), "{foreign:?}");
    let pupil = fabric::Actor { id: "p-1".parse().unwrap(), role: "pupil".parse().unwrap() };
    let pupil = school.publish(mark("p-1", 1)).tenant(tenant()).by(pupil).await;
    assert!(matches!(pupil, Err(PublishFailure::Rejected(Rejected::Role { .. }))), "{pupil:?}");
    let long = NoteSent { pupil: "p".repeat(300_000) };
    let long = school.publish(long).tenant(tenant()).await;
    assert!(matches!(long, Err(PublishFailure::Rejected(_))), "{long:?}");
    assert_eq!(harness.broker().recorded(), []);
}

/// How often a mark was counted, and how often a handler was called for one.
#[derive(Default)]
struct Counts {
    model: InMemory<u32>,
    calls: AtomicU32,
}

async fn count(event: MarkGiven, context: Context<Counts>) -> Result<(), fabric::Fault> {
    let (state, metadata) = (context.state(), context.metadata());
    let calls = state.calls.fetch_add(1, Relaxed);
    state.model.update_once(context.tenant(), "count", metadata.id, |count| *count += 1);
    // Whatever happens after the counting must not make it count again.
    if event.points == 1 && calls == 0 { Err(fabric::Fault::transient("after the counting")) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn duplicates_reach_the_handler_and_count_once() {
    // Points 1 let the first call fail. How often is the handler called?
    for (points, duplicates, calls) in [(0, 0, 1), (0, 1, 2), (1, 0, 2), (1, 1, 3), (1, 2, 4)] {
        let counting = Service::with_state("school", Counts::default())
            .publishes::<MarkGiven>()
            .subscribe(Subscription::new("counting").on(count));
        let state: Arc<Counts> = counting.state();
        let harness = Harness::start(counting).await;
        harness.broker().duplicate_next(duplicates);
        harness.publish(mark("p-1", points)).await;
        harness.settle().await;
        assert_eq!(state.calls.load(Relaxed), calls, "points {points}, {duplicates} duplicates");
        assert_eq!(state.model.read(&tenant(), |count| *count), 1, "points {points}, {duplicates} duplicates");
    }
}

#[tokio::test(start_paused = true)]
async fn copies_that_are_refused_are_tried_again_and_lose_nothing() {
    for act in [Act::Transient, Act::Permanent, Act::Panic] {
        // With five refusals in a row the delivery goes back to its queue, and its attempt is made again.
        for refused in 1..=12 {
            let (service, state) = school(School::always(act.clone()), marks());
            let harness = Harness::start(service).await;
            harness.publish(mark("p-1", 1)).await;
            harness.broker().refuse_next(refused);
            harness.settle().await;
            // One that came back without an outcome counts as an attempt, however often it comes back.
            let came_back = usize::try_from(refused / 5).unwrap();
            let (attempts, again) =
                if matches!(act, Act::Permanent) { (1, came_back) } else { (5, came_back.saturating_sub(1)) };
            assert_eq!(state.seen().len(), attempts + again, "{act:?}, {refused} refused");
            assert_eq!(harness.parked("school.marks").len(), 1, "{act:?}, {refused} refused");
            let last = harness.dispositions("school.marks").pop();
            assert!(matches!(last, Some(Disposition::Park(_))), "{act:?}, {refused} refused");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_whose_confirm_is_lost_is_made_again_and_loses_nothing() {
    let (service, state) = school(School::following(&[Act::Transient]), marks());
    let harness = Harness::start(service).await;
    harness.publish(mark("p-1", 1)).await;
    harness.broker().lose_confirm_next(3);
    harness.settle().await;
    // The broker has taken every copy: the event is handled at least once, here as often as there are copies.
    assert_eq!(state.seen().len(), 1 + 4);
    assert_eq!(harness.dispositions("school.marks").iter().filter(|settled| **settled == Disposition::Ack).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_wait_queue_that_is_full_loses_nothing() {
    let script = vec![Act::Transient; 20];
    let (service, state) = school(School::following(&script), marks().concurrency(20));
    let harness = Harness::start_with(service, with_queue_of("school.marks.retry.1000", 3)).await;
    for points in 0..20 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    harness.settle().await;
    let acks = harness.dispositions("school.marks").iter().filter(|settled| **settled == Disposition::Ack).count();
    assert_eq!((acks, state.points().len(), harness.parked("school.marks").len()), (20, 20, 0));
}
