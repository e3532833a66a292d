//! Values that events share. Inside one of these types there is never a wrong value: the only ways in are `try_new` and
//! reading from JSON, and both check. So what stands in an event's field needs no second look.
//!
//! What says something about a person prints only its type's name with `{:?}`, as in `EmailAddress(…)`, so that no log
//! and no panic message can give it away. Ask for the content by name: `as_str()`, `value()` or `get()`.

mod hours;
mod invalid;
mod list;
mod mark;
mod money;
mod number;
mod object;
mod one_roster;
mod participant;
mod person;
mod private;
mod share;
mod span;
mod text;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use hours::WeeklyHours;
pub use invalid::InvalidValue;
pub(crate) use list::{apart_from, each_once, empty_unless, part_of, without};
pub use mark::{GradePoints, GradeScale, LetterGrade, Percent, Points, Portion, Score, Threshold, Weight};
pub use money::{CurrencyCode, Money};
pub use object::PrivateObject;
pub use one_roster::{
    ClassType, EnrollmentRole, OrgType, PersonRole, Race, ResultFlag, SchoolYear, ScoreStatus, SessionType, Sex,
};
pub use participant::Participant;
pub use person::{AccountRole, CountryCode, EmailAddress, Language, PersonName, PhoneNumber, TimeZone, Username};
pub use private::{PERSONAL, Private, PrivateText};
pub use share::{SentimentScore, Share};
pub(crate) use span::{
    at_most, exactly_if, name_schema, names_fit, needed_if, not_before, not_before_if_known, only_if,
};
pub use text::{HttpsUrl, Id, Sha256};
pub(crate) use vocabulary::vocabulary;

/// Lets a type stand in a field with `#[garde(dive)]`: there is nothing left to validate in it.
macro_rules! always_valid {
    ($name:ty) => {
        impl ::garde::Validate for $name {
            type Context = ();

            fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> ::garde::Path, _: &mut ::garde::Report) {}
        }
    };
}
pub(crate) use always_valid;

/// Gives a type its schema; a `private` one is marked as personal.
macro_rules! described {
    ($name:ident, { $($schema:tt)* } private) => {
        $crate::values::described!($name, { $($schema)* "x-personal": true });
    };
    ($name:ident, { $($schema:tt)* } $(shown)?) => {
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ $($schema)* })
            }
        }
    };
}
pub(crate) use described;
