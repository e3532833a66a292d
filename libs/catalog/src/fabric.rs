//! The fabric itself: events that were parked, what became of them, what operators did with subscriptions, how sagas ended, whose data
//! was erased, and how much of the audit log is sealed.
//!
//! Nothing here says anything about a person: events and people are named by their ids, payloads by the places in them.

use fabric_core::Topic;
use jiff::Timestamp;
use schemars::{Schema, SchemaGenerator};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText, Sha256, not_before, vocabulary},
};

vocabulary! {
    /// Why an event was parked.
    pub enum ParkedCause: "a cause of parking" {
        /// Every attempt failed.
        Exhausted = "exhausted",
        /// The handler said that trying again cannot help.
        Permanent = "permanent",
        /// It cannot be read, or may not be read there.
        Poison = "poison",
        /// An earlier event of its key is parked, and the subscription keeps the order.
        Held = "held",
        /// The broker gave up.
        GaveUp = "gave_up",
    }

    /// Which way a saga was going.
    pub enum SagaDirection: "a saga's direction" {
        /// Doing its steps.
        Forward = "forward",
        /// Undoing what it had done.
        Compensation = "compensation",
    }

    /// Why a saga could not go on.
    pub enum SagaFailure: "a saga's failure" {
        /// Somebody whom it asked said no.
        Refused = "refused",
        /// Every attempt failed.
        Exhausted = "exhausted",
        /// No answer came in time.
        TimedOut = "timed_out",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }

    /// Why a person's data was erased.
    pub enum ErasureBasis: "a basis of erasure" {
        /// The person, or a guardian, asked for it.
        Request = "request",
        /// It had been kept for as long as it may be.
        RetentionEnded = "retention_ended",
        /// A court or an authority ordered it.
        Order = "order",
    }
}

fn topic_if_known(_: &mut SchemaGenerator) -> Schema {
    let word = "[a-z][a-z0-9_]*";
    schemars::json_schema!({
        "type": ["string", "null"],
        "maxLength": 255,
        "pattern": format!(r"^{word}\.{word}\.{word}$"),
    })
}

/// The most events that anything here counts.
const EVENTS_MAX: u64 = 1_000_000_000_000;

/// The most steps that a saga has.
const STEPS_MAX: u16 = 100;

/// The longest time that a saga takes, in milliseconds: a year.
const SAGA_DURATION_MS_MAX: u64 = 31_536_000_000;

