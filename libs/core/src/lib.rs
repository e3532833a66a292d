//! The functional core of the event fabric: every decision the system takes, as plain functions over plain values.
//!
//! Nothing here reads a clock, a socket, a file or a source of randomness: time, ids and seeds come in as arguments, and what
//! should happen goes out as a value that a shell carries out. That is why each decision can be read in one place, tested with a
//! table, attacked with properties and simulated.
//!
//! | concept | module |
//! |---|---|
//! | names of events and who listens to them | [`topic`], [`pattern`], [`router`] |
//! | what an event is | [`event`], [`metadata`], [`name`], [`validate`] |
//! | how it looks on the wire | [`message`], [`codec`], [`trace`], [`limits`] |
//! | from event to publication | [`publication`], [`partition`] |
//! | services as values, and what follows from them | [`service`], [`topology`], [`asyncapi`] |
//! | what becomes of a delivery | [`fault`], [`retry`], [`delivery`], [`resend`], [`dispatch`], [`hold`], [`breaker`] |
//! | what becomes of what is parked | [`parked`], [`redrive`] |
//! | who owes an answer to whom | [`ack_ledger`], [`confirm_ledger`] |
//! | what may change in a payload's schema, and older payloads | [`schema`], [`upcast`] |
//! | the last known event | [`recency`] |
//! | whether a service is ready, and how busy | [`health`], [`rate`] |
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod ack_ledger;
pub mod asyncapi;
pub mod breaker;
pub mod codec;
pub mod confirm_ledger;
pub mod delivery;
pub mod dispatch;
pub mod event;
pub mod fault;
pub mod health;
pub mod hold;
pub mod limits;
pub mod message;
pub mod metadata;
pub mod name;
pub mod parked;
pub mod partition;
pub mod pattern;
pub mod publication;
pub mod rate;
pub mod recency;
pub mod redrive;
pub mod resend;
pub mod retry;
pub mod router;
pub mod schema;
pub mod seed;
pub mod service;
pub mod topic;
pub mod topology;
pub mod trace;
pub mod upcast;
pub mod validate;

pub use event::{Descriptor, Event};
pub use fault::{Fault, FaultClass};
pub use metadata::{Actor, Metadata};
pub use name::{ActorId, EventId, PartitionKey, Role, ServiceName, SubscriptionName, TenantId};
pub use pattern::Pattern;
pub use topic::Topic;
pub use validate::Violation;
