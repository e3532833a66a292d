//! The adapter for `RabbitMQ`: the [`Broker`](fabric_runtime::ports::Broker) port on lapin.
//!
//! | concept | module |
//! |---|---|
//! | how to connect, and every limit | `options`, `endpoint` |
//! | the port | `broker` |
//! | publishing with confirms: queue, window, answer | `publishing` |
//! | consuming, acknowledging, watching what goes by | `consuming` |
//! | what has to stand on the broker, and how much is in it | `standing`, `topology`, `depths` |
//! | one connection, its one listener, coming back after a loss | `link`, `reconnect`, `status` |
//! | what stands on the broker and how it is doing, by its management API (feature `management`) | `management` |
//! | what tests can have it do wrong | `flaw` |
//!
//! Invariants:
//! - publishing and consuming never share a connection: a broker that blocks publishers still takes acknowledgements;
//! - a confirm channel has one owner, a publisher task; a window of publishes is answered when all its confirms are in, or its channel
//!   is given up: the next window never starts on a channel that still owes a confirm;
//! - whatever goes wrong with a connection, it is torn down and built again from values; nothing of it is repaired in place;
//! - what a publish finds missing on the broker is declared again without being asked for, and so is everything on a new connection;
//! - every wait has a deadline, every queue a limit, and no error text or log line has a password or a payload in it.
//!
//! With the feature `tls` it takes `amqps://` URLs. The feature `flaws` is for the fault harness alone.

mod broker;
mod consuming;
mod depths;
mod endpoint;
mod error;
mod flaw;
mod in_order;
mod link;
#[cfg(feature = "management")]
pub mod management;
mod options;
mod pipeline;
mod publishing;
mod reconnect;
mod standing;
mod status;
mod topology;
mod wire;

pub use broker::RabbitBroker;
pub use error::ConnectError;
#[cfg(feature = "flaws")]
pub use flaw::Flaw;
pub use options::RabbitOptions;

/// Directives that a log filter must always have, whatever else it lets through: the driver logs a returned message with its
/// payload as a warning, and every frame when traced. It also logs each channel that the broker closes as an error, which is how one
/// learns that something is missing: who only looks would log hundreds of them, over and over. Every such error is returned, too.
///
/// They have the form of `tracing_subscriber::EnvFilter`'s, which lets a later directive for the same target win.
pub const LOG_DIRECTIVES: [&str; 3] = ["lapin=info", "lapin::returned_messages=off", "lapin::channel=off"];