/// The longest message id, in bytes: AMQP's own limit.
const MESSAGE_ID_MAX: usize = 255;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A subscription could not handle an event, and it was parked.
    #[event(topic = "fabric.dead_letter.parked", owner = "platform", key = "subscription")]
    pub struct DeadLetterParked {
        /// The subscription.
        pub subscription: Id,
        /// The message id of the event.
        #[garde(length(min = 1, max = MESSAGE_ID_MAX))]
        pub event_id: String,
        /// The event's topic, if it could be read.
        #[serde(default)]
        #[schemars(schema_with = "topic_if_known")]
        pub event_topic: Option<Topic>,
        /// Why.
        pub cause: ParkedCause,
        /// How often it was tried.
        #[garde(range(max = 100_000))]
        pub attempts: u32,
        /// The redrive that it came back from.
        pub redrive_id: Option<Id>,
    }
    example r#"{
        "subscription": "social.feed_projection", "eventId": "0198c1f2-7b1e-7000-8000-1f0000000001",
        "eventTopic": "social.post.created", "cause": "exhausted", "attempts": 5, "redriveId": "rd-1"
    }"#

    /// An event that had been parked was redriven and handled.
    #[event(topic = "fabric.dead_letter.resolved", owner = "platform", key = "subscription")]
    pub struct DeadLetterResolved {
        /// The subscription.
        pub subscription: Id,
        /// The message id of the event.
        #[garde(length(min = 1, max = MESSAGE_ID_MAX))]
        pub event_id: String,
        /// The event's topic, if it could be read.
        #[serde(default)]
        #[schemars(schema_with = "topic_if_known")]
        pub event_topic: Option<Topic>,
        /// The redrive that it came by.
        pub redrive_id: Id,
    }
    example r#"{
        "subscription": "social.feed_projection", "eventId": "0198c1f2-7b1e-7000-8000-1f0000000001",
        "eventTopic": "social.post.created", "redriveId": "rd-1"
    }"#

    /// Parked events were sent back to their subscription.
    #[event(topic = "fabric.dead_letter.redriven", owner = "platform")]
    #[event(key = "subscription", roles = "operator admin")]
    pub struct DeadLetterRedriven {
        /// The redrive.
        pub redrive_id: Id,
        /// The subscription.
        pub subscription: Id,
        /// Which events: `all`, or `group` or `id` with what was named.
        #[garde(length(min = 1, max = 300))]
        pub selection: String,
        /// How many were sent.
        #[garde(range(max = EVENTS_MAX))]
        pub sent: u64,
        /// How many of these had failed again when it ended.
        #[garde(range(max = EVENTS_MAX))]
        pub failed: u64,
        /// Whether it stopped before everything was sent.
        pub stopped_early: bool,
    }
    example r#"{
        "redriveId": "rd-1", "subscription": "social.feed_projection", "selection": "group 1f3a9c07", "sent": 28,
        "failed": 3, "stoppedEarly": true
    }"#

    /// The payload of a parked event was changed.
    #[event(topic = "fabric.dead_letter.edited", owner = "platform")]
    #[event(key = "subscription", roles = "operator admin")]
    pub struct DeadLetterEdited {
        /// The subscription.
        pub subscription: Id,
        /// The message id of the event.
        #[garde(length(min = 1, max = MESSAGE_ID_MAX))]
        pub event_id: String,
        /// Where it was changed, at most the first hundred places.
        #[garde(length(min = 1, max = 100), inner(length(min = 1, max = 500)))]
        pub changed_paths: Vec<String>,
    }
    example r#"{
        "subscription": "social.feed_projection", "eventId": "0198c1f2-7b1e-7000-8000-1f0000000001",
        "changedPaths": ["audienceId", "tags[0]"]
    }"#

    /// Parked events were given up for good.
    #[event(topic = "fabric.dead_letter.dropped", owner = "platform")]
    #[event(key = "subscription", roles = "operator admin")]
    pub struct DeadLetterDropped {
        /// The subscription.
        pub subscription: Id,
        /// How many.
        #[garde(range(max = EVENTS_MAX))]
        pub event_count: u64,
        /// The group that was named.
        #[garde(length(min = 1, max = 16))]
        pub group: Option<String>,
        /// The message id that was named.
        #[garde(length(min = 1, max = MESSAGE_ID_MAX))]
        pub event_id: Option<String>,
        /// Why, in the operator's words.
        pub reason: PrivateText<500>,
    }
    example r#"{
        "subscription": "social.feed_projection", "eventCount": 12, "group": "1f3a9c07",
        "eventId": "0198c1f2-7b1e-7000-8000-1f0000000001", "reason": "The posts were written by a broken test client."
    }"#

    /// A subscription was told to stop taking events.
    #[event(topic = "fabric.subscription.paused", owner = "platform")]
    #[event(key = "subscription", roles = "operator admin")]
    pub struct SubscriptionPaused {
        /// The subscription.
        pub subscription: Id,
        /// Why, in the operator's words.
        pub reason: PrivateText<500>,
    }
    example r#"{ "subscription": "social.feed_projection", "reason": "The search index is being rebuilt." }"#

    /// A subscription takes events again.
    #[event(topic = "fabric.subscription.resumed", owner = "platform")]
    #[event(key = "subscription", roles = "operator admin")]
    pub struct SubscriptionResumed {
        /// The subscription.
        pub subscription: Id,
    }
    example r#"{ "subscription": "social.feed_projection" }"#

    /// A saga did all of its steps.
    #[event(topic = "fabric.saga.completed", owner = "platform", key = "saga_id")]
    pub struct SagaCompleted
    /// A saga that could not go on has undone all that it had done.
    #[event(topic = "fabric.saga.compensated", owner = "platform", key = "saga_id")]
    pub struct SagaCompensated {
        /// The saga: this one run of it.
        pub saga_id: Id,
        /// Which saga it is, such as `academic.lesson_booking`.
        #[garde(length(max = 128), pattern("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$"))]
        pub saga: String,
        /// How many steps were done, or undone.
        #[garde(range(max = STEPS_MAX))]
        pub steps: u16,
        /// How long it took from the event that started it, in milliseconds.
        #[garde(range(max = SAGA_DURATION_MS_MAX))]
        pub duration_ms: u64,
    }
    example r#"{ "sagaId": "b-1", "saga": "academic.lesson_booking", "steps": 4, "durationMs": 2140 }"#

    /// A saga could not go on. If it was going forward, it undoes what it had done; if it was undoing, somebody must look after it.
    #[event(topic = "fabric.saga.failed", owner = "platform", key = "saga_id")]
    pub struct SagaFailed {
        /// The saga: this one run of it.
        pub saga_id: Id,
        /// Which saga it is, such as `academic.lesson_booking`.
        #[garde(length(max = 128), pattern("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$"))]
        pub saga: String,
        /// The step that it was at, such as `payment_authorization`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub step: String,
        /// Which way it was going.
        pub direction: SagaDirection,
        /// Why it could not go on.
        pub cause: SagaFailure,
        /// How many steps were done before.
        #[garde(range(max = STEPS_MAX))]
        pub completed_steps: u16,
        /// How long it took from the event that started it, in milliseconds.
        #[garde(range(max = SAGA_DURATION_MS_MAX))]
        pub duration_ms: u64,
    }
    example r#"{
        "sagaId": "b-1", "saga": "academic.lesson_booking", "step": "payment_authorization", "direction": "forward",
        "cause": "refused", "completedSteps": 1, "durationMs": 840
    }"#

    /// A person's data was erased: what is left of it cannot be read by anybody.
    #[event(topic = "fabric.subject.erased", owner = "platform")]
    #[event(key = "subject_id", subject = "subject_id", roles = "operator admin")]
    pub struct SubjectErased {
        /// The erasure.
        pub erasure_id: Id,
        /// The person, by the id that events had named.
        pub subject_id: Id,
        /// Why.
        pub basis: ErasureBasis,
        /// How many events cannot be read any more.
        #[garde(range(max = EVENTS_MAX))]
        pub erased_events: u64,
        /// Who decided; nobody if a rule did.
        pub decided_by_id: Option<Id>,
        /// When it was done.
        pub erased_at: Timestamp,
    }
    example r#"{
        "erasureId": "er-1", "subjectId": "u-11391", "basis": "request", "erasedEvents": 1204,
        "decidedById": "u-admin", "erasedAt": "2027-07-01T09:00:00Z"
    }"#

    /// A part of the audit log was sealed: a change in it would be noticed from now on.
    #[event(topic = "fabric.audit.sealed", owner = "platform", key = "log")]
    pub struct AuditSealed {
        /// The seal.
        pub seal_id: Id,
        /// The log, such as `academic`.
        pub log: Id,
        /// The position of the first entry under the seal.
        #[garde(range(max = EVENTS_MAX))]
        pub first_position: u64,
        /// The position of the last entry under the seal.
        #[garde(range(max = EVENTS_MAX), custom(not_before(self.first_position)))]
        pub last_position: u64,
        /// The hash over these entries and the seal before.
        pub seal_sha256: Sha256,
        /// The hash of the seal before; none if it is the first.
        pub previous_seal_sha256: Option<Sha256>,
        /// When.
        pub sealed_at: Timestamp,
    }
    example r#"{
        "sealId": "seal-2", "log": "academic", "firstPosition": 1001, "lastPosition": 2000,
        "sealSha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "previousSealSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        "sealedAt": "2026-10-21T00:00:00Z"
    }"#
}
