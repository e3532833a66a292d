//! What the core promises to those who use it, from the outside.

mod cloudevents;
mod publication;
mod sample;
mod schema;
mod service;
mod wire;
