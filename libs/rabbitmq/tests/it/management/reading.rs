use anyhow::{Context, Result};
use fabric_core::{
    partition::Partitions,
    topology::{
        Argument, Arguments, Caps, NodeState, PolicyDefinition, Queue, QueueDefinition, QueueRole, QueueState,
        Splitter, Topology, wanted,
    },
};
use fabric_rabbitmq::management::Management;
use fabric_runtime::ports::{Broker, Consumer};
use fabric_testkit::{
    servers::{RabbitMq, RabbitMqOptions, Server, require},
    wait::eventually,
};
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};

use super::{TIMEOUT, fresh_with_broker, url_of};
use crate::{DEADLINE, consume, next_id, outgoing, publish_all, raw, topology};

/// Everything that a topology can have.
pub fn whole_topology() -> Topology {
    let subscription = "test.split".parse().unwrap();
    let splitter = Splitter { subscription, partitions: Partitions::try_new(2).unwrap() };
    let partitions = (0..2).map(|partition| Queue {
        name: format!("test.split.partition.{partition}"),
        role: QueueRole::Work { parked: "work.parked".to_owned(), single_active: true },
    });
    let mut topology = topology();
    topology.queues.extend(partitions);
    topology.queues.push(Queue { name: "events.unrouted".to_owned(), role: QueueRole::Unrouted });
    topology.splitters.push(splitter);
    topology
}

/// Waits until the figures of a queue are as they should be.
async fn queue_becomes(
    management: &Management,
    queue: &str,
    what: &str,
    is_so: impl Fn(&QueueState) -> bool,
) -> Result<QueueState> {
    let last = std::sync::Mutex::new(None);
    let look = eventually(DEADLINE, what, async || {
        let state = management.actual().await?.queues.remove(queue).context("no such queue")?;
        let so = is_so(&state);
        *last.lock().unwrap() = Some(state);
        anyhow::Ok(so)
    });
    look.await.with_context(|| format!("{:?}", last.lock()))?;
    last.into_inner().unwrap().context("nothing was seen")
}

#[tokio::test]
async fn what_is_declared_is_read_back() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, url) = fresh_with_broker().await?;
    broker.declare(&whole_topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    let passing = [
        ("passing", QueueDeclareOptions { auto_delete: true, ..QueueDeclareOptions::default() }),
        ("exclusive", QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() }),
    ];
    for (name, options) in passing {
        channel.queue_declare(name.into(), options, <_>::default()).await?;
        let (exchange, key) = ("events.test".into(), "test.#".into());
        channel.queue_bind(name.into(), exchange, key, QueueBindOptions::default(), <_>::default()).await?;
    }

    let mut actual = management.actual().await?;
    for (name, _) in passing {
        let queue = actual.definitions.queues.remove(name).context("it stands")?;
        assert!(queue.auto_delete, "{name} is not here to stay");
        assert!(actual.queues.remove(name).is_some());
        actual.definitions.bindings.retain(|binding| binding.destination.name() != name);
    }
    let wanted = wanted(&whole_topology(), &Caps::default());
    assert_eq!(actual.definitions.exchanges, wanted.exchanges);
    assert_eq!(actual.definitions.bindings, wanted.bindings);
    assert_eq!(actual.definitions.queues.keys().collect::<Vec<_>>(), wanted.queues.keys().collect::<Vec<_>>());
    for (name, queue) in &wanted.queues {
        assert_eq!(actual.definitions.queues.get(name), Some(queue), "{name}");
    }
    assert_eq!(actual.queues.keys().collect::<Vec<_>>(), wanted.queues.keys().collect::<Vec<_>>());
    assert!(actual.definitions.policies.is_empty() && actual.definitions.users.is_empty());
    assert!(actual.version.split('.').count() >= 3, "{}", actual.version);
    let [NodeState { running: true, memory_alarm: false, disk_alarm: false, name }] = &actual.nodes[..] else {
        panic!("{:?}", actual.nodes)
    };
    assert_eq!(name, &super::node().await?.name());
    let all_there = |state: &QueueState| state.state == "running" && state.online == Some((1, 1));
    queue_becomes(&management, "work", "a queue that runs", all_there).await?;
    Ok(())
}

