//! The event fabric: the one crate that services use.
//!
//! An event, a handler, and what makes them a service:
//!
//! ```
//! use fabric::{Context, Event, Fault, Service, Subscription};
//! use garde::Validate;
//! use serde::{Deserialize, Serialize};
//!
//! /// A pupil borrowed a book.
//! #[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
//! #[event(topic = "library.book.borrowed", key = "pupil", subject = "pupil")]
//! struct BookBorrowed {
//!     #[garde(length(min = 1, max = 64))]
//!     pupil: String,
//!     #[garde(range(min = 1, max = 90))]
//!     days: u16,
//! }
//!
//! async fn remember(event: BookBorrowed, context: Context) -> Result<(), Fault> {
//!     println!("{} borrowed for {} days, event {}", event.pupil, event.days, context.metadata().id);
//!     Ok(())
//! }
//!
//! let service = Service::new("library")
//!     .publishes::<BookBorrowed>()
//!     .subscribe(Subscription::new("reminders").on(remember));
//! ```
//!
//! | concept | module |
//! |---|---|
//! | a service as a value | [`Service`], [`Subscription`], [`Context`] |
//! | publishing, reading, watching | [`Fabric`], [`Publish`] |
//! | running services | [`host`] |
//! | HTTP: health, metrics, errors | [`http`] |
//! | who is asking | [`identity`] |
//! | limits and addresses | [`config`] |
//! | logs and metrics | [`telemetry`] |
//! | the pure core, all of it | [`core`] |

// The derive writes `::fabric::core::…`, which must resolve inside this crate too.
extern crate self as fabric;

pub mod config;
mod connect;
mod context;
mod handle;
pub mod host;
pub mod http;
pub mod identity;
mod publish;
mod read_model;
mod service;
mod settings;
pub mod telemetry;

/// The pure core.
pub use fabric_core as core;
pub use fabric_core::{
    Actor, ActorId, Descriptor, Event, EventId, Fault, FaultClass, Metadata, Pattern, Role, ServiceName, SubscriptionName,
    TenantId, Topic, Violation, codec::Received, retry::RetryPolicy,
};
pub use fabric_macros::Event;
/// The ports that adapters implement, and the loops over them.
pub use fabric_runtime as runtime;
pub use fabric_runtime::{clock::Clock, publisher::Published};

pub use connect::{Adapters, ConnectError, connect};
pub use context::{AnyEvent, Context};
pub use handle::{Fabric, ReadError};
pub use publish::{JsonEvent, Payload, Publish, PublishFailure};
pub use read_model::{InMemory, ReadModel};
pub use service::{AnyService, Service, ServiceError, Subscription, SubscriptionDefaults};
