use std::collections::BTreeMap;

use anyhow::Result;
use fabric_core::topology::{
    Arguments, BindingDefinition, Caps, Definitions, Destination, ExchangeDefinition, Permission, PolicyDefinition,
    QueueDefinition, TopicPermission, UserDefinition, to_json, wanted,
};
use fabric_rabbitmq::management::{ManagementError, OnlyIf, password};
use fabric_runtime::ports::Broker;
use fabric_testkit::servers::{Server, require};

use super::{fresh, fresh_with_broker, node, reading::whole_topology};
use crate::{outgoing, publish_all, topology};

/// Names may have anything in them.
const ODD: &str = "a/b %2f?#.c";

fn exchange(kind: &str) -> ExchangeDefinition {
    let arguments = [("alternate-exchange".to_owned(), "amq.fanout".into())].into();
    ExchangeDefinition { kind: kind.to_owned(), durable: true, auto_delete: false, internal: false, arguments }
}

fn queue(kind: &str) -> QueueDefinition {
    let arguments = [("x-queue-type".to_owned(), kind.into()), ("x-expires".to_owned(), 600_000.into())].into();
    QueueDefinition { durable: true, auto_delete: false, arguments }
}

fn binding(destination: Destination, key: &str, arguments: Arguments) -> BindingDefinition {
    BindingDefinition { source: ODD.to_owned(), destination, key: key.to_owned(), arguments }
}

fn is_refused(result: &Result<(), ManagementError>, said: &str) -> bool {
    matches!(result, Err(ManagementError::Refused { detail, .. }) if detail.contains(said))
}

fn is_missing(result: &Result<(), ManagementError>) -> bool {
    matches!(result, Err(ManagementError::NotFound { .. }))
}

#[tokio::test]
async fn exchanges_queues_and_bindings_are_made_and_unmade() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, _) = fresh().await?;
    let slot: Arguments = [("x-match".to_owned(), "all".into()), ("fabric-slot".to_owned(), 63.into())].into();
    let to = || Destination::Queue(ODD.to_owned());
    let bindings = [
        binding(to(), "a.#", Arguments::new()),
        binding(to(), "", slot),
        binding(to(), ODD, Arguments::new()),
        binding(Destination::Exchange("amq.topic".to_owned()), "a.#", Arguments::new()),
    ];
    assert!(is_missing(&management.bind(&bindings[0]).await));
    for _twice in 0..2 {
        management.put_exchange(ODD, &exchange("topic")).await?;
        management.put_queue(ODD, &queue("quorum")).await?;
        for binding in &bindings {
            management.bind(binding).await?;
        }
    }
    assert!(is_refused(&management.put_exchange(ODD, &exchange("direct")).await, "inequivalent arg 'type'"));
    assert!(is_refused(&management.put_queue(ODD, &queue("classic")).await, "inequivalent arg 'x-queue-type'"));
    let reserved = management.put_exchange("amq.own", &exchange("topic")).await;
    assert!(matches!(reserved, Err(ManagementError::Forbidden { .. })), "{reserved:?}");

    let actual = management.actual().await?.definitions;
    assert_eq!(actual.exchanges, [(ODD.to_owned(), exchange("topic"))].into());
    assert_eq!(actual.queues, [(ODD.to_owned(), queue("quorum"))].into());
    assert_eq!(actual.bindings, bindings.clone().into());

    assert!(is_refused(&management.delete_exchange(ODD, true).await, "in use"));
    for (index, binding) in bindings.iter().enumerate() {
        management.unbind(binding).await?;
        assert!(is_missing(&management.unbind(binding).await));
        let left = management.actual().await?.definitions.bindings;
        assert_eq!(left, bindings[index + 1..].iter().cloned().collect());
    }
    management.delete_exchange(ODD, true).await?;
    assert!(is_missing(&management.delete_exchange(ODD, false).await));
    management.delete_queue(ODD, OnlyIf::default()).await?;
    assert!(is_missing(&management.delete_queue(ODD, OnlyIf::default()).await));
    assert_eq!(management.actual().await?.definitions, Definitions::default());
    Ok(())
}

