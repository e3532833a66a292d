//! Why a value was refused.

use std::borrow::Cow;

use serde::de::{Error, Unexpected};

/// Why a text or number is not the value it should be. It says what was wanted, never what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {wanted}")]
pub struct InvalidValue {
    /// What it should have been, such as `a percentage`.
    pub what: &'static str,
    /// Which rule it breaks, in the words of [`fabric_core::Violation::code`].
    pub code: &'static str,
    /// What is allowed, such as `a number from 0 to 200`.
    pub wanted: Cow<'static, str>,
}

impl InvalidValue {
    /// The same as an error of serde: `invalid value: {code}, expected {wanted}`.
    ///
    /// serde has its own words for a wrong value, and the core keeps their second half for people and drops the first,
    /// where other types would quote the input. So the code stands where the input would be.
    pub(crate) fn into_serde<E: Error>(self) -> E {
        E::invalid_value(Unexpected::Other(self.code), &self.wanted.as_ref())
    }
}
