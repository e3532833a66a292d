//! From an event to what goes over the wire: validate, check who may, route, encode. The one way to publish anything.

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    codec,
    event::{Checked, Descriptor, Event, InvalidPayload},
    limits::BODY_BYTES_MAX,
    message::Outgoing,
    metadata::{Actor, Metadata, StreamPlace},
    name::{CorrelationId, EventId, InvalidName, PartitionKey, Role, ServiceName, SubjectId, TenantId},
    partition::slot_of,
    topic::{InvalidTopic, Topic},
    topology::names,
    trace::TraceContext,
};

/// Where an event comes from: everything about it that is not in the payload or its type.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The event's id.
    pub id: EventId,
    /// When it happened.
    pub time: Timestamp,
    /// The service that publishes it.
    pub service: ServiceName,
    /// The tenant that the data belongs to.
    pub tenant: TenantId,
    /// Who caused it, and in which role.
    pub actor: Actor,
    /// What ties it to the request that set it off; without one the event starts a new correlation.
    pub correlation: Option<CorrelationId>,
    /// The event that this one is a reaction to.
    pub causation: Option<EventId>,
    /// Its place in its aggregate's stream.
    pub stream: Option<StreamPlace>,
    /// Its position in the log.
    pub position: Option<u64>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

/// An event that is ready to go out.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// What the event says of itself.
    pub metadata: Metadata,
    /// What goes over the wire.
    pub outgoing: Outgoing,
}

/// Why an event may not go out. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The payload is not valid.
    #[error(transparent)]
    Payload(#[from] InvalidPayload),
    /// The payload is above the limit.
    #[error("the payload has {bytes} bytes, at most {BODY_BYTES_MAX} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The actor's role may not cause this event.
    #[error("the role {role} may not publish {topic}")]
    Role {
        /// The actor's role.
        role: Role,
        /// The event's topic.
        topic: Topic,
    },
    /// Another service owns the event, and this one is not among its publishers.
    #[error("the service {service} may not publish {topic}: it belongs to {owner}")]
    Service {
        /// The service that tried.
        service: ServiceName,
        /// The event's topic.
        topic: Topic,
        /// Who owns it.
        owner: &'static str,
    },
    /// The event type's topic is not a topic.
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
    /// The key or the subject that the payload gives is not one.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

/// Plans the publication of a typed event.
///
/// Fails when the payload breaks its rules or is too large, when the service or the actor's role may not publish it, or when its key
/// is empty.
pub fn plan<E: Event>(event: &E, origin: Origin) -> Result<Publication, Rejected> {
    const { assert!(E::VERSION > 0, "versions count from 1") };
    let descriptor = const { &Descriptor::of::<E>() };
    event.validate().map_err(|report| InvalidPayload::Bounds(crate::validate::violations::<E>(&report)))?;
    let body = serde_json::to_vec(event).map_err(|error| InvalidPayload::Shape(crate::validate::scrub(&error)))?;
    let key = PartitionKey::try_new(&event.key())?;
    let subject = event.subject().map(|subject| SubjectId::try_new(&subject)).transpose()?;
    assemble(descriptor, body, key, subject, origin)
}

/// Plans the publication of an event that is known by its topic only, from its payload's JSON.
pub fn plan_json(descriptor: &Descriptor, json: &[u8], origin: Origin) -> Result<Publication, Rejected> {
    let Checked { body, key, subject } = (descriptor.check)(json)?;
    let key = PartitionKey::try_new(&key)?;
    let subject = subject.map(|subject| SubjectId::try_new(&subject)).transpose()?;
    assemble(descriptor, body, key, subject, origin)
}

fn assemble(
    descriptor: &Descriptor,
    body: Vec<u8>,
    key: PartitionKey,
    subject: Option<SubjectId>,
    origin: Origin,
) -> Result<Publication, Rejected> {
    let topic = Topic::try_new(descriptor.topic)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(Rejected::TooLarge { bytes: body.len() });
    }
    if !descriptor.may_be_published_by(origin.service.as_str()) {
        return Err(Rejected::Service { service: origin.service, topic, owner: descriptor.owner });
    }
    if !may_cause(descriptor, &origin.actor.role) {
        return Err(Rejected::Role { role: origin.actor.role, topic });
    }
    let correlation = match origin.correlation {
        Some(correlation) => correlation,
        None => CorrelationId::try_new(&origin.id.to_string())?,
    };
    let slot = slot_of(&key);
    let metadata = Metadata {
        id: origin.id,
        topic,
        version: descriptor.version,
        time: origin.time,
        source: origin.service.as_str().to_owned(),
        tenant: origin.tenant,
        actor: Some(origin.actor.id),
        subject,
        key: Some(key),
        correlation,
        causation: origin.causation,
        stream: origin.stream,
        position: origin.position,
        trace: origin.trace,
    };
    let mut message = codec::encode(&metadata, Bytes::from(body));
    message.headers.push(crate::resend::SLOT, crate::message::HeaderValue::Int(i64::from(slot)));
    let outgoing = Outgoing {
        exchange: names::exchange(metadata.topic.context()),
        routing_key: metadata.topic.as_str().to_owned(),
        message,
    };
    Ok(Publication { metadata, outgoing })
}

/// Whether an actor in this role may cause the event. A service that acts by itself may: its handlers and jobs have no person behind.
pub fn may_cause(descriptor: &Descriptor, role: &Role) -> bool {
    *role == Role::service() || descriptor.roles.contains(&role.as_str())
}
