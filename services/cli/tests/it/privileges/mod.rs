//! The least-privilege users on a live broker: with them every service works, and whoever has stolen one gets no further.

mod abuse;
mod ground;

use anyhow::{Context as _, Result};
use fabric::{JsonEvent, Published, TenantId, core::delivery::Disposition};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};

use self::ground::{Ground, SERVICES};
use crate::process::DEADLINE;

#[tokio::test(flavor = "multi_thread")]
async fn each_service_runs_with_its_own_user_and_makes_nothing() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let ground = Ground::new().await?;
    let mut hosts = Vec::new();
    for service in SERVICES {
        let host = ground.start(service).await?;
        eventually(DEADLINE, &format!("{service} is ready"), async || {
            Ok::<bool, anyhow::Error>(host.health().readiness().takes_requests)
        })
        .await?;
        hosts.push((service, host));
    }
    let tenant = TenantId::try_new("demo")?;
    for (service, host) in &hosts {
        let fabric = host.fabric(service).context("it runs here")?;
        let own = host.specs().flat_map(|spec| spec.publishes().to_vec()).find(|event| event.owner == *service);
        let descriptor = own.context("it publishes something of its own")?;
        let json = fabric_catalog::example(descriptor.topic).context("every event has an example")?.into();
        let published = fabric.publish(JsonEvent { descriptor, json }).tenant(tenant.clone()).await;
        assert!(published.is_ok(), "{service} {}: {published:?}", descriptor.topic);
        // What nobody listens to is kept: for that too its user has the right.
        let nobodys = host.specs().flat_map(|spec| spec.publishes().to_vec()).find(|event| {
            let topic = event.topic.parse().expect("a topic of the catalogue");
            ground.is_unheard(&topic)
        });
        if let Some(descriptor) = nobodys {
            let json = fabric_catalog::example(descriptor.topic).context("every event has an example")?.into();
            let kept = fabric.publish(JsonEvent { descriptor, json }).tenant(tenant.clone()).await?;
            assert!(matches!(kept, Published::Unrouted(_)), "{service} {}: {kept:?}", descriptor.topic);
        }
    }
    // A payload that is none is parked by each subscription that gets it: by its own exchange, into its own queue.
    ground.publish_garbage("academic", "gradebook.grade.posted").await?;
    for (service, subscription) in
        [("academic", "academic.grade_calculation"), ("notification", "notification.grade_posting_notification")]
    {
        let (_, host) = hosts.iter().find(|(name, _)| *name == service).context("it runs here")?;
        eventually(DEADLINE, &format!("{subscription} has parked it"), async || {
            let settled = host.activity().recorded();
            let parked = |one: &fabric::runtime::activity::SettledDelivery| {
                one.subscription.as_str() == subscription && matches!(one.disposition, Disposition::Park(_))
            };
            Ok::<bool, anyhow::Error>(settled.iter().any(parked))
        })
        .await?;
    }
    for (_, host) in hosts {
        host.drain().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_starts_degraded_while_something_is_missing_and_says_what() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let ground = Ground::bare().await?;
    let host = ground.start("kyc").await?;
    let readiness = host.health().readiness();
    let check = readiness.checks.iter().find(|check| check.name == "topology").context("it is looked at")?;
    assert!(!readiness.takes_requests && !check.ok, "{check:?}");
    assert!(check.detail.contains("`fabric topology apply` makes it"), "{check:?}");
    ground.make().await?;
    eventually(DEADLINE, "it is ready once everything is there", async || {
        Ok::<bool, anyhow::Error>(host.health().readiness().takes_requests)
    })
    .await?;
    host.drain().await;
    Ok(())
}
