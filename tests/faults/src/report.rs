//! What came of a cell, and the table of all of them.

use std::{fmt::Write as _, path::PathBuf, time::Duration};

use fabric_testkit::history::{Finding, Verdict};

/// What came of a cell.
#[derive(Debug, Default)]
pub struct Report {
    /// What the checker says; none when the cell could not run.
    pub verdict: Option<Verdict>,
    /// How many publishes ended without anybody knowing how. Each was done again.
    pub unknown: usize,
    /// Broken promises that the checker does not know.
    pub findings: Vec<String>,
    /// Remarks for the reader.
    pub notes: Vec<String>,
    /// Where histories and logs are, if they were kept.
    pub folder: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// A line of the table.
#[derive(Debug)]
pub struct Row {
    /// The cell's name.
    pub cell: String,
    /// What is broken in it.
    pub what: &'static str,
    /// The seed.
    pub seed: u64,
    /// What came of it, or why it could not run.
    pub result: Result<Report, String>,
}

impl Report {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.verdict.as_ref().is_none_or(Verdict::is_clean) && self.findings.is_empty()
    }

    /// What was broken, in short: the first finding of each kind with its number.
    pub fn summary(&self) -> String {
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for finding in self.verdict.iter().flat_map(|verdict| &verdict.findings) {
            let kind = kind_of(finding);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, times)) => *times += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let counted = kinds.into_iter().map(|(kind, times)| format!("{kind} {times}"));
        counted.chain(self.findings.iter().cloned()).collect::<Vec<_>>().join("; ")
    }

    /// Parked events that are no poison: they wait behind one.
    fn held(&self) -> usize {
        let Some(verdict) = &self.verdict else { return 0 };
        verdict.counts.parked.saturating_sub(verdict.counts.poison_sent)
    }
}

impl Row {
    /// Whether the cell ran and every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.result.as_ref().is_ok_and(Report::is_clean)
    }

    /// The cells of the line.
    fn columns(&self) -> Vec<String> {
        let mut columns = vec![self.cell.clone(), self.what.to_owned(), self.seed.to_string()];
        match &self.result {
            Err(reason) => {
                columns.extend(std::iter::repeat_n("–".to_owned(), 10));
                columns.push(format!("**not run**: {reason}"));
            }
            Ok(report) => {
                columns.extend(figures(report));
                columns.push(words(report));
            }
        }
        columns
    }
}

/// The headings of the table.
const HEADINGS: [&str; 14] = [
    "cell",
    "fault",
    "seed",
    "published",
    "acknowledged",
    "unknown",
    "handled",
    "lost",
    "duplicates",
    "reordered",
    "parked / poison",
    "recovery",
    "gap p99 / max",
    "verdict",
];

/// The table in Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!("| {} |\n|{}\n", HEADINGS.join(" | "), "---|".repeat(HEADINGS.len()));
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} |", row.columns().join(" | "));
    }
    text
}

fn figures(report: &Report) -> Vec<String> {
    let Some(verdict) = &report.verdict else { return vec!["–".to_owned(); 10] };
    let counts = &verdict.counts;
    let seconds = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1} s"));
    let held = report.held();
    let behind = if held > 0 { format!(" (+{held} held)") } else { String::new() };
    let p99 = counts.publish_gap_p99_ms.map_or_else(|| "–".to_owned(), |value| format!("{value:.0} ms"));
    vec![
        counts.attempted.to_string(),
        counts.acknowledged.to_string(),
        report.unknown.to_string(),
        counts.handled.to_string(),
        counts.lost.to_string(),
        counts.duplicated_transport.to_string(),
        (counts.reordered + counts.overlapped).to_string(),
        format!("{} / {}{behind}", counts.parked - held, counts.poison_sent),
        seconds(counts.recovery_s),
        format!("{p99} / {}", seconds(counts.longest_publish_gap_s)),
    ]
}

fn words(report: &Report) -> String {
    let verdict = if report.is_clean() { "**kept**".to_owned() } else { format!("**broken**: {}", report.summary()) };
    let notes = report.notes.iter().map(|note| format!("; {note}"));
    std::iter::once(verdict).chain(notes).collect()
}

fn kind_of(finding: &Finding) -> &'static str {
    match finding {
        Finding::Lost { .. } => "lost",
        Finding::Unexpected { .. } => "unexpected",
        Finding::Altered { .. } => "altered",
        Finding::EffectRepeated { .. } => "effect repeated",
        Finding::Reordered { .. } => "reordered",
        Finding::Overlapped { .. } => "overlapped",
        Finding::ParkedWithoutCause { .. } => "parked without cause",
        Finding::PoisonHandled { .. } => "poison handled",
        Finding::IdReused { .. } => "id reused",
        Finding::NotRecovered { .. } => "not recovered",
        Finding::NotHealed { .. } => "not healed",
        Finding::NotBroken { .. } => "not broken",
    }
}