#[tokio::test]
async fn what_the_adapter_declared_is_made_again_without_a_change() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, _) = fresh_with_broker().await?;
    broker.declare(&whole_topology()).await?;
    let wanted = wanted(&whole_topology(), &Caps::default());
    for (name, exchange) in &wanted.exchanges {
        management.put_exchange(name, exchange).await?;
    }
    for (name, queue) in &wanted.queues {
        management.put_queue(name, queue).await?;
    }
    for binding in &wanted.bindings {
        management.bind(binding).await?;
    }
    let actual = management.actual().await?.definitions;
    assert_eq!(actual, Definitions { policies: BTreeMap::new(), ..wanted });
    broker.declare(&whole_topology()).await?;
    Ok(())
}

#[tokio::test]
async fn a_condition_that_cannot_be_kept_deletes_nothing() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, broker, _) = fresh_with_broker().await?;
    broker.declare(&topology()).await?;
    management.put_queue("classic", &queue("classic")).await?;
    let to = Destination::Queue("classic".to_owned());
    let binding = BindingDefinition { source: "events.test".to_owned(), ..binding(to, "test.#", Arguments::new()) };
    management.bind(&binding).await?;
    let outcomes = publish_all(&broker, [outgoing("events.test", "test.a.b", "1")]).await;
    assert!(outcomes[0].is_ok(), "{outcomes:?}");

    let both = OnlyIf { empty: true, unused: true };
    assert!(is_refused(&management.delete_queue("classic", both).await, "not empty"));
    for only_if in [both, OnlyIf { empty: true, unused: false }, OnlyIf { empty: false, unused: true }] {
        let refused = management.delete_queue("work.parked", only_if).await;
        assert!(matches!(refused, Err(ManagementError::Unconditional { .. })), "{refused:?}");
    }
    let queues = management.actual().await?.definitions.queues;
    assert!(queues.contains_key("classic") && queues.contains_key("work.parked"));
    management.delete_queue("classic", OnlyIf { empty: false, unused: true }).await?;
    assert!(!management.actual().await?.definitions.queues.contains_key("classic"));
    Ok(())
}

#[tokio::test]
async fn a_policy_that_the_broker_does_not_understand_is_refused() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, _) = fresh().await?;
    let policy = |pattern: &str, setting: &str| PolicyDefinition {
        pattern: pattern.to_owned(),
        apply_to: "queues".to_owned(),
        priority: 0,
        definition: [(setting.to_owned(), 5.into())].into(),
    };
    assert!(is_refused(&management.put_policy("p", &policy("^q", "no-such-setting")).await, "no-such-setting"));
    assert!(is_refused(&management.put_policy("p", &policy("^(q", "max-length")).await, "regular expression"));
    assert!(is_missing(&management.delete_policy("p").await));
    Ok(())
}

#[tokio::test]
async fn exported_definitions_are_imported_by_the_broker() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, _) = fresh().await?;
    let vhost = management.vhost();
    let user = format!("user-of-{vhost}");
    let rights = UserDefinition {
        tags: ["management".to_owned(), "monitoring".to_owned()].into(),
        permission: Some(Permission { configure: "^$".into(), write: "^events\\.test$".into(), read: "^work$".into() }),
        topics: [("events.test".to_owned(), TopicPermission { write: "^test\\..*$".into(), read: "^$".into() })].into(),
    };
    let mut exported = wanted(&whole_topology(), &Caps::default());
    exported.users.insert(user.clone(), rights.clone());
    let hashes = [(user.clone(), password::hash("s3cret", password::random_salt()?))].into();
    let node = node().await?;
    let file = node.folder().join(format!("{vhost}.json"));
    tokio::fs::write(&file, to_json(&exported, vhost, &hashes).to_string()).await?;
    node.ctl(&["import_definitions", &file.to_string_lossy()]).await?;

    let actual = management.actual().await?.definitions;
    assert_eq!(actual, Definitions { users: BTreeMap::new(), ..exported });
    assert_eq!(management.users().await?.get(&user), Some(&rights));
    let itself = super::client_of(vhost, &user, "s3cret").await?;
    assert_eq!(itself.actual().await?.definitions, actual);
    Ok(())
}
