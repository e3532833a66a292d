//! What a handler says when it fails.

use std::{fmt, time::Duration};

use crate::limits::FAULT_MESSAGE_BYTES_MAX;

/// Whether trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// Something else is in the way: a timeout, a lost connection. Trying again may help.
    Transient,
    /// The event itself is the problem for this handler. Trying again cannot help.
    Permanent,
}

impl FaultClass {
    /// The class as it stands in headers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
        }
    }
}

/// Why a handler could not handle an event.
///
/// Any error converts to a transient fault, so `?` works in handlers. The message is kept with the event when it is parked, and
/// is shown to operators: it must not quote student data.
///
/// ```
/// use fabric_core::{Fault, FaultClass};
/// fn parse(text: &str) -> Result<u8, Fault> {
///     Ok(text.parse::<u8>()?)
/// }
/// assert_eq!(parse("x").unwrap_err().class(), FaultClass::Transient);
/// assert_eq!(Fault::permanent("no such class").class(), FaultClass::Permanent);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    class: FaultClass,
    message: String,
    retry_after: Option<Duration>,
}

impl Fault {
    /// A fault that trying again may mend.
    pub fn transient(message: impl fmt::Display) -> Self {
        Self { class: FaultClass::Transient, message: capped(message.to_string()), retry_after: None }
    }

    /// A fault that trying again cannot mend: the event is parked at once.
    pub fn permanent(message: impl fmt::Display) -> Self {
        Self { class: FaultClass::Permanent, message: capped(message.to_string()), retry_after: None }
    }

    /// A transient fault that says when trying again makes sense, such as a server's `Retry-After`: up to a day, and of a strict
    /// subscription, which keeps the event in hand meanwhile, up to a quarter of an hour.
    pub fn retry_after(delay: Duration, message: impl fmt::Display) -> Self {
        Self { retry_after: Some(delay), ..Self::transient(message) }
    }

    /// Whether trying again may help.
    pub fn class(&self) -> FaultClass {
        self.class
    }

    /// What went wrong, at most 1 KiB.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// When trying again makes sense, if the handler said so.
    pub fn delay(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Fault {
    /// Every error is transient unless the handler says otherwise: losing an event by a wrong guess would be worse than trying again.
    fn from(error: E) -> Self {
        let error = error.into();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::transient(message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({}: {})", self.class.as_str(), self.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Cuts a text to the limit, at a character boundary.
fn capped(mut text: String) -> String {
    if text.len() > FAULT_MESSAGE_BYTES_MAX {
        let end = (0..=FAULT_MESSAGE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn an_error_becomes_a_transient_fault_with_its_whole_chain() {
        let fault = Fault::from(Outer("x".parse::<u8>().unwrap_err()));
        assert_eq!(fault, Fault::transient("outer: invalid digit found in string"));
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let fault = Fault::permanent("é".repeat(1_000));
        assert_eq!(fault.message().len(), 1_024);
    }
}
