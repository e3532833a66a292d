//! Reading what the core judges by. What cannot be read is unknown, and said so: a doctor is called when things are broken.

use std::{collections::BTreeMap, time::Duration};

use fabric::{
    SubscriptionName,
    config::Config,
    core::{
        parked::{Cause, ParkedEvents},
        service::ServiceSpec,
        topology::{
            Actual, UserDefinition,
            doctor::{Facts, Handling, Pause, Process},
            names,
        },
    },
    management::ManagementError,
    runtime::{
        control,
        parked::{ParkedError, ParkedQueue},
        ports::Broker,
    },
};

use crate::{
    Outcome,
    args::Common,
    commands::health::{self, Report},
    operator::{self, Client, pauses::Paused},
    platform,
    topology::Desk,
};

/// How long to wait for somebody else who reads the same parked events.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the connection may take to close.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// What is known besides what stands on the broker.
pub async fn of_broker(
    common: &Common,
    config: &Config,
    desk: &Desk,
    actual: &Actual,
    services: &[ServiceSpec],
) -> Outcome<Facts> {
    let adapters = platform::adapters(config).await?;
    let broker = adapters.broker.as_ref();
    let pauses = control::paused(broker).await.ok().map(|paused| paused.into_iter().map(of_control).collect());
    let gave_up = gave_up(broker, actual, services).await;
    broker.close(CLOSE_DEADLINE).await;
    adapters.cache.close().await;
    Ok(Facts { pauses, process: process(common, config).await?, users: users(desk).await?, gave_up })
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

/// How many of the parked events the broker itself has parked, for each subscription that has any parked and can be read.
async fn gave_up(broker: &dyn Broker, actual: &Actual, services: &[ServiceSpec]) -> BTreeMap<SubscriptionName, u64> {
    let mut gave_up = BTreeMap::new();
    for name in services.iter().flat_map(ServiceSpec::subscriptions).map(|own| &own.name) {
        let is_empty = actual.queues.get(&names::parked_queue(name)).is_none_or(|state| state.ready == 0);
        if is_empty {
            continue;
        }
        match count(broker, name).await {
            Ok(0) => {}
            Ok(count) => drop(gave_up.insert(name.clone(), count)),
            Err(error) => tracing::debug!(%error, subscription = %name, "parked events could not be read"),
        }
    }
    gave_up
}

async fn count(broker: &dyn Broker, name: &SubscriptionName) -> Result<u64, ParkedError> {
    let mut queue = ParkedQueue::open(broker, name, PATIENCE).await?;
    let mut messages = Vec::new();
    let read = loop {
        match queue.next().await {
            Ok(Some(incoming)) => messages.push(incoming),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    queue.close().await;
    read?;
    let events = ParkedEvents::of(messages);
    let gave_up = events.entries().iter().filter(|entry| entry.event.cause == Cause::GaveUp);
    Ok(u64::try_from(gave_up.count()).unwrap_or(u64::MAX))
}
