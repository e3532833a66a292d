//! Whether the checks bite: every broken variant must turn the cell red that shows its flaw, and the good build must not.

use std::{fmt::Write as _, time::Duration};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::{cells::Cell, lab::Lab, mutant::Mutant, order::Order, report::Report};

/// What is lost stays lost, so the wait for it is short.
const SETTLE_MAX: Duration = Duration::from_secs(12);

/// Who has the flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Driver,
    Workers,
}

/// The outcome of one variant.
#[derive(Debug)]
pub struct Trial {
    mutant: Mutant,
    cell: Cell,
    /// What turned red; `None` when nothing did.
    red: Option<String>,
}

/// The outcome of all.
#[derive(Debug, Default)]
pub struct Trials {
    trials: Vec<Trial>,
    /// The cells in which the good build was clean, and those in which it was not, with what turned red.
    controls: Vec<(Cell, Option<String>)>,
}

impl Mutant {
    /// The cell that shows the flaw, and who has it.
    fn shown_in(self) -> (Cell, Side) {
        match self {
            Self::AckBeforeHandling => (Cell::F7, Side::Workers),
            Self::PublishedBeforeConfirm => (Cell::F1, Side::Driver),
            Self::MandatoryOff | Self::PairingTrusted => (Cell::F16, Side::Driver),
            Self::NackMultiple => (Cell::F9, Side::Workers),
            Self::DropHead => (Cell::F15, Side::Workers),
            Self::NoLadderConfirm => (Cell::F17, Side::Workers),
            Self::OneConnection => (Cell::F13, Side::Workers),
        }
    }

    /// What it does wrong.
    fn what(self) -> &'static str {
        match self {
            Self::AckBeforeHandling => "a delivery is acknowledged before its handler ran",
            Self::PublishedBeforeConfirm => "a publish is reported as done before its confirm",
            Self::MandatoryOff => "nothing is published as `mandatory`",
            Self::PairingTrusted => "a return is taken for that of the confirm it is attached to",
            Self::NackMultiple => "giving back one delivery gives back all before it",
            Self::DropHead => "full queues drop their oldest instead of refusing",
            Self::NoLadderConfirm => "a delivery is acknowledged before its retry copy is confirmed",
            Self::OneConnection => "publishing and consuming share a connection",
        }
    }
}

/// Runs the variants and, in the same cells, the good build.
pub async fn run(mutants: &[Mutant], order: &Order) -> Result<Trials> {
    ensure!(cfg!(feature = "flaws"), "some flaws lie in the adapter: build with `--features flaws`");
    let mutants = if mutants.is_empty() { Mutant::value_variants() } else { mutants };
    let (mut lab, mut trials) = (Lab::default(), Trials::default());
    for mutant in mutants {
        let (cell, side) = mutant.shown_in();
        if !trials.controls.iter().any(|(known, _)| *known == cell) {
            let red = red(cell.run(&mut lab, order).await);
            println!("control in {}: {}", cell.name(), red.as_deref().unwrap_or("green"));
            trials.controls.push((cell, red));
        }
        let mut flawed = Order { settle_max: Some(SETTLE_MAX), ..order.clone() };
        match side {
            Side::Driver => flawed.driver = Some(*mutant),
            Side::Workers => flawed.worker = Some(*mutant),
        }
        let red = red(cell.run(&mut lab, &flawed).await);
        println!("{} in {}: {}", mutant.name(), cell.name(), red.as_deref().unwrap_or("NOT CAUGHT"));
        trials.trials.push(Trial { mutant: *mutant, cell, red });
    }
    Ok(trials)
}

fn red(result: Result<Report>) -> Option<String> {
    match result {
        Ok(report) => (!report.is_clean()).then(|| report.summary()),
        Err(error) => Some(format!("the cell did not end: {error:#}")),
    }
}

impl Trials {
    /// Whether every variant was caught and the good build was clean.
    pub fn are_all_caught(&self) -> bool {
        self.trials.iter().all(|trial| trial.red.is_some()) && self.controls.iter().all(|(_, red)| red.is_none())
    }

    /// `caught 8/8; the good build was clean in 7/7 cells`.
    pub fn summary(&self) -> String {
        let caught = self.trials.iter().filter(|trial| trial.red.is_some()).count();
        let clean = self.controls.iter().filter(|(_, red)| red.is_none()).count();
        let (trials, controls) = (self.trials.len(), self.controls.len());
        format!("caught {caught}/{trials}; the good build was clean in {clean}/{controls} cells")
    }

    /// The table in Markdown.
    pub fn table(&self) -> String {
        let mut text = "| variant | what it does wrong | cell | what turned red |\n|---|---|---|---|\n".to_owned();
        let lines = self.trials.iter().map(|Trial { mutant, cell, red }| (mutant.name(), mutant.what(), cell, red));
        let controls = self.controls.iter().map(|(cell, red)| ("–".to_owned(), "the good build", cell, red));
        for (name, what, cell, red) in lines.chain(controls) {
            let red = red.as_deref().unwrap_or("nothing");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {name} | {what} | {} | {red} |", cell.name());
        }
        text
    }
}
