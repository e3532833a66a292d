//! The events of the education domain, as types and as data.
//!
//! Each context has a module, and each event in it is a struct whose fields are the payload. What a field may hold is
//! said by its type (see [`values`]) or by bounds next to it. Times are instants with the suffix `_at`, dates have the
//! suffix `_date`, and amounts end in their unit. In JSON the names are in camel case.
//!
//! The same events as data are found with [`all`], [`find`] and [`matching`].
//!
//! ```
//! use fabric_catalog::{Example, gradebook::GradePosted};
//! use fabric_core::Event as _;
//!
//! let grade = GradePosted::example()?;
//! assert_eq!(grade.key(), grade.student_id.as_str());
//!
//! let descriptor = fabric_catalog::find("gradebook.grade.posted").unwrap();
//! assert!(descriptor.may_be_published_by("academic"));
//! # Ok::<(), fabric_core::event::InvalidPayload>(())
//! ```
//!
//! # Adding an event
//! Write it into its context's module, with an example: nothing else is needed. A new context is a module, and a line
//! in the list below.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod declare;
mod schema;
mod special_programs;

pub mod agent;
pub mod assessment;
pub mod attendance;
pub mod billing;
pub mod chat;
pub mod communication;
pub mod content;
pub mod demographics;
pub mod esl;
pub mod fabric;
pub mod gifted;
pub mod gradebook;
pub mod iep;
pub mod intervention;
pub mod kyc;
pub mod learning;
pub mod notification;
pub mod rostering;
pub mod section504;
pub mod social;
pub mod tutoring;
pub mod user;
pub mod values;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use fabric_core::{Descriptor, Pattern};

use declare::Entry;
pub use declare::Example;
pub use schema::{field_paths, personal_fields, schema};

/// The events of every context.
const CONTEXTS: &[&[&[Entry]]] = &[
    agent::EVENTS,
    assessment::EVENTS,
    attendance::EVENTS,
    billing::EVENTS,
    chat::EVENTS,
    communication::EVENTS,
    content::EVENTS,
    demographics::EVENTS,
    esl::EVENTS,
    &[fabric::EVENTS],
    gifted::EVENTS,
    gradebook::EVENTS,
    iep::EVENTS,
    intervention::EVENTS,
    kyc::EVENTS,
    learning::EVENTS,
    notification::EVENTS,
    rostering::EVENTS,
    section504::EVENTS,
    social::EVENTS,
    special_programs::EVENTS,
    tutoring::EVENTS,
    user::EVENTS,
];

/// Every event of the catalogue, sorted by topic.
pub fn all() -> &'static [Descriptor] {
    static ALL: LazyLock<Vec<Descriptor>> = LazyLock::new(|| {
        let mut all: Vec<Descriptor> = entries().map(|entry| entry.descriptor).collect();
        all.sort_unstable_by_key(|descriptor| descriptor.topic);
        all
    });
    &ALL
}

/// The event of a topic.
pub fn find(topic: &str) -> Option<&'static Descriptor> {
    let index = all().binary_search_by_key(&topic, |descriptor| descriptor.topic).ok()?;
    all().get(index)
}

/// The events whose topics match a pattern, sorted by topic.
///
/// ```
/// let pattern = "notification.email.*".parse()?;
/// assert!(fabric_catalog::matching(&pattern).any(|event| event.topic == "notification.email.bounced"));
/// # Ok::<(), fabric_core::pattern::InvalidPattern>(())
/// ```
pub fn matching(pattern: &Pattern) -> impl Iterator<Item = &'static Descriptor> {
    all().iter().filter(|descriptor| pattern.matches(descriptor.topic))
}

/// The names of the contexts, sorted. Each has an exchange of its own.
pub fn contexts() -> &'static [&'static str] {
    static CONTEXTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let mut contexts: Vec<&str> = all().iter().filter_map(|event| event.topic.split('.').next()).collect();
        contexts.dedup();
        contexts
    });
    &CONTEXTS
}

/// An example of a topic's payload, as JSON.
pub fn example(topic: &str) -> Option<&'static str> {
    entries().find(|entry| entry.descriptor.topic == topic).map(|entry| entry.example)
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    CONTEXTS.iter().copied().flatten().copied().flatten()
}
