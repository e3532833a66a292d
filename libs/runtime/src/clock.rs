//! What time it is. Everything in the shell asks this clock, so that tests can run on virtual time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// A clock: the system's, or for tests one that moves with tokio's time, which can be paused and advanced.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    /// What a virtual clock showed at its start; none for the system's clock.
    wall: Option<Timestamp>,
}

impl Clock {
    /// A virtual clock that shows `wall` at this moment and moves with tokio's time.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { start: Instant::now(), wall: Some(wall) }
    }

    /// The system's clock.
    pub fn system() -> Self {
        Self { start: Instant::now(), wall: None }
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.wall.map_or_else(Timestamp::now, |wall| wall + self.elapsed())
    }

    /// The time since this clock was made: what the core's state machines count with.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The moment at which [`elapsed`](Self::elapsed) will be `elapsed`.
    pub fn instant_at(&self, elapsed: Duration) -> Instant {
        self.start + elapsed
    }
}
