//! The academic service as a whole, on the broker and the clock in memory.

mod averages;
mod http;
mod interventions;
mod rostering;
mod school;
mod subscriptions;
mod trouble;
