//! Subscriptions that hold a key while an event of it is parked.

use std::{sync::Arc, time::Duration};

use fabric::{Clock, SubscriptionName, host::Host, runtime::parked::ParkedQueue};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::tenant;
use jiff::Timestamp;

use crate::{
    operator::Operator,
    sample::{Act, School, host, mark, marks, school, until},
    scrape::{self, Scrape},
};

/// A process of a school that holds keys, on a connection of its own.
struct Process {
    broker: Arc<MemoryBroker>,
    clock: Clock,
    host: Host,
    state: Arc<School>,
}

async fn start(state: School) -> Process {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    on(MemoryBroker::new(clock, BrokerOptions::default()), clock, state).await
}

async fn on(broker: Arc<MemoryBroker>, clock: Clock, state: School) -> Process {
    let (service, state) = school(state, marks().hold_key_on_park());
    let host = host(broker.another_client(), clock, service).await;
    Process { broker, clock, host, state }
}

impl Process {
    async fn publish(&self, marks: &[(&str, u16)]) {
        let fabric = self.host.fabric_as("school".parse().unwrap());
        for (pupil, points) in marks {
            fabric.publish(mark(pupil, *points)).tenant(tenant()).await.unwrap();
        }
    }

    /// The calls so far, in their order.
    async fn calls(&self) -> Vec<u16> {
        self.broker.idle().await;
        self.state.seen().iter().map(|seen| seen.points).collect()
    }

    /// Why the parked events are parked, in the order of the queue.
    fn parked(&self) -> Vec<String> {
        let contents = self.broker.contents("school.marks.parked");
        contents.iter().map(|(_, it)| it.message.headers.text("fabric-fault-type").unwrap().to_owned()).collect()
    }

    async fn redrive(&self) -> usize {
        let (broker, topology) = (self.broker.as_ref(), self.host.topology());
        Operator { broker, topology, clock: self.clock, is_told: false }.redrive(&name(), "redrive", |_| {}).await
    }

    /// The next process on the same broker, after this one has ended.
    async fn next(self, state: School) -> Process {
        let Process { broker, clock, host, .. } = self;
        let activity = Arc::clone(host.activity());
        host.drain().await;
        assert_eq!(activity.in_hand(), 0);
        on(broker, clock, state).await
    }
}

fn name() -> SubscriptionName {
    "school.marks".parse().unwrap()
}

const MARKS: [(&str, u16); 5] = [("p-1", 0), ("p-2", 10), ("p-1", 1), ("p-1", 2), ("p-2", 11)];

#[tokio::test(start_paused = true)]
async fn later_events_of_a_parked_ones_key_are_parked_behind_it_and_other_keys_flow() {
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    assert_eq!(school.calls().await, [0, 10, 11]);
    assert_eq!(school.parked(), ["permanent", "held", "held"]);
    assert_eq!(school.host.activity().in_hand(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_back_is_handled_in_order_and_frees_the_key() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let held = || Scrape::of(&recorder).value("eventbus_subscription_held_keys school.marks school.marks");
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    school.calls().await;
    assert_eq!(held(), 1);
    assert_eq!(school.redrive().await, 3);
    assert_eq!(school.calls().await, [0, 10, 11, 0, 1, 2]);
    school.publish(&[("p-1", 3)]).await;
    assert_eq!((school.calls().await.last(), school.parked().len(), held()), (Some(&3), 0, 0));
}

#[tokio::test(start_paused = true)]
async fn when_the_first_one_fails_again_the_others_are_parked_again() {
    for restarts in [false, true] {
        let mut school = start(School::following(&[]).with(0, &[Act::Permanent, Act::Permanent])).await;
        school.publish(&MARKS).await;
        school.calls().await;
        if restarts {
            school = school.next(School::following(&[]).with(0, &[Act::Permanent])).await;
        }
        let before = school.calls().await.len();
        school.redrive().await;
        assert_eq!(school.calls().await[before..], [0], "restarts: {restarts}");
        assert_eq!(school.parked(), ["permanent", "held", "held"]);
        school.redrive().await;
        assert_eq!(school.calls().await[before..], [0, 0, 1, 2], "restarts: {restarts}");
        assert!(school.parked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_failed_again_is_the_oldest_though_the_consumer_has_never_seen_it_parked() {
    let mut school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    school.calls().await;
    // The copies are on their way while nobody consumes.
    let (broker, clock, topology) = (Arc::clone(&school.broker), school.clock, school.host.topology().clone());
    school.host.drain().await;
    let operator = Operator { broker: broker.as_ref(), topology: &topology, clock, is_told: false };
    assert_eq!(operator.redrive(&name(), "redrive", |_| {}).await, 3);
    school = on(broker, clock, School::following(&[]).with(0, &[Act::Permanent])).await;
    assert_eq!(school.calls().await, [0]);
    assert_eq!(school.parked(), ["permanent", "held", "held"]);
    school.redrive().await;
    assert_eq!(school.calls().await, [0, 0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_new_process_learns_what_is_held_from_the_parked_queue() {
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    school.calls().await;
    let school = school.next(School::following(&[])).await;
    school.publish(&[("p-1", 3), ("p-2", 12)]).await;
    assert_eq!(school.calls().await, [12]);
    assert_eq!(school.parked(), ["permanent", "held", "held", "held"]);
    school.redrive().await;
    assert_eq!(school.calls().await, [12, 0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn places_are_compared_as_times_and_not_as_text() {
    // Parked on a whole second, and a moment later: as text the second one would come first.
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    tokio::time::sleep(Duration::from_secs(5).saturating_sub(school.clock.elapsed())).await;
    school.publish(&[("p-1", 0)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    school.publish(&[("p-1", 1)]).await;
    school.calls().await;
    let school = school.next(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.redrive().await;
    assert_eq!(school.calls().await, [0], "the older one is first, and the other one behind it");
    assert_eq!(school.parked(), ["permanent", "held"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handled_while_what_is_held_cannot_be_read() {
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    school.calls().await;
    let operator = school.broker.another_client();
    let reading = ParkedQueue::open(operator.as_ref(), &name(), Duration::from_secs(1)).await.unwrap();
    let school = school.next(School::following(&[])).await;
    school.publish(&[("p-1", 3), ("p-2", 12)]).await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(school.state.seen(), [], "somebody else reads what is parked");
    reading.close().await;
    until("the other key to be handled", || !school.state.seen().is_empty()).await;
    assert_eq!((school.calls().await, school.parked().len()), (vec![12], 4));
}

#[tokio::test(start_paused = true)]
async fn a_drain_does_not_wait_until_what_is_held_can_be_read() {
    let school = start(School::following(&[]).with(0, &[Act::Permanent])).await;
    school.publish(&MARKS).await;
    school.calls().await;
    let operator = school.broker.another_client();
    let _reading = ParkedQueue::open(operator.as_ref(), &name(), Duration::from_secs(1)).await.unwrap();
    let school = school.next(School::following(&[])).await;
    school.publish(&[("p-2", 12)]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (started, activity) = (school.clock.elapsed(), Arc::clone(school.host.activity()));
    school.host.drain().await;
    let took = school.clock.elapsed().saturating_sub(started);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!((activity.in_hand(), school.broker.contents("school.marks").len()), (0, 1));
}
