//! How the catalogue's events are declared: everything about an event stands in one place.

use fabric_core::{Descriptor, event::InvalidPayload};

/// An event with an example of its payload, for tests, documentation and people who want to try it.
pub trait Example: fabric_core::Event {
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
    pub(crate) schema: fn() -> schemars::Schema,
    /// What `{:?}` prints of a payload that was read from JSON, so that tests can look for personal data in it.
    #[cfg(test)]
    pub(crate) print: fn(&str) -> Result<String, InvalidPayload>,
}

impl Entry {
    pub(crate) const fn of<E: Example + JsonSchema + std::fmt::Debug>() -> Self {
        Self {
            descriptor: Descriptor::of::<E>(),
            example: E::EXAMPLE,
            schema: || schemars::SchemaGenerator::default().into_root_schema_for::<E>(),
            #[cfg(test)]
            print: |json| fabric_core::event::read::<E>(json.as_bytes()).map(|event| format!("{event:?}")),
        }
    }
}

/// Declares the events of a module, and lists them in its `EVENTS`.
///
/// An event is a doc comment, its attributes, its fields and an example. Events that carry the same fields stand one
/// after the other before the fields that they share. In JSON the fields are in camel case.
///
/// The derives stand at the top of the list and not in here, for the sake of rules that look at another field of the
/// event: the `self` in them is the one of where the derive was written.
///
/// A field's type says what is allowed in it. Where it does not, as with text, lists and counts, `#[garde(...)]` must:
/// a test refuses such a field without bounds.
macro_rules! events {
    (#![derive $derives:tt] $(
        $($(#[$($attribute:tt)*])* pub struct $name:ident)+ { $($fields:tt)* }
        example $example:literal
    )*) => {
        $($crate::declare::events!(@alike $derives [$($(#[$($attribute)*])* $name)+] { $($fields)* } $example);)*

        pub(crate) const EVENTS: &[$crate::declare::Entry] = &[$($($crate::declare::Entry::of::<$name>()),+),*];
    };
    // Events that carry the same fields.
    (@alike $derives:tt [$($(#[$($attribute:tt)*])* $name:ident)+] $fields:tt $example:literal) => {$(
        #[derive $derives]
        #[serde(rename_all = "camelCase")]
        #[garde(allow_unvalidated)]
        #[event(crate = "::fabric_core")]
        $(#[$($attribute)*])*
        pub struct $name $fields

        impl $crate::Example for $name {
            const EXAMPLE: &'static str = $example;
        }
    )+};
}

pub(crate) use events;
pub(crate) use fabric_macros::Event;
pub(crate) use garde::Validate;
pub(crate) use schemars::JsonSchema;
pub(crate) use serde::{Deserialize, Serialize};
