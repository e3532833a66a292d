//! Telling what was parked, and what became of redriven events, as events of the context `fabric`.

use fabric_core::{Descriptor, ServiceName, TenantId, topology::names::FABRIC_CONTEXT};
use fabric_runtime::{
    metric,
    notice::{Notice, What},
};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{handle::Fabric, host::Host, publish::JsonEvent};

/// The service that the fabric's own events belong to.
const PLATFORM: &str = "platform";

/// Publishes notices, as far as the catalogue knows events for them.
pub(crate) struct Announcer {
    fabric: Fabric,
    /// For what belongs to no tenant that could be read.
    platform: TenantId,
    parked: Descriptor,
    resolved: Descriptor,
}

impl Announcer {
    /// None: the catalogue has no such events.
    pub fn new(host: &Host) -> Option<Self> {
        let find = |topic| host.catalogue().iter().find(|event| event.topic == topic).copied();
        Some(Self {
            fabric: host.fabric_as(ServiceName::try_new(PLATFORM).ok()?),
            platform: TenantId::try_new(PLATFORM).ok()?,
            parked: find("fabric.dead_letter.parked")?,
            resolved: find("fabric.dead_letter.resolved")?,
        })
    }

    /// Publishes until it is told to stop. What is not published is only not told: the events themselves are safe.
    pub async fn announce(self, mut notices: mpsc::Receiver<Notice>, stop: CancellationToken) {
        loop {
            let notice = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                notice = notices.recv() => notice,
            };
            let Some(notice) = notice else { return };
            // To tell that such an event was parked would be told again, if its subscription cannot handle that either, without end.
            if notice.event.as_ref().is_some_and(|(_, topic)| topic.context() == FABRIC_CONTEXT) {
                continue;
            }
            if let Err(error) = self.tell(notice).await {
                tracing::debug!(%error, "a notice was not published");
                metric::notice_lost();
            }
        }
    }

    async fn tell(&self, notice: Notice) -> Result<(), crate::PublishFailure> {
        let Notice { subscription, message_id, event, what, redrive_id } = notice;
        let (tenant, topic) = event.map_or((self.platform.clone(), None), |(tenant, topic)| (tenant, Some(topic)));
        let mut payload = json!({ "subscription": subscription, "eventId": message_id, "eventTopic": topic, "redriveId": redrive_id });
        let descriptor = match what {
            What::Resolved => self.resolved,
            What::Parked { cause, attempts } => {
                payload["cause"] = cause.into();
                payload["attempts"] = attempts.into();
                self.parked
            }
        };
        self.fabric
            .publish(JsonEvent { descriptor, json: payload.to_string().into_bytes() })
            .tenant(tenant)
            .as_notice()
            .await
            .map(drop)
    }
}
