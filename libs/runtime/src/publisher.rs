//! From a planned publication to a confirmed one: publish, keep what nobody wanted, offer it to the cache, count it.

use std::{sync::Arc, time::Duration};

use fabric_core::{EventId, ServiceName, message::Outgoing, publication::Publication, resend, topology::names};

use crate::{
    activity::Activity,
    clock::Clock,
    last_known::LastKnown,
    metric,
    ports::{Broker, Confirmed, PublishError},
};

/// Publishes for one service.
#[derive(Clone)]
pub struct Publisher {
    service: ServiceName,
    /// The exchange by which unrouted copies go.
    queues: Arc<str>,
    broker: Arc<dyn Broker>,
    last_known: LastKnown,
    activity: Arc<Activity>,
    clock: Clock,
    log_events: bool,
}

/// A publication that the broker has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Every matching queue has it.
    Routed(EventId),
    /// No queue wanted it: it is kept, confirmed, in the queue for unrouted events.
    Unrouted(EventId),
}

impl Published {
    /// The event's id.
    pub fn id(self) -> EventId {
        match self {
            Self::Routed(id) | Self::Unrouted(id) => id,
        }
    }
}

impl Publisher {
    /// A publisher for a service. With `log_events` it logs each event's topic, id and outcome, never its payload.
    pub fn new(
        service: ServiceName,
        broker: Arc<dyn Broker>,
        last_known: LastKnown,
        activity: Arc<Activity>,
        clock: Clock,
        log_events: bool,
    ) -> Self {
        let queues = names::queues_exchange(service.as_str()).into();
        Self { service, queues, broker, last_known, activity, clock, log_events }
    }

    /// The publisher of a tool, which publishes in the name of a service that may run elsewhere or nowhere: what no queue wanted goes by
    /// the fabric's own exchange, since the service's may not stand.
    #[must_use]
    pub fn of_a_tool(self) -> Self {
        Self { queues: names::FABRIC_QUEUES.into(), ..self }
    }

    /// The service that it publishes for.
    pub fn service(&self) -> &ServiceName {
        &self.service
    }

    /// Publishes and waits for the confirm. What no queue wanted is put into the queue for unrouted events before this returns, so an
    /// Ok always means that the event is in safe hands.
    pub async fn publish(&self, publication: Publication) -> Result<Published, PublishError> {
        let Publication { metadata, outgoing } = publication;
        let body = outgoing.message.body.clone();
        let started = self.clock.elapsed();
        let in_flight = InFlight::start(&self.service);
        let result = self.confirm(outgoing).await;
        drop(in_flight);
        let outcome = outcome_of(&result);
        metric::published(self.service.as_str(), metadata.topic.as_str(), outcome);
        if self.log_events {
            tracing::info!(topic = %metadata.topic, event_id = %metadata.id, outcome, "event published");
        }
        let confirmed = result?;
        metric::confirmed(self.service.as_str(), self.clock.elapsed().saturating_sub(started));
        self.activity.confirmed();
        let id = metadata.id;
        self.last_known.offer(metadata, &body);
        Ok(published(confirmed, id))
    }

    /// Publishes something that is worth telling and not worth keeping: when nobody listens, it is gone.
    pub async fn notify(&self, publication: Publication) -> Result<Published, PublishError> {
        let Publication { metadata, outgoing } = publication;
        let body = outgoing.message.body.clone();
        let result = self.broker.publish(outgoing).await;
        metric::published(self.service.as_str(), metadata.topic.as_str(), outcome_of(&result));
        let (confirmed, id) = (result?, metadata.id);
        self.activity.confirmed();
        self.last_known.offer(metadata, &body);
        Ok(published(confirmed, id))
    }

    async fn confirm(&self, outgoing: Outgoing) -> Result<Confirmed, PublishError> {
        let kept = resend::unrouted_copy(&outgoing, &self.queues);
        match self.broker.publish(outgoing).await? {
            Confirmed::Routed => Ok(Confirmed::Routed),
            Confirmed::Unrouted => keep(self.broker.as_ref(), kept).await.map(|()| Confirmed::Unrouted),
        }
    }
}

/// Publishes a copy straight to a queue. A copy that comes back is not kept anywhere: the queue is missing, and made again for the
/// next one.
pub(crate) async fn keep(broker: &dyn Broker, copy: Outgoing) -> Result<(), PublishError> {
    match broker.publish(copy).await? {
        Confirmed::Routed => Ok(()),
        Confirmed::Unrouted => {
            if let Err(error) = broker.restore().await {
                tracing::warn!(%error, "a queue that keeps events does not stand");
            }
            Err(PublishError::NotSent {
                reason: "the queue that keeps it does not exist: `fabric topology apply` makes it",
            })
        }
    }
}

fn published(confirmed: Confirmed, id: EventId) -> Published {
    match confirmed {
        Confirmed::Routed => Published::Routed(id),
        Confirmed::Unrouted => Published::Unrouted(id),
    }
}

fn outcome_of(result: &Result<Confirmed, PublishError>) -> &'static str {
    match result {
        Ok(Confirmed::Routed) => "routed",
        Ok(Confirmed::Unrouted) => "unrouted",
        Err(PublishError::Refused | PublishError::NoExchange { .. } | PublishError::Forbidden { .. }) => "refused",
        Err(PublishError::Unknown { .. }) => "unknown",
        Err(PublishError::NotSent { .. }) => "not_sent",
    }
}

/// Counts a publish as in flight until it is dropped: a caller that gives up counts as well.
struct InFlight<'a>(&'a ServiceName);

impl<'a> InFlight<'a> {
    fn start(service: &'a ServiceName) -> Self {
        metric::publish_started(service.as_str());
        Self(service)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        metric::publish_ended(self.0.as_str());
    }
}

/// How long to wait before asking again for something that the broker could not give: doubles from 50 ms to 5 s.
pub(crate) fn pause_after(failures: u32) -> Duration {
    Duration::from_millis(50_u64.saturating_mul(1 << failures.min(10)).min(5_000))
}
