//! The broker and the cache in this process: `memory://`, with which the platform starts when no server is named, and on which tests
//! and seeded simulations run.
//!
//! | concept | module |
//! |---|---|
//! | what a broker does, as a state machine without I/O, tasks or a clock | [`model`] |
//! | the port `Broker` over that model, with the faults that simulations inject | [`MemoryBroker`] |
//! | the port `Cache`, as a merge in memory | [`MemoryCache`] |
//! | every limit | [`BrokerOptions`], [`CacheOptions`] |
//!
//! On a runtime of one thread everything here is deterministic: the same calls in the same order give the same deliveries in the
//! same order. Nothing depends on the order of a hash map, on chance or on the system's clock.
//! Who waits is woken in the order of waiting. That holds for the watchers of a status, too, as long as each task asks for a receiver
//! of its own: of the clones of one receiver tokio wakes any first.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod announced;
mod broker;
mod cache;
pub mod model;
mod options;

pub use broker::MemoryBroker;
pub use cache::{CacheOptions, MemoryCache};
pub use options::{BrokerOptions, QueueOptions};
