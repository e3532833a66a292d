//! What is asked of a cell.

use std::{path::PathBuf, time::Duration};

use crate::mutant::Mutant;

/// What is asked of a cell.
#[derive(Debug, Clone)]
pub struct Order {
    /// What everything random follows from.
    pub seed: u64,
    /// For how long the driver publishes, from the first event to the last.
    pub seconds: u64,
    /// What the driver does wrong.
    pub driver: Option<Mutant>,
    /// What the workers do wrong.
    pub worker: Option<Mutant>,
    /// How long it may take until everything is accounted for, if that is not left to the cell.
    pub settle_max: Option<Duration>,
    /// How many events a redrive has.
    pub redriven: usize,
    /// Whether histories and logs are kept even when nothing is wrong.
    pub keep: bool,
    /// This program, for the processes that a cell starts.
    pub program: PathBuf,
}

impl Order {
    /// So many percent of the cell's time.
    pub fn share(&self, percent: u32) -> Duration {
        Duration::from_secs(self.seconds) * percent / 100
    }
}
