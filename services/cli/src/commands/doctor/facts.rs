//! Reading what the core judges by. What cannot be read is unknown, and said so: a doctor is called when things are broken.

use std::{collections::BTreeMap, time::Duration};

use fabric::{
    SubscriptionName,
    config::Config,
    core::{
        service::ServiceSpec,
        topology::{
            Actual, UserDefinition,
            doctor::{Facts, Handling, Pause, Process, Target},
        },
    },
    management::ManagementError,
    runtime::control,
};

use super::parked;
use crate::{
    Outcome,
    args::Common,
    commands::health::{self, Report},
    operator::{self, Client, pauses::Paused},
    platform,
    topology::Desk,
};

/// How long the connection may take to close.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// What is known besides what stands on the broker. Of parked events only those that were asked about are looked at.
pub async fn of_broker(
    common: &Common,
    config: &Config,
    desk: &Desk,
    actual: &Actual,
    services: &[ServiceSpec],
    target: Option<&Target>,
) -> Outcome<Facts> {
    let adapters = platform::adapters(config).await?;
    let broker = adapters.broker.as_ref();
    let pauses = control::paused(broker).await.ok().map(|paused| paused.into_iter().map(of_control).collect());
    let parked = parked::look(broker, actual, services, target).await;
    broker.close(CLOSE_DEADLINE).await;
    adapters.cache.close().await;
    Ok(Facts { pauses, process: process(common, config).await?, users: users(desk).await?, parked })
}

/// What a process says of itself and of what is paused.
pub async fn of_process(client: &Client, url: &str) -> Outcome<Facts> {
    let (_, report) = health::read(client, url).await?;
    let listed: Option<Vec<Paused>> = client.get("/operator/paused", &[]).await.ok();
    let pauses = listed.map(|listed| listed.into_iter().map(of_operator).collect());
    Ok(Facts { pauses, process: Some(told(report)), ..Facts::default() })
}

fn of_control((name, pause): (SubscriptionName, control::Pause)) -> (SubscriptionName, Pause) {
    let control::Pause { reason, by, at } = pause;
    (name, Pause { reason, by, since: at })
}

fn of_operator(paused: Paused) -> (SubscriptionName, Pause) {
    let Paused { subscription, reason, by, since } = paused;
    (subscription, Pause { reason, by, since })
}

/// The broker's users, if whoever asks may see them.
async fn users(desk: &Desk) -> Outcome<Option<BTreeMap<String, UserDefinition>>> {
    match desk.management.users().await {
        Ok(users) => Ok(Some(users)),
        Err(ManagementError::Forbidden { .. } | ManagementError::Unauthorized) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the process says that was named, or the one that was started with the same data folder. Without a name it may be gone.
async fn process(common: &Common, config: &Config) -> Outcome<Option<Process>> {
    let Ok(url) = operator::address(common, config) else { return Ok(None) };
    match health::read(&Client::new(&url, None), &url).await {
        Ok((_, report)) => Ok(Some(told(report))),
        Err(failure) if common.url.is_some() => Err(failure),
        Err(_) => Ok(None),
    }
}

fn told(report: Report) -> Process {
    let is_brokers = |name: &str| matches!(name, "broker" | "topology");
    let checks = report.ready.checks.into_iter();
    let broker_trouble = checks.filter(|check| !check.ok && is_brokers(&check.name)).map(|check| check.detail).next();
    let subscriptions = report.events.subscriptions.into_iter().filter_map(|own| {
        let handling = Handling {
            consuming: own.consuming_here,
            paused: own.paused,
            circuit: own.circuit,
            moving: own.events_per_second > 0.0,
            pending: own.pending,
            parked: own.parked,
            consumers: own.active_consumers,
        };
        Some((SubscriptionName::try_new(&own.subscription).ok()?, handling))
    });
    Process { broker_trouble, subscriptions: subscriptions.collect() }
}
