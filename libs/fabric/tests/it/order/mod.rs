//! The order per key: within a process, across processes, across retries, and behind what is parked.

mod holding;
mod hosts;
mod loose;
mod partitions;
mod strict;
