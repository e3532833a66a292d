//! The model's behaviours one by one, its invariants under any sequence of inputs, and the ports over it.

mod broker;
mod cache;
mod connections;
mod deletions;
mod deliveries;
mod determinism;
mod faults;
mod properties;
mod queues;
mod routes;
mod routing;
mod splitters;
mod world;
