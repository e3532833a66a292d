//! What an operator can do with parked events: the same behind a running `fabric up`'s routes and straight on the broker.

mod drop;
mod edit;
mod redrive;
pub(super) mod routes;
mod view;

pub use drop::{DropRequest, Dropped};
pub use edit::{EditRequest, Edited};
pub use redrive::{RedriveLine, RedriveReport, RedriveRequest, Step};
pub use routes::{PlanRequest, router};
pub use view::{Listed, Shown};

use std::{sync::Arc, time::Duration};

use fabric::{
    Actor, Event, Fabric, SubscriptionName, TenantId,
    config::Config,
    core::{
        parked::{Entry, NoSuch, ParkedEvents},
        topology::{QueueRole, Topology, names},
    },
    host::Host,
    runtime::{
        parked::{ParkedError, ParkedQueue},
        ports::{Broker, PublishError},
        redrive::MoveError,
    },
};

use super::{Operator, audit::Audit};
use crate::{Outcome, exit::Failure, lookup::suggestion, platform};

/// How long to wait for somebody else who reads the same parked events.
const PATIENCE: Duration = Duration::from_secs(3);

/// One operator at subscriptions and their parked events.
#[derive(Clone)]
pub struct Desk {
    pub(super) broker: Arc<dyn Broker>,
    /// The handle of the service that the fabric's own events belong to.
    pub(super) platform: Fabric,
    topology: Arc<Topology>,
    pub(super) audit: Audit,
    tenant: TenantId,
    pub(super) actor: Actor,
}

impl Desk {
    /// In a running `fabric up`, for whoever is asking.
    pub fn of(operator: &Operator, tenant: TenantId, actor: Actor) -> Self {
        Self {
            broker: Arc::clone(&operator.adapters.broker),
            platform: operator.platform.clone(),
            topology: Arc::clone(&operator.topology),
            audit: Audit::new(&operator.config, operator.adapters.clock),
            tenant,
            actor,
        }
    }

    /// Straight on the broker, through a host that runs no services.
    pub fn direct(host: &Host, config: &Config, tenant: TenantId) -> Outcome<Self> {
        Ok(Self {
            broker: Arc::clone(&host.adapters().broker),
            platform: platform::platform_of(host)?,
            topology: Arc::new(platform::topology(config)?),
            audit: Audit::new(config, host.adapters().clock),
            tenant,
            actor: super::actor()?,
        })
    }

    /// Every subscription that there is.
    fn subscriptions(&self) -> impl Iterator<Item = SubscriptionName> {
        let parked = self.topology.queues.iter().filter(|queue| queue.role == QueueRole::Parked);
        parked.filter_map(|queue| SubscriptionName::try_new(queue.name.strip_suffix(".parked")?).ok())
    }

    /// Fails with the nearest name when there is no such subscription.
    pub(super) fn require(&self, subscription: &SubscriptionName) -> Outcome {
        if self.subscriptions().any(|known| known == *subscription) {
            return Ok(());
        }
        let known: Vec<SubscriptionName> = self.subscriptions().collect();
        let hint = suggestion(subscription.as_str(), known.iter().map(SubscriptionName::as_str));
        Err(Failure::Refused(format!("there is no subscription {subscription}{hint}")))
    }

    /// Reads everything that is parked. Whatever is not removed goes back when the queue is closed.
    async fn read(&self, subscription: &SubscriptionName) -> Outcome<(ParkedQueue, ParkedEvents)> {
        self.require(subscription)?;
        let mut queue = ParkedQueue::open(self.broker.as_ref(), subscription, PATIENCE).await?;
        let mut messages = Vec::new();
        loop {
            match queue.next().await {
                Ok(Some(incoming)) => messages.push(incoming),
                Ok(None) => return Ok((queue, ParkedEvents::of(messages))),
                Err(error) => {
                    queue.close().await;
                    return Err(error.into());
                }
            }
        }
    }

    /// Whether the payload of an event may be seen or changed by this operator.
    fn require_own(&self, entry: &Entry) -> Outcome {
        match &entry.event.tenant {
            Some(tenant) if *tenant != self.tenant => {
                Err(Failure::Refused(format!("the event belongs to the tenant {tenant}: say --tenant {tenant}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells whoever listens what was done. That nobody could be told undoes nothing, and is said.
    pub(super) async fn tell(&self, event: Result<impl Event, String>) -> bool {
        let told = match event {
            Ok(event) => {
                let publish = self.platform.publish(event).tenant(self.tenant.clone()).by(self.actor.clone());
                publish.as_notice().await.map(drop).map_err(|error| error.to_string())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &told {
            tracing::warn!(error, "what an operator did was not told");
        }
        told.is_ok()
    }

    pub(super) fn next_id(&self) -> String {
        fabric::runtime::ids::Ids::system().next(self.platform.clock().now()).to_string()
    }
}

/// The name of the queue that keeps a subscription's parked events.
fn queue_of(subscription: &SubscriptionName) -> String {
    names::parked_queue(subscription)
}

impl From<ParkedError> for Failure {
    fn from(error: ParkedError) -> Self {
        let text = error.to_string();
        match error {
            ParkedError::Away { .. } => Self::Unreachable(text),
            ParkedError::Busy { .. } => Self::NotReady(text),
            ParkedError::NoQueue { .. } => Self::missing(&text),
        }
    }
}

impl From<NoSuch> for Failure {
    fn from(error: NoSuch) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<MoveError> for Failure {
    fn from(error: MoveError) -> Self {
        let text = error.to_string();
        match error {
            MoveError::NotTaken(PublishError::Unknown { .. }) | MoveError::StillParked(_) => Self::Unknown(text),
            MoveError::NotTaken(_) => Self::Unreachable(text),
        }
    }
}
