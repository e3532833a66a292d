//! Strict order with two processes on one broker, whatever befalls the one that is at it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fabric::{Clock, Service, host::Host};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::tenant;
use jiff::Timestamp;

use crate::sample::{Act, School, Seen, crash, host, mark, marks, school, until};

const KEYS: u16 = 3;
const EVENTS: u16 = 24;

/// A process with what it has seen.
struct Process {
    client: Arc<MemoryBroker>,
    host: Host,
    state: Arc<School>,
}

/// The third mark fails twice, wherever it comes.
fn strict_school() -> (Service<School>, Arc<School>) {
    let state = School::always(Act::Take(Duration::from_millis(20))).with(3, &[Act::Transient, Act::Transient]);
    school(state, marks().strict().concurrency(4).prefetch(8))
}

async fn process(broker: &MemoryBroker, clock: Clock) -> Process {
    let (client, (service, state)) = (broker.another_client(), strict_school());
    let host = host(Arc::clone(&client), clock, service).await;
    Process { client, host, state }
}

/// What happens to the process that is active.
#[derive(Debug, Clone, Copy)]
enum Event {
    Nothing,
    LosesConnection,
    Crashes,
    Drains,
    BrokerRestarts,
}

/// Two processes, of which something happens to the first `after` so long. Gives what both have seen, with whether it was the first one.
async fn seen(event: Event, after: Duration) -> Vec<(bool, Seen)> {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    let (one, other) = (process(&broker, clock).await, process(&broker, clock).await);
    until("both to consume", || [&one, &other].iter().all(|process| process.host.health().readiness().takes_requests))
        .await;
    let fabric = other.host.fabric_as("school".parse().unwrap());
    for points in 0..EVENTS {
        fabric.publish(mark(&format!("p-{}", points % KEYS), points)).tenant(tenant()).await.unwrap();
    }
    tokio::time::sleep(after).await;
    let Process { client, host, state } = one;
    let activity = Arc::clone(host.activity());
    let mut left = None;
    match event {
        Event::Nothing => left = Some(host),
        Event::LosesConnection => {
            client.lose_connection();
            left = Some(host);
        }
        Event::BrokerRestarts => {
            broker.restart();
            left = Some(host);
        }
        Event::Crashes => crash(host, &client).await,
        Event::Drains => {
            host.drain().await;
            assert_eq!(activity.in_hand(), 0, "{event:?} after {after:?}");
        }
    }
    broker.idle().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    if let Some(host) = left {
        assert_eq!(activity.in_hand(), 0, "{event:?} after {after:?}");
        host.drain().await;
    }
    assert_eq!(other.host.activity().in_hand(), 0);
    other.host.drain().await;
    let of =
        |is_first: bool, state: &School| state.seen().into_iter().map(move |seen| (is_first, seen)).collect::<Vec<_>>();
    let mut seen: Vec<(bool, Seen)> = [of(true, &state), of(false, &other.state)].concat();
    seen.sort_by_key(|(_, seen)| seen.from);
    seen
}

#[tokio::test(start_paused = true)]
async fn keys_stay_in_order_across_processes_and_what_befalls_them() {
    use Event::{BrokerRestarts, Crashes, Drains, LosesConnection, Nothing};
    for event in [Nothing, LosesConnection, Crashes, Drains, BrokerRestarts] {
        // While the first marks are handled; while the third one waits for its next attempt; while others follow it.
        for after_ms in [5, 30, 500, 1_500, 5_030] {
            let what = format!("{event:?} after {after_ms} ms");
            let seen = seen(event, Duration::from_millis(after_ms)).await;
            let mut keys: BTreeMap<&str, Vec<&(bool, Seen)>> = BTreeMap::new();
            for one in &seen {
                keys.entry(&one.1.key).or_default().push(one);
            }
            for (key, calls) in keys {
                let mut expected = (0..EVENTS).filter(|points| format!("p-{}", points % KEYS) == key);
                let mut next = expected.next();
                for (_, call) in &calls {
                    // What comes again came before: nothing is skipped.
                    assert!(Some(call.points) <= next || next.is_none(), "{what}: {key} got {} too early", call.points);
                    let fails = call.points == 3 && call.to == Some(call.from);
                    if Some(call.points) == next && !fails {
                        next = expected.next();
                    }
                }
                assert_eq!(next, None, "{what}: {key} is not complete");
                let changes = calls.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
                assert!(changes <= 1, "{what}: {key} went to and fro");
            }
            let is_by_both = [true, false].map(|first| seen.iter().any(|one| one.0 == first));
            let is_passed_on = matches!(event, LosesConnection | Crashes | Drains);
            assert!(is_by_both[0] && (is_by_both[1] || !is_passed_on), "{what}: {is_by_both:?}");
        }
    }
}
