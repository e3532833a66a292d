//! Everything about an event that is not its payload.

use jiff::Timestamp;

use crate::{
    name::{ActorId, CorrelationId, EventId, PartitionKey, Role, ServiceName, StreamId, SubjectId, TenantId},
    topic::Topic,
    trace::TraceContext,
};

/// Who caused an event, and in which role.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// Who.
    pub id: ActorId,
    /// In which role.
    pub role: Role,
}

impl Actor {
    /// A service that acts by itself.
    pub fn service(name: &ServiceName) -> Self {
        Self { id: name.into(), role: Role::service() }
    }
}

/// Where an event stands in its aggregate's stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamPlace {
    /// The stream.
    pub id: StreamId,
    /// The version of the aggregate after this event, counted from 1.
    pub version: u64,
}

/// What the fabric knows of an event besides its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The event's id, the same on every resend.
    pub id: EventId,
    /// Its topic.
    pub topic: Topic,
    /// The version of its payload's schema.
    pub version: u16,
    /// When it happened.
    pub time: Timestamp,
    /// The service that published it, or the foreign producer's `source`.
    pub source: String,
    /// The tenant that the data belongs to.
    pub tenant: TenantId,
    /// Who caused it. The role does not travel: it counts where the event is made.
    pub actor: Option<ActorId>,
    /// The person whom the data is about.
    pub subject: Option<SubjectId>,
    /// What is kept in order.
    pub key: Option<PartitionKey>,
    /// What ties together everything that one request set off.
    pub correlation: CorrelationId,
    /// The event that this one is a reaction to.
    pub causation: Option<EventId>,
    /// Its place in its aggregate's stream, if it comes from a log.
    pub stream: Option<StreamPlace>,
    /// Its position in the log, if it comes from one.
    pub position: Option<u64>,
    /// The distributed trace that it belongs to.
    pub trace: Option<TraceContext>,
}
