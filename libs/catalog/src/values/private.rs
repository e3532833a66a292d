//! Values that are personal because of the field they stand in.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    InvalidValue,
    text::{broken_rule, is_prose},
};

/// The keyword that marks a personal value in a schema.
pub const PERSONAL: &str = "x-personal";

/// Something about a person that is never printed: `{:?}` gives `Private(…)`. In JSON it looks like what is inside.
///
/// It is meant for values that cannot be wrong, such as a date or a word of a vocabulary, and for counts and lists with bounds next to
/// the field: nothing else inside is validated again.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Hides a value from print.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// The value, no longer hidden.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: JsonSchema> JsonSchema for Private<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Private{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>();
        schema.insert(PERSONAL.to_owned(), true.into());
        schema
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

impl<T: garde::rules::range::Bounds> garde::rules::range::Bounds for Private<T> {
    type Size = T::Size;

    const MAX: T::Size = T::MAX;
    const MIN: T::Size = T::MIN;

    fn validate_bounds(&self, lower: T::Size, upper: T::Size) -> Result<(), garde::rules::range::OutOfBounds> {
        self.0.validate_bounds(lower, upper)
    }
}

impl<T: garde::rules::length::simple::HasSimpleLength> garde::rules::length::simple::HasSimpleLength for Private<T> {
    fn length(&self) -> usize {
        self.0.length()
    }
}

/// What somebody wrote, or what was written about somebody: 1 to `CHARS_MAX` characters, never printed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PrivateText<const CHARS_MAX: usize>(String);

impl<const CHARS_MAX: usize> PrivateText<CHARS_MAX> {
    /// Checks a text. Fails when there is nothing to read in it, when it is too long, or has control characters other
    /// than line breaks and tabs.
    pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        let text = text.into();
        match broken_rule(&text, CHARS_MAX, is_prose) {
            None => Ok(Self(text)),
            Some(code) => {
                let wanted = format!("1 to {CHARS_MAX} characters without control characters").into();
                Err(InvalidValue { what: "a text", code, wanted })
            }
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const CHARS_MAX: usize> std::str::FromStr for PrivateText<CHARS_MAX> {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_new(text)
    }
}

impl<const CHARS_MAX: usize> AsRef<str> for PrivateText<CHARS_MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const CHARS_MAX: usize> JsonSchema for PrivateText<CHARS_MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("PrivateText{CHARS_MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": CHARS_MAX,
            "pattern": r"^[\t\n\r\P{Cc}]*[^\s\p{Cc}][\t\n\r\P{Cc}]*$",
        });
        schema.insert(PERSONAL.to_owned(), true.into());
        schema
    }
}

impl<const CHARS_MAX: usize> fmt::Debug for PrivateText<CHARS_MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateText(…)")
    }
}

impl<'de, const CHARS_MAX: usize> Deserialize<'de> for PrivateText<CHARS_MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(String::deserialize(deserializer)?).map_err(InvalidValue::into_serde)
    }
}

impl<const CHARS_MAX: usize> garde::Validate for PrivateText<CHARS_MAX> {
    type Context = ();

    fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> garde::Path, _: &mut garde::Report) {}
}
