//! What the checker says.

use std::fmt;

use serde::Serialize;

/// Findings that are printed; the rest is counted.
const SHOWN_FINDINGS: usize = 20;

/// Counts and findings of one history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The figures.
    pub counts: Counts,
    /// Every broken promise, with ids.
    pub findings: Vec<Finding>,
}

/// What was counted. Those of deliveries count pairs of subscription and event.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Events whose publishing was begun: the sum of the next three.
    pub attempted: usize,
    /// Events of which some publish was confirmed.
    pub acknowledged: usize,
    /// Events that may or may not have been published.
    pub unknown: usize,
    /// Events that certainly were not published.
    pub failed: usize,
    /// Events handled successfully at least once.
    pub handled: usize,
    /// Acknowledged events neither handled nor parked where they must arrive. Where a subscription records effects, a
    /// handled event without its effect is lost as well.
    pub lost: usize,
    /// Events that were delivered, had an effect or were parked where they must not be, or though they certainly were not
    /// published.
    pub unexpected: usize,
    /// Events delivered with another key or number than they were published with.
    pub altered: usize,
    /// Events handled successfully more than once, which at-least-once allows.
    pub duplicated_transport: usize,
    /// Effects that took place more than once; `None` when no effects were recorded.
    pub duplicate_effects: Option<usize>,
    /// Events of an ordered subscription handled after a later one of their key.
    pub reordered: usize,
    /// Handlings of an ordered subscription that began while another of the same key was under way.
    pub overlapped: usize,
    /// Events in the parked queues.
    pub parked: usize,
    /// Acknowledged poison, once for each subscription that it must reach: what `parked` ought to be.
    pub poison_sent: usize,
    /// The worst time from the healing of a fault to the first confirm and the first success of a handler after it; `None`
    /// when nothing was broken.
    pub recovery_s: Option<f64>,
    /// The longest time without a confirm from the first fault on, or of all if there was none.
    pub longest_publish_gap_s: Option<f64>,
    /// The same between successes of handlers.
    pub longest_handle_gap_s: Option<f64>,
    /// The 99th percentile of the times between two confirms over the same span.
    pub publish_gap_p99_ms: Option<f64>,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are ids, and their names say whose")]
pub enum Finding {
    /// Counted as [`Counts::lost`].
    Lost { event: String, subscription: String },
    /// Counted as [`Counts::unexpected`].
    Unexpected { event: String, subscription: String },
    /// Counted as [`Counts::altered`].
    Altered { event: String, subscription: String },
    /// Counted as [`Counts::duplicate_effects`].
    EffectRepeated { event: String, subscription: String, times: usize },
    /// Counted as [`Counts::reordered`].
    Reordered { event: String, after: String, key: String, subscription: String },
    /// Counted as [`Counts::overlapped`].
    Overlapped { event: String, with: String, key: String, subscription: String },
    /// An event was parked that was no poison.
    ParkedWithoutCause { event: String, subscription: String },
    /// Poison was handled with success without having been parked before.
    PoisonHandled { event: String, subscription: String },
    /// Two events bear the same id, or one was published again as something else.
    IdReused { event: String },
    /// After a fault was healed something was published, and nothing of it confirmed.
    NotRecovered { fault: String },
    /// A fault was begun and never healed, so the experiment is not over.
    NotHealed { fault: String },
    /// A fault could not be brought about, so the experiment shows nothing.
    NotBroken { fault: String },
}

impl Verdict {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.counts)?;
        for finding in self.findings.iter().take(SHOWN_FINDINGS) {
            write!(f, "\n{finding}")?;
        }
        match self.findings.len().saturating_sub(SHOWN_FINDINGS) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempted, acknowledged, unknown, failed, handled, lost, unexpected, altered, .. } = self;
        write!(f, "attempted {attempted}, acknowledged {acknowledged}, unknown {unknown}, failed {failed}, ")?;
        write!(f, "handled {handled}, lost {lost}, unexpected {unexpected}, altered {altered}, ")?;
        write!(f, "duplicated at transport {}, ", self.duplicated_transport)?;
        match self.duplicate_effects {
            Some(times) => write!(f, "duplicate effects {times}, ")?,
            None => write!(f, "duplicate effects not recorded, ")?,
        }
        write!(f, "reordered {}, overlapped {}, ", self.reordered, self.overlapped)?;
        write!(f, "parked {} of {} poison", self.parked, self.poison_sent)?;
        self.recovery_s.map_or(Ok(()), |seconds| write!(f, ", recovery {seconds:.3} s"))?;
        self.publish_gap_p99_ms.map_or(Ok(()), |ms| write!(f, ", publish gap p99 {ms:.1} ms"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { event, subscription } => {
                write!(f, "{event} was acknowledged, and {subscription} neither handled nor parked it")
            }
            Self::Unexpected { event, subscription } => {
                write!(f, "{event} came to {subscription}, where it cannot have been published to")
            }
            Self::Altered { event, subscription } => {
                write!(f, "{event} came to {subscription} with another key or number than it was published with")
            }
            Self::EffectRepeated { event, subscription, times } => {
                write!(f, "{event} had its effect {times} times in {subscription}")
            }
            Self::Reordered { event, after, key, subscription } => {
                write!(f, "{event} came after the later {after} of key {key} in {subscription}")
            }
            Self::Overlapped { event, with, key, subscription } => {
                write!(f, "{event} was handled while {with} of key {key} still was in {subscription}")
            }
            Self::ParkedWithoutCause { event, subscription } => {
                write!(f, "{event} is parked in {subscription} and is no poison")
            }
            Self::PoisonHandled { event, subscription } => {
                write!(f, "{event} is poison, and {subscription} handled it without parking it first")
            }
            Self::IdReused { event } => write!(f, "{event} was published as two different events"),
            Self::NotRecovered { fault } => write!(f, "nothing was acknowledged any more after {fault:?} was healed"),
            Self::NotHealed { fault } => write!(f, "{fault:?} was never healed"),
            Self::NotBroken { fault } => write!(f, "{fault:?} could not be brought about"),
        }
    }
}
