//! Which attempts there are besides those that wait their turn: at once, after a crash, in the next process.

use std::{sync::Arc, time::Duration};

use fabric::{Clock, RetryPolicy, Subscription, core::delivery::Disposition, host::Host};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::{Harness, tenant};
use jiff::Timestamp;

use crate::sample::{Act, School, crash, host, mark, marks, school, steady, until};

#[tokio::test(start_paused = true)]
async fn immediate_attempts_come_at_once_and_count() {
    use Act::{Handle, Permanent, RetryAfter, Transient};
    // How many at once, what the handler does, when each attempt begins in seconds, and whether the event is parked.
    let table: &[(u32, &[Act], &[u64], bool)] = &[
        (1, &[Transient, Handle], &[0, 0], false),
        (2, &[Transient, Transient, Handle], &[0, 0, 0], false),
        (2, &[Transient, Transient, Transient, Handle], &[0, 0, 0, 1], false),
        (2, &[Transient, Transient, Transient, Transient, Transient], &[0, 0, 0, 1, 5], true),
        (4, &[Transient, Transient, Transient, Transient, Transient], &[0, 0, 0, 0, 0], true),
        (2, &[Transient, Permanent], &[0, 0], true),
        // Who asks for a delay gets it.
        (2, &[RetryAfter(Duration::from_secs(4)), Handle], &[0, 4], false),
    ];
    for (immediate, script, expected, is_parked) in table {
        for is_strict in [false, true] {
            let marks = marks().retry(steady().immediate(*immediate).unwrap());
            let marks = if is_strict { marks.strict() } else { marks };
            let (service, state) = school(School::following(script), marks);
            let harness = Harness::start(service).await;
            harness.publish(mark("p-1", 1)).await;
            harness.settle().await;
            let seen = state.seen();
            let times: Vec<u64> = seen.iter().map(|one| one.from.saturating_sub(seen[0].from).as_secs()).collect();
            let what = format!("{immediate} at once, {script:?}, strict: {is_strict}");
            assert_eq!(times, *expected, "{what}");
            assert_eq!(harness.parked("school.marks").len(), usize::from(*is_parked), "{what}");
            let attempts: Vec<u32> = harness.settled("school.marks").iter().map(|settled| settled.attempt).collect();
            assert_eq!(attempts, (1..).take(seen.len()).collect::<Vec<u32>>(), "{what}");
            assert_eq!(harness.host().activity().in_hand(), 0, "{what}");
        }
    }
}

struct Process {
    client: Arc<MemoryBroker>,
    host: Host,
    state: Arc<School>,
}

async fn process(broker: &MemoryBroker, clock: Clock, state: School, marks: Subscription<School>) -> Process {
    let (client, (service, state)) = (broker.another_client(), school(state, marks));
    let host = host(Arc::clone(&client), clock, service).await;
    host.activity().start_recording();
    Process { client, host, state }
}

async fn publish(process: &Process) {
    let fabric = process.host.fabric_as("school".parse().unwrap());
    fabric.publish(mark("p-1", 1)).tenant(tenant()).await.unwrap();
}

fn attempts(host: &Host) -> Vec<(u32, Disposition)> {
    host.activity().recorded().into_iter().map(|settled| (settled.attempt, settled.disposition)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ended_with_its_process_counts() {
    for is_strict in [false, true] {
        let marks = || if is_strict { marks().strict() } else { marks() };
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let broker = MemoryBroker::new(clock, BrokerOptions::default());
        let first = process(&broker, clock, School::always(Act::Hang), marks()).await;
        publish(&first).await;
        until("the handler to be at work", || first.state.at_work() == 1).await;
        crash(first.host, &first.client).await;
        let next = process(&broker, clock, School::always(Act::Handle), marks()).await;
        broker.idle().await;
        assert_eq!(attempts(&next.host), [(2, Disposition::Ack)], "strict: {is_strict}");
        next.host.drain().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_attempt_too_many_is_not_made_for_an_event_that_ends_processes() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    let twice = || marks().retry(RetryPolicy::try_new(2, 1_000, 1, 1_000, 0).unwrap());
    let first = process(&broker, clock, School::always(Act::Hang), twice()).await;
    publish(&first).await;
    until("the handler to be at work", || first.state.at_work() == 1).await;
    crash(first.host, &first.client).await;
    let next = process(&broker, clock, School::always(Act::Transient), twice()).await;
    broker.idle().await;
    let codes: Vec<_> = attempts(&next.host)
        .into_iter()
        .map(|(attempt, disposition)| match disposition {
            Disposition::Park(reason) => (attempt, reason.code()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(codes, [(2, "exhausted")]);
    next.host.drain().await;
}

#[tokio::test(start_paused = true)]
async fn attempts_go_on_in_the_next_process() {
    // What waits at the broker says how often it was tried; what waited in the process was out once, and says no more.
    for (is_strict, expected) in [(false, 3), (true, 2)] {
        let marks = || if is_strict { marks().strict() } else { marks() };
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let broker = MemoryBroker::new(clock, BrokerOptions::default());
        let first = process(&broker, clock, School::always(Act::Transient), marks()).await;
        publish(&first).await;
        until("two attempts to fail", || first.state.seen().len() == 2).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let activity = Arc::clone(first.host.activity());
        first.host.drain().await;
        assert_eq!(activity.in_hand(), 0);
        let next = process(&broker, clock, School::always(Act::Handle), marks()).await;
        broker.idle().await;
        assert_eq!(attempts(&next.host), [(expected, Disposition::Ack)], "strict: {is_strict}");
        next.host.drain().await;
    }
}
