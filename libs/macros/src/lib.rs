//! `#[derive(Event)]`: an event type from attributes.
//!
//! The crate has three parts, each a function from tokens to a result, so that all are tested without a compiler:
//! `attributes` reads and checks what stands in `#[event(...)]`, `json_name` reads off serde's attributes what a field is called in
//! JSON, `expand` writes the implementation.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod attributes;
mod expand;
mod json_name;

use proc_macro::TokenStream;

/// Implements `Event` for a struct with named fields.
///
/// | attribute | meaning | if left out |
/// |---|---|---|
/// | `topic = "context.aggregate.action"` | the event's name and routing key, words of `[a-z][a-z0-9_]*` | an error |
/// | `key = "field"` | the field whose events are kept in order | an error |
/// | `subject = "field"` | the field that names the person whom the data is about | nobody |
/// | `version = 2` | the version of the payload's schema | 1 |
/// | `upcasters = "from_1"` | functions that bring a payload of an older version to the next, one for each | none |
/// | `aggregate = "result"` | the kind of aggregate that the event belongs to | the topic's second word |
/// | `owner = "academic"` | the service that owns the event | the topic's first word |
/// | `publishers = "social kyc"` | other services that may publish it | none |
/// | `roles = "teacher admin"` | roles of people who may cause it | services only |
/// | `scope = "local"` | `integration`: a contract with every service; `local`: for its owner alone | `integration` |
/// | `crate = "::fabric_core"` | where the core is, for crates that do not depend on `fabric` | `::fabric::core` |
///
/// The description is the first paragraph of the type's doc comment, so an event without one does not compile.
///
/// The attribute may stand more than once, which lets a macro of your own add a part that is always the same.
///
/// # Fields
/// `key` and `subject` name a field, or one inside it: `key = "student.id"`. The field is read by `AsRef<str>`, which
/// `String` and newtypes around it implement; a field whose type is written as an integer or as `Uuid` is printed
/// instead. The type of `subject` may also be an `Option` of these. Whether a type is an `Option` or a number is seen
/// from how it is written, so it cannot hide behind an alias, nor behind a dotted path.
///
/// # What else the type needs
/// The derives of serde and garde stay visible. Both write paths to their own crate, so a crate with events depends on
/// `serde` and `garde` next to `fabric`.
///
/// ```
/// use fabric_core::Event as _;
/// use fabric_macros::Event;
/// use garde::Validate;
/// use serde::{Deserialize, Serialize};
///
/// /// A lunch was ordered.
/// #[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
/// #[event(topic = "canteen.lunch.ordered", key = "student_id", subject = "student_id", roles = "student")]
/// # #[event(crate = "::fabric_core")]
/// struct LunchOrdered {
///     #[garde(length(min = 1, max = 255))]
///     student_id: String,
///     #[garde(range(max = 10))]
///     portions: u8,
/// }
///
/// let order = LunchOrdered { student_id: "s-1".into(), portions: 2 };
/// assert_eq!(LunchOrdered::TOPIC, "canteen.lunch.ordered");
/// assert_eq!(LunchOrdered::OWNER, "canteen");
/// assert_eq!(LunchOrdered::DESCRIPTION, "A lunch was ordered.");
/// assert_eq!(order.key(), "s-1");
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let tokens = syn::parse(input).and_then(|input| expand::event(&input));
    tokens.unwrap_or_else(|error| error.to_compile_error()).into()
}
