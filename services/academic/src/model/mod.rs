//! The read models: plain values, and pure functions that change them by what events say.
//!
//! Deliveries come more than once, and those of different topics in any order. So what is said about one thing is kept with the
//! moment of the event that said so ([`fabric::Latest`]), and an older event changes nothing. Only what counts deliveries goes through
//! `update_once`.

pub mod analytics;
pub mod audit;
pub mod cases;
pub mod distribution;
pub mod gpa;
pub mod gradebook;
pub mod mark;
pub mod roster;
