//! The points at which a process can be told to kill itself, as `kill -9` would.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use rustix::process::{Signal, getpid, kill_process};

/// A point that a process passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Point {
    /// A handler has begun.
    BeforeEffect,
    /// A handler has had its effect, and has not returned yet.
    AfterEffect,
    /// The copy for the next attempt is about to be published.
    BeforeRetryCopy,
    /// The copy for the next attempt is confirmed; the original is not acknowledged.
    AfterRetryCopy,
    /// The copy for the parked queue is about to be published.
    BeforeParkedCopy,
    /// The copy for the parked queue is confirmed; the original is not acknowledged.
    AfterParkedCopy,
    /// Acknowledgements are about to be written.
    BeforeSettle,
    /// Acknowledgements have been handed to the connection.
    AfterSettle,
    /// A redriven copy is confirmed; the parked event is not removed.
    AfterRedriveCopy,
}

impl Point {
    /// Those of a worker.
    pub const OF_WORKERS: [Self; 8] = [
        Self::BeforeEffect,
        Self::AfterEffect,
        Self::BeforeRetryCopy,
        Self::AfterRetryCopy,
        Self::BeforeParkedCopy,
        Self::AfterParkedCopy,
        Self::BeforeSettle,
        Self::AfterSettle,
    ];
}

/// At which point, and at which passage of it counted from 1: `after-settle:3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Where.
    pub point: Point,
    /// When.
    pub passage: u32,
}

impl FromStr for At {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (point, passage) = text.split_once(':').context("not of the form point:passage")?;
        let Ok(point) = Point::from_str(point, false) else { bail!("there is no point {point}") };
        Ok(Self { point, passage: passage.parse()? })
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.point.to_possible_value();
        write!(f, "{}:{}", value.as_ref().map_or("", |value| value.get_name()), self.passage)
    }
}

/// Kills the process when it passes its point. Clones count together.
#[derive(Debug, Clone)]
pub struct Crash {
    at: Option<At>,
    passed: Arc<AtomicU32>,
}

impl Crash {
    /// One that never happens.
    pub fn never() -> Self {
        Self::planned(None)
    }

    /// One that happens there, if anywhere.
    pub fn planned(at: Option<At>) -> Self {
        Self { at, passed: Arc::default() }
    }

    /// Says that a point is being passed.
    pub fn at(&self, point: Point) {
        let Some(at) = self.at.filter(|at| at.point == point) else { return };
        if self.passed.fetch_add(1, Ordering::Relaxed) + 1 == at.passage
            && let Err(error) = kill_process(getpid(), Signal::KILL)
        {
            tracing::error!(%error, "the process cannot kill itself");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_written_as_it_is_read() {
        for point in Point::value_variants() {
            let at = At { point: *point, passage: 3 };
            assert_eq!(at.to_string().parse::<At>().unwrap(), at);
        }
        assert!("after-settle".parse::<At>().is_err());
        assert!("nowhere:1".parse::<At>().is_err());
    }
}
