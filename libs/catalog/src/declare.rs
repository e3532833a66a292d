//! How the catalogue's events are declared: everything about an event stands in one place.

use fabric_core::{Descriptor, Event, event::InvalidPayload};

/// An event with an example of its payload, for tests, documentation and people who want to try it.
pub trait Example: Event {
    /// The example as JSON, as it stands on the wire.
    const EXAMPLE: &'static str;

    /// The example as a value. It never fails for the events of this catalogue: their tests read every one of them.
    fn example() -> Result<Self, InvalidPayload> {
        fabric_core::event::read(Self::EXAMPLE.as_bytes())
    }
}

/// An event of the catalogue as data.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) descriptor: Descriptor,
    pub(crate) example: &'static str,
    /// What `{:?}` prints of a payload that was read from JSON, so that tests can look for personal data in it.
    #[cfg(test)]
    pub(crate) print: fn(&str) -> Result<String, InvalidPayload>,
}

impl Entry {
    pub(crate) const fn of<E: Example + std::fmt::Debug>() -> Self {
        Self {
            descriptor: Descriptor::of::<E>(),
            example: E::EXAMPLE,
            #[cfg(test)]
            print: |json| fabric_core::event::read::<E>(json.as_bytes()).map(|event| format!("{event:?}")),
        }
    }
}

/// Declares the events of a module, and lists them in its `EVENTS`.
///
/// An event is a doc comment, its attributes, its fields and an example. Events that carry the same fields stand one after the
/// other before the fields that they share. Every event gets the same derives, and camel case in JSON.
///
/// A field's type says what is allowed in it. Where it does not, as with text, lists and counts, `#[garde(...)]` must: a test
/// refuses such a field without bounds.
macro_rules! events {
    ($(
        $($(#[$($attribute:tt)*])* pub struct $name:ident)+ { $($fields:tt)* }
        example $example:literal
    )*) => {
        $($(
            #[derive(
                Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::garde::Validate, ::fabric_macros::Event,
            )]
            #[serde(rename_all = "camelCase")]
            #[garde(allow_unvalidated)]
            #[event(crate = "::fabric_core")]
            $(#[$($attribute)*])*
            pub struct $name { $($fields)* }

            impl $crate::Example for $name {
                const EXAMPLE: &'static str = $example;
            }
        )+)*

        pub(crate) const EVENTS: &[$crate::declare::Entry] = &[$($($crate::declare::Entry::of::<$name>()),+),*];
    };
}

pub(crate) use events;
