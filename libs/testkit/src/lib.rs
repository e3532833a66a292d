//! What the tests of the event fabric stand on. For development only: no service depends on it.
//!
//! - [`servers`] starts private RabbitMQ, Redis and PostgreSQL processes from the installed binaries and ends them with the
//!   value, also when the test panics or is killed;
//! - [`relay`] is a TCP relay in front of any of them that breaks the network on demand;
//! - [`history`] records what processes did while things were broken, and checks what that says about the promises;
//! - [`wait`] waits for a condition with a deadline, so that no test has to sleep;
//! - `harness`, with the feature of that name, runs services on `memory://` and virtual time and says what became of each event.
//!
//! Linux only: the supervisor of the servers uses `setsid` and `/proc`.

#[cfg(feature = "harness")]
pub mod harness;
pub mod history;
pub mod relay;
pub mod servers;
pub mod wait;
