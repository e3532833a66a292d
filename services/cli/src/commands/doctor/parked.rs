//! Looking at parked events, for those that the broker itself has parked.
//!
//! Only one reader at a time gets the events of a parked queue, and an operator's redrive comes first: so the oldest few of them are
//! looked at, for a moment, and not at all while somebody else reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::poll_fn,
    time::Duration,
};

use fabric::{
    SubscriptionName,
    core::{
        parked::{Cause, ParkedEvent},
        service::ServiceSpec,
        topology::{
            Actual,
            doctor::{ParkedLook, Target},
            names,
        },
    },
    runtime::ports::{Broker, ConsumeRequest, Consumer, Depth},
};
use tokio::time::timeout;

/// The most events of a subscription that are looked at. The broker sends no more than these.
pub const LOOKED_AT_MAX: u16 = 200;

/// How long to wait for the next event. They are all there, unless somebody else has begun to read.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long closing a channel may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// Looks at what is parked of the subscriptions that were asked about, as far as anything is.
pub async fn look(
    broker: &dyn Broker,
    actual: &Actual,
    services: &[ServiceSpec],
    target: Option<&Target>,
) -> BTreeMap<SubscriptionName, ParkedLook> {
    let has_parked =
        |name: &SubscriptionName| actual.queues.get(&names::parked_queue(name)).is_some_and(|state| !state.is_empty());
    let subscriptions = services.iter().flat_map(ServiceSpec::subscriptions).map(|own| &own.name);
    let asked = |name: &SubscriptionName| target.is_none_or(|target| target.includes_parked_of(name));
    let subscriptions: BTreeSet<&SubscriptionName> =
        subscriptions.filter(|name| asked(name) && has_parked(name)).collect();
    if subscriptions.is_empty() {
        return BTreeMap::new();
    }
    let depths = match broker.depths(subscriptions.iter().map(|name| names::parked_queue(name)).collect()).await {
        Ok(depths) => depths,
        Err(error) => {
            let unread = || ParkedLook::Unread { detail: error.to_string() };
            return subscriptions.into_iter().map(|name| (name.clone(), unread())).collect();
        }
    };
    let mut looks = BTreeMap::new();
    for name in subscriptions {
        // A queue that has gone since then has nothing parked.
        if let Some(depth) = depths.iter().find(|depth| depth.queue == names::parked_queue(name)) {
            looks.insert(name.clone(), look_at(broker, depth).await);
        }
    }
    looks
}

async fn look_at(broker: &dyn Broker, depth: &Depth) -> ParkedLook {
    if depth.consumers > 0 {
        return ParkedLook::Busy;
    }
    let (queue, consumer_name) = (depth.queue.clone(), "fabric doctor".to_owned());
    match broker.consume(ConsumeRequest { queue, prefetch: LOOKED_AT_MAX, consumer_name }).await {
        Ok(mut consumer) => {
            let look = count(consumer.as_mut(), depth.ready.min(u64::from(LOOKED_AT_MAX))).await;
            // What was looked at goes back to its place.
            consumer.close(CLOSE_DEADLINE).await;
            look
        }
        Err(error) => ParkedLook::Unread { detail: error.to_string() },
    }
}

