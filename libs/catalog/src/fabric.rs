//! The fabric itself: events that were parked, what became of them, and what operators did with subscriptions.
//!
//! Nothing here says anything about a person: events are named by their ids, payloads by the places in them.

use fabric_core::Topic;
use schemars::{Schema, SchemaGenerator};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText, vocabulary},
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
}
