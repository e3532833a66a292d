use std::collections::BTreeSet;

use anyhow::{Context, Result};
use fabric_core::topology::{Permission, QueueDefinition, TopicPermission};
use fabric_rabbitmq::{
    ConnectError, RabbitBroker,
    management::{Management, ManagementError, password},
};
use fabric_runtime::ports::{Broker, ConsumeError, ConsumeRequest, PublishError};
use fabric_testkit::servers::{Server, require};
use futures_util::future::try_join_all;

use super::{client_of, fresh, fresh_with_broker};
use crate::{consume, next_id, options, outgoing, topology};

fn permission(configure: &str, write: &str, read: &str) -> Permission {
    Permission { configure: configure.to_owned(), write: write.to_owned(), read: read.to_owned() }
}

/// Makes a user with a password, whose name is this test's alone.
async fn make_user(management: &Management, role: &str, tags: &[&str], password: &str) -> Result<String> {
    let name = format!("{role}-of-{}", management.vhost());
    let tags: BTreeSet<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    management.put_user(&name, &tags, Some(&password::hash(password, password::random_salt()?))).await?;
    Ok(name)
}

#[tokio::test]
async fn a_user_with_a_hash_logs_in_and_stays_within_its_permissions() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, owner, url) = fresh_with_broker().await?;
    owner.declare(&topology()).await?;
    let user = make_user(&management, "service", &[], "s3cret").await?;
    let as_user = options(&url.replace("guest:guest", &format!("{user}:s3cret")));
    let kept_out = RabbitBroker::connect(as_user.clone()).await.err();
    assert!(matches!(kept_out, Some(ConnectError::Refused { .. })), "{kept_out:?}");

    management.put_permission(&user, &permission("^$", "^events\\.test$", "^work$")).await?;
    let topic = TopicPermission { write: "^test\\.mine\\..*$".to_owned(), read: "^$".to_owned() };
    management.put_topic_permission(&user, "events.test", &topic).await?;
    let broker = RabbitBroker::connect(as_user).await?;
    broker.publish(outgoing("events.test", "test.mine.done", "1")).await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    for (exchange, key) in [("events.test", "test.other.done"), ("amq.topic", "test.mine.done")] {
        let refused = broker.publish(outgoing(exchange, key, "2")).await;
        let says_who = |detail: &str| detail.contains("ACCESS_REFUSED") && detail.contains(&user);
        let is_forbidden = matches!(&refused, Err(PublishError::Forbidden { exchange: own, detail }) if own == exchange && says_who(detail));
        assert!(is_forbidden, "{exchange} {key}: {refused:?}");
    }
    let request = ConsumeRequest { queue: "work.parked".to_owned(), prefetch: 1, consumer_name: "test".to_owned() };
    let refused = broker.consume(request).await.err().context("it may not read this queue")?;
    assert!(matches!(refused, ConsumeError::Forbidden { .. }), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn users_and_their_permissions_are_made_and_unmade() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, url) = fresh().await?;
    let user = make_user(&management, "someone", &["monitoring"], "s3cret").await?;
    let everything = permission(".*", ".*", ".*");
    let topic = TopicPermission { write: "^a$".to_owned(), read: ".*".to_owned() };
    for _twice in 0..2 {
        management.put_permission(&user, &everything).await?;
        management.put_topic_permission(&user, "amq.topic", &topic).await?;
    }
    // Without a hash, the password stays.
    management.put_user(&user, &["monitoring".to_owned(), "policymaker".to_owned()].into(), None).await?;
    RabbitBroker::connect(options(&url.replace("guest:guest", &format!("{user}:s3cret")))).await?;
    let made = management.users().await?;
    let seen = &made[&user];
    assert_eq!(seen.tags, ["monitoring".to_owned(), "policymaker".to_owned()].into());
    assert_eq!(seen.permission, Some(everything));
    assert_eq!(seen.topics, [("amq.topic".to_owned(), topic.clone())].into());
    assert!(made["guest"].tags.contains("administrator") && made["guest"].permission.is_some());

    assert_eq!(management.vhosts_of(&user).await?, [management.vhost().to_owned()].into());
    management.delete_topic_permissions(&user).await?;
    management.delete_permission(&user).await?;
    assert_eq!(management.vhosts_of(&user).await?, BTreeSet::new());
    let seen = management.users().await?.remove(&user).context("it is still there")?;
    assert_eq!((seen.permission, seen.topics.len()), (None, 0));
    management.delete_user(&user).await?;
    assert!(!management.users().await?.contains_key(&user));
    let gone = [
        management.delete_user(&user).await,
        management.put_permission(&user, &permission("", "", "")).await,
        management.put_topic_permission(&user, "amq.topic", &topic).await,
    ];
    for result in gone {
        assert!(matches!(result, Err(ManagementError::NotFound { .. })), "{result:?}");
    }

    // A new user without a hash is there and cannot log in.
    management.put_user(&user, &BTreeSet::new(), None).await?;
    management.put_permission(&user, &permission("", "", "")).await?;
    for password in ["", "s3cret"] {
        let refused = RabbitBroker::connect(options(&url.replace("guest:guest", &format!("{user}:{password}")))).await;
        assert!(matches!(refused.err(), Some(ConnectError::Refused { .. })));
    }
    let bad = management.put_user(&user, &BTreeSet::new(), Some("no hash: s3cret")).await.err().context("refused")?;
    assert!(matches!(bad, ManagementError::Refused { .. }) && !format!("{bad} {bad:?}").contains("s3cret"), "{bad:?}");
    Ok(())
}

