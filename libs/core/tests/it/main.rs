//! What the core promises to those who use it, from the outside.

mod explain;
mod publication;
mod sample;
mod service;
mod wire;
