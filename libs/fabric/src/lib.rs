//! The event fabric: the one crate that services use.
//!
//! An event, a handler, and a test of both:
//!
//! ```
//! use fabric::{Context, Event, Fault, Service, Subscription};
//! use fabric_testkit::harness::Harness;
//! use garde::Validate;
//! use serde::{Deserialize, Serialize};
//!
//! /// A pupil borrowed a book.
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, Event)]
//! #[event(topic = "library.book.borrowed", key = "pupil", subject = "pupil")]
//! #[garde(allow_unvalidated)]
//! struct BookBorrowed { pupil: String, #[garde(range(min = 1, max = 90))] days: u16 }
//!
//! /// A pupil is to be reminded of a book.
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, Event)]
//! #[event(topic = "library.reminder.planned", key = "pupil")]
//! #[garde(allow_unvalidated)]
//! struct ReminderPlanned { pupil: String, in_days: u16 }
//!
//! async fn plan_reminder(event: BookBorrowed, context: Context) -> Result<(), Fault> {
//!     context.react(ReminderPlanned { pupil: event.pupil, in_days: event.days - 1 }, "").await?;
//!     Ok(())
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let service = Service::new("library").publishes::<ReminderPlanned>().subscribe(Subscription::new("reminders").on(plan_reminder));
//! let library = Harness::start(service).await;
//! library.publish(BookBorrowed { pupil: "p-1".into(), days: 14 }).await;
//! library.settle().await;
//! assert_eq!(library.published::<ReminderPlanned>(), [ReminderPlanned { pupil: "p-1".into(), in_days: 13 }]);
//! # });
//! ```
//!
//! | concept | module |
//! |---|---|
//! | a service as a value | [`Service`], [`Subscription`], [`Context`] |
//! | publishing, reading, watching | [`Fabric`], [`Publish`] |
//! | what a service remembers of events | [`ReadModel`], [`Latest`] |
//! | running services | [`host`] |
//! | HTTP: health, metrics, errors | [`http`] |
//! | who is asking | [`identity`] |
//! | limits and addresses | [`config`] |
//! | logs and metrics | [`telemetry`] |
//! | the pure core, all of it | [`core`] |

// The derive writes `::fabric::core::…`, which must resolve inside this crate too.
extern crate self as fabric;

mod announce;
pub mod config;
mod connect;
mod context;
mod handle;
pub mod host;
pub mod http;
pub mod identity;
mod latest;
mod publish;
mod read_model;
mod service;
mod settings;
pub mod telemetry;

/// The pure core.
pub use fabric_core as core;
pub use fabric_core::{
    Actor, ActorId, Descriptor, Event, EventId, Fault, FaultClass, Metadata, Pattern, Role, ServiceName,
    SubscriptionName, TenantId, Topic, Violation, breaker::BreakerPolicy, codec::Received, retry::RetryPolicy,
};
pub use fabric_macros::Event;
/// The client of the broker's management API, for tools.
#[cfg(feature = "management")]
pub use fabric_rabbitmq::management;
/// The ports that adapters implement, and the loops over them.
pub use fabric_runtime as runtime;
pub use fabric_runtime::{clock::Clock, publisher::Published};

pub use connect::{Adapters, ConnectError, connect, connect_broker, connect_cache, connect_command};
pub use context::{AnyEvent, Context, Reaction};
pub use handle::{Fabric, ReadError};
pub use latest::{Latest, Moment};
pub use publish::{JsonEvent, Payload, Publish, PublishFailure};
pub use read_model::{InMemory, ReadModel};
pub use service::{AnyService, Service, ServiceError, Subscription, SubscriptionDefaults};
pub use settings::subscription_defaults;