/// What has expired and cannot go on stays where it was, and is not among what is ready.
#[tokio::test]
async fn dead_letters_that_find_no_place_show() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, _) = fresh_with_broker().await?;
    let queue = |more: &[(&str, Argument)]| {
        let mut arguments: Arguments = [("x-queue-type".to_owned(), "quorum".into())].into();
        arguments.insert("x-overflow".to_owned(), "reject-publish".into());
        arguments.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        QueueDefinition { durable: true, auto_delete: false, arguments }
    };
    management.put_queue("full", &queue(&[("x-max-length-bytes", 1_i64.into())])).await?;
    let expiring = [
        ("x-message-ttl", 50_i64.into()),
        ("x-dead-letter-exchange", "".into()),
        ("x-dead-letter-routing-key", "full".into()),
        ("x-dead-letter-strategy", "at-least-once".into()),
    ];
    management.put_queue("expiring", &queue(&expiring)).await?;
    publish_all(&broker, ["1", "2"].map(|id| outgoing("", "full", id))).await;
    publish_all(&broker, ["3", "4", "5"].map(|id| outgoing("", "expiring", id))).await;
    let stuck = |state: &QueueState| (state.ready, state.dead_lettering) == (0, 3) && !state.is_empty();
    queue_becomes(&management, "expiring", "three that have expired and find no place", stuck).await?;
    let single = management.queue("expiring").await?.context("it stands")?;
    assert_eq!((single.events(), single.dead_lettering), (3, 3));
    assert_eq!(management.queue("missing").await?, None);
    Ok(())
}

#[tokio::test]
async fn messages_and_consumers_show() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, _) = fresh_with_broker().await?;
    broker.declare(&topology()).await?;
    publish_all(&broker, ["1", "2", "3"].map(|id| outgoing("events.test", "test.a.b", id))).await;
    let mut consumer = consume(&broker, "work", 2).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    let parted = |state: &QueueState| (state.ready, state.unacknowledged) == (1, 2) && !state.consumers.is_empty();
    let state = queue_becomes(&management, "work", "one message that waits and two that are out", parted).await?;
    assert_eq!(state.bytes, 3 * r#"{"id":"1"}"#.len() as u64);
    let single = management.queue("work").await?.context("it stands")?;
    assert_eq!((single.events(), &single.consumers), (3, &state.consumers), "asked for by its name it says the same");
    let [seen] = &state.consumers[..] else { panic!("{state:?}") };
    assert!(seen.active && !seen.blocked && seen.tag.contains("test"), "{seen:?}");
    assert_eq!((seen.user.as_str(), seen.prefetch), ("guest", 2));
    assert!(seen.connection.contains("127.0.0.1"), "{seen:?}");

    // Of a queue with a single active consumer one gets deliveries, and the other waits for its turn.
    let _readers: [Box<dyn Consumer>; 2] =
        [consume(&broker, "work.parked", 1).await?, consume(&broker, "work.parked", 3).await?];
    let both = |state: &QueueState| state.consumers.len() == 2;
    let state = queue_becomes(&management, "work.parked", "two consumers", both).await?;
    assert_eq!(state.consumers.iter().filter(|consumer| consumer.active).count(), 1, "{state:?}");
    Ok(())
}

#[tokio::test]
async fn a_policy_becomes_effective() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, _) = fresh_with_broker().await?;
    broker.declare(&topology()).await?;
    let policy = PolicyDefinition {
        pattern: r"^work$".to_owned(),
        apply_to: "queues".to_owned(),
        priority: 7,
        definition: [("max-length-bytes".to_owned(), 5_000_000_000.into())].into(),
    };
    management.put_policy("caps", &policy).await?;
    management.put_policy("caps", &policy).await?;
    let in_effect = |state: &QueueState| state.effective == policy.definition;
    let state = queue_becomes(&management, "work", "a policy in effect", in_effect).await?;
    assert_eq!(state.policy.as_deref(), Some("caps"));
    let actual = management.actual().await?;
    assert_eq!(actual.definitions.policies, [("caps".to_owned(), policy)].into());
    assert_eq!(actual.queues["work.parked"].policy, None);

    management.delete_policy("caps").await?;
    let free = |state: &QueueState| state.effective.is_empty() && state.policy.is_none();
    queue_becomes(&management, "work", "no policy any more", free).await?;
    assert_eq!(management.actual().await?.definitions.policies, [].into());
    Ok(())
}

#[tokio::test]
async fn an_alarm_and_whom_it_blocks_show() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut node = RabbitMq::start_with(RabbitMqOptions { management: true }).await?;
    let management = Management::new(url_of(&node)?, "/", TIMEOUT);
    let (_connection, channel) = raw(&node.url()).await?;
    channel.queue_declare("both".into(), QueueDeclareOptions::durable(), <_>::default()).await?;
    channel.basic_qos(9, BasicQosOptions::default()).await?;
    let _consumer =
        channel.basic_consume("both".into(), "me".into(), BasicConsumeOptions::default(), <_>::default()).await?;
    node.raise_memory_alarm().await?;
    channel.basic_publish("".into(), "both".into(), BasicPublishOptions::default(), b"x", <_>::default()).await?;
    let blocked = |state: &QueueState| state.consumers.iter().any(|consumer| consumer.blocked);
    let state = queue_becomes(&management, "both", "a blocked consumer", blocked).await?;
    assert_eq!((state.consumers[0].tag.as_str(), state.consumers[0].prefetch), ("me", 9));
    assert!(management.actual().await?.nodes[0].memory_alarm);
    node.clear_memory_alarm().await?;
    eventually(DEADLINE, "the alarm's end", async || anyhow::Ok(!management.actual().await?.nodes[0].memory_alarm))
        .await
}