/// The broker looks and writes in two steps, and refuses whoever comes between: two deployments at once, for one.
#[tokio::test]
async fn a_user_is_made_by_several_at_once() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, _) = fresh().await?;
    let hash = password::hash("s3cret", password::random_salt()?);
    let tags = BTreeSet::from(["monitoring".to_owned()]);
    for round in 0..20 {
        let name = format!("many-{round}-of-{}", management.vhost());
        // One of them keeps whatever password there is, and must not take it away from a user that was made meanwhile.
        let made = try_join_all([Some(&hash), Some(&hash), None, Some(&hash)].map(|hash| {
            let (management, name, tags) = (&management, &name, &tags);
            async move { management.put_user(name, tags, hash.map(String::as_str)).await }
        }));
        made.await?;
        management.delete_user(&name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_may_do_less_is_told_what() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (management, _) = fresh().await?;
    let vhost = management.vhost();
    let monitor = make_user(&management, "monitor", &["monitoring"], "s3cret").await?;
    let nobody = make_user(&management, "nobody", &[], "s3cret").await?;
    management.put_permission(&nobody, &permission(".*", ".*", ".*")).await?;
    let forbidden = |error: Option<ManagementError>| match error {
        Some(ManagementError::Forbidden { what, .. }) => what,
        other => panic!("{other:?}"),
    };

    let as_monitor = client_of(vhost, &monitor, "s3cret").await?;
    assert_eq!(forbidden(as_monitor.actual().await.err()), "read the queues", "it may not enter the virtual host");
    management.put_permission(&monitor, &permission("^$", "^$", "^$")).await?;
    as_monitor.actual().await?;
    assert_eq!(forbidden(as_monitor.users().await.err()), "read the permissions");
    let queue = QueueDefinition { durable: true, auto_delete: false, arguments: [].into() };
    assert_eq!(forbidden(as_monitor.put_queue("q", &queue).await.err()), "make the queue q");
    assert_eq!(forbidden(as_monitor.delete_user(&nobody).await.err()), format!("delete the user {nobody}"));
    let as_nobody = client_of(vhost, &nobody, "s3cret").await?;
    assert_eq!(forbidden(as_nobody.actual().await.err()), "read the broker's version");

    let strangers = [client_of(vhost, &monitor, "wrong").await?, client_of(vhost, "stranger", "s3cret").await?];
    for stranger in strangers {
        assert_eq!(stranger.actual().await.err(), Some(ManagementError::Unauthorized));
        assert_eq!(stranger.put_queue("q", &queue).await.err(), Some(ManagementError::Unauthorized));
    }
    let elsewhere = client_of("no such virtual host", "guest", "guest").await?;
    assert!(matches!(elsewhere.put_queue("q", &queue).await, Err(ManagementError::NotFound { .. })));
    assert!(matches!(elsewhere.actual().await, Err(ManagementError::NotFound { .. })));
    Ok(())
}
