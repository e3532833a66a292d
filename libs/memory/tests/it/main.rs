//! The model's behaviours one by one, its invariants under any sequence of inputs, and the ports over it.

mod broker;
mod cache;
mod connections;
mod deliveries;
mod faults;
mod properties;
mod queues;
mod routing;
mod world;