/// Counts without keeping any: bodies can be large.
async fn count(consumer: &mut dyn Consumer, expected: u64) -> ParkedLook {
    let (mut looked_at, mut gave_up) = (0, 0);
    while looked_at < expected {
        match timeout(PATIENCE, poll_fn(|context| consumer.poll_next(context))).await {
            Ok(Some(incoming)) => {
                looked_at += 1;
                gave_up += u64::from(ParkedEvent::of(&incoming).cause == Cause::GaveUp);
            }
            Ok(None) => return ParkedLook::Unread { detail: "the connection was lost".to_owned() },
            // Somebody else was faster, and has them.
            Err(_elapsed) => return ParkedLook::Busy,
        }
    }
    ParkedLook::Seen { looked_at, gave_up }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fabric::{
        config::Config,
        core::message::{Headers, Message, Outgoing, Properties},
        runtime::parked::ParkedQueue,
    };

    use super::*;
    use crate::platform;

    const DISPATCH: &str = "notification.dispatch";
    const DIRECTORY: &str = "notification.directory";

    /// A broker on which everything stands, and what the doctor knows of it.
    struct World {
        broker: Arc<dyn Broker>,
        actual: Actual,
        services: Vec<ServiceSpec>,
    }

    impl World {
        async fn new() -> Self {
            let config = Config::load(None, []).unwrap();
            let services = platform::specs(&config, &[]).unwrap();
            let broker = platform::adapters(&config).await.unwrap().broker;
            broker.declare(&platform::topology_of(&services)).await.unwrap();
            Self { broker, actual: Actual::default(), services }
        }

        /// Parks events: those that the broker gave up say nothing of a fault.
        async fn park(&mut self, subscription: &str, faults: impl IntoIterator<Item = Option<&str>>) {
            let queue = names::parked_queue(&name(subscription));
            for (number, fault) in faults.into_iter().enumerate() {
                let mut headers = Headers::default();
                if let Some(fault) = fault {
                    headers.set("fabric-fault-type", fault);
                }
                let properties =
                    Properties { message_id: Some(number.to_string()), persistent: true, ..Properties::default() };
                let message = Message { properties, headers, body: "{}".into() };
                let exchange = names::queues_exchange(names::service_of(&queue));
                self.broker.publish(Outgoing { exchange, routing_key: queue.clone(), message }).await.unwrap();
                self.actual.queues.entry(queue.clone()).or_default().ready += 1;
            }
        }

        async fn look(&self, asked: Option<&str>) -> Vec<(String, ParkedLook)> {
            let target = asked.map(|asked| Target::find(&self.services, asked).unwrap());
            let looks = look(self.broker.as_ref(), &self.actual, &self.services, target.as_ref()).await;
            looks.into_iter().map(|(name, look)| (name.to_string(), look)).collect()
        }
    }

    fn name(subscription: &str) -> SubscriptionName {
        subscription.parse().unwrap()
    }

    fn seen(subscription: &str, looked_at: u64, gave_up: u64) -> (String, ParkedLook) {
        (subscription.to_owned(), ParkedLook::Seen { looked_at, gave_up })
    }

    #[tokio::test]
    async fn only_what_was_asked_about_is_looked_at() {
        let mut world = World::new().await;
        world.park(DISPATCH, [Some("permanent"), None]).await;
        world.park(DIRECTORY, [Some("exhausted")]).await;
        let both = [seen(DIRECTORY, 1, 0), seen(DISPATCH, 2, 1)];
        assert_eq!(world.look(None).await, both);
        assert_eq!(world.look(None).await, both, "everything is back in its place");
        assert_eq!(world.look(Some(DISPATCH)).await, both[1..]);
        assert_eq!(world.look(Some("notification.dispatch.parked")).await, both[1..]);
        for other in ["academic.gpa_update", "events.unrouted"] {
            assert_eq!(world.look(Some(other)).await, [], "{other}");
        }
    }

    #[tokio::test]
    async fn no_more_than_a_few_are_looked_at_and_they_keep_their_place() {
        let mut world = World::new().await;
        let many = std::iter::repeat_n(Some("poison"), usize::from(LOOKED_AT_MAX) - 1);
        world.park(DISPATCH, std::iter::once(None).chain(many).chain([None, None])).await;
        assert_eq!(world.look(None).await, [seen(DISPATCH, u64::from(LOOKED_AT_MAX), 1)]);
        let mut parked = ParkedQueue::open(world.broker.as_ref(), &name(DISPATCH), PATIENCE).await.unwrap();
        for number in 0..LOOKED_AT_MAX + 2 {
            let id = parked.next().await.unwrap().unwrap().message.properties.message_id;
            assert_eq!(id, Some(number.to_string()));
        }
    }

    #[tokio::test]
    async fn a_redrive_is_not_held_up() {
        let mut world = World::new().await;
        world.park(DISPATCH, [None]).await;
        let redrive = ParkedQueue::open(world.broker.as_ref(), &name(DISPATCH), PATIENCE).await.unwrap();
        assert_eq!(world.look(None).await, [(DISPATCH.to_owned(), ParkedLook::Busy)]);
        redrive.close().await;
        assert_eq!(world.look(None).await, [seen(DISPATCH, 1, 1)]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_said() {
        let mut world = World::new().await;
        world.park(DISPATCH, [None]).await;
        world.broker.close(CLOSE_DEADLINE).await;
        let looks = world.look(None).await;
        assert!(matches!(looks.as_slice(), [(_, ParkedLook::Unread { detail })] if !detail.is_empty()), "{looks:?}");
    }
}
