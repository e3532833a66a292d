//! W3C trace context: which distributed trace an event belongs to.

use std::fmt;

use crate::seed::Seed;

/// The most bytes of a `tracestate` that are passed on: the recommendation's own limit.
pub const TRACESTATE_BYTES_MAX: usize = 512;

/// A `traceparent` of version 00 with its `tracestate` (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
    state: Option<String>,
}

impl TraceContext {
    /// Starts a new, sampled trace with ids from a seed.
    pub fn start(mut seed: Seed) -> Self {
        let trace_id = (u128::from(seed.next_u64()) << 64) | u128::from(seed.next_u64() | 1);
        Self { trace_id, parent_id: seed.next_u64() | 1, flags: 1, state: None }
    }

    /// The same trace with a new parent: what is passed on by whoever works on it.
    #[must_use]
    pub fn child(&self, mut seed: Seed) -> Self {
        Self { parent_id: seed.next_u64() | 1, ..self.clone() }
    }

    /// Reads a `traceparent`, and a `tracestate` if there is one. None for one that the recommendation says to ignore: then a
    /// new trace is started.
    pub fn parse(parent: &str, state: Option<&str>) -> Option<Self> {
        let mut fields = parent.split('-');
        let version = hex(fields.next()?, 2)?;
        let trace_id = hex(fields.next()?, 32)?;
        let parent_id = u64::try_from(hex(fields.next()?, 16)?).ok()?;
        let flags = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        // A later version may have more fields; version 00 has exactly four; ff is forbidden.
        let is_valid = version != 0xff && (version != 0 || fields.next().is_none()) && trace_id != 0 && parent_id != 0;
        let state = state.filter(|state| state.len() <= TRACESTATE_BYTES_MAX && state.is_ascii()).map(str::to_owned);
        is_valid.then_some(Self { trace_id, parent_id, flags, state })
    }

    /// The trace's id, 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The vendor's state that travels along.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let well_formed =
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    well_formed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recommendation_allows_is_read() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let table = [
            (good, true),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00-4bf92f35-00f067aa0ba902b7-01", false),
            ("", false),
        ];
        for (text, ok) in table {
            assert_eq!(TraceContext::parse(text, None).is_some(), ok, "{text}");
        }
        assert_eq!(TraceContext::parse(good, Some("a=b")).unwrap().to_string(), good);
    }

    #[test]
    fn a_child_stays_in_the_trace() {
        let trace = TraceContext::start(Seed::new(3));
        let child = trace.child(Seed::new(4));
        assert_eq!(trace.trace_id(), child.trace_id());
        assert_ne!(trace, child);
        assert_eq!(TraceContext::parse(&child.to_string(), None), Some(child));
    }
}
