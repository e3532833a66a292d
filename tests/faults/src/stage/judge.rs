//! What a history says.

use std::{collections::HashMap, path::Path, time::Duration};

use anyhow::Result;
use fabric_testkit::history::{Fact, Finding, History, Parked, Phase, Verdict, check};

use crate::sample;

/// How publishes ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcomes {
    /// How many ended without anybody knowing how. Each was done again.
    pub unknown: usize,
    /// How many certainly reached nobody. Each was done again.
    pub failed: usize,
    /// How long the longest took.
    pub longest: Duration,
}

/// Everything recorded so far, held against the promises.
pub fn verdict(histories: &Path, parked: &Parked) -> Result<Verdict> {
    let history = History::read_folder(histories)?;
    let mut verdict = check(&history.entries, &sample::expected(), parked);
    forgive_repeats(&history, &mut verdict);
    Ok(verdict)
}

/// How the publishes ended so far.
pub fn outcomes(histories: &Path) -> Result<Outcomes> {
    let history = History::read_folder(histories)?;
    let (mut outcomes, mut begun) = (Outcomes::default(), HashMap::new());
    for entry in history.entries {
        let Fact::Publish { .. } = entry.fact else { continue };
        if entry.phase == Phase::Invoke {
            begun.insert(entry.act, entry.at_us);
        } else if let Some(begun_us) = begun.remove(&entry.act) {
            outcomes.unknown += usize::from(entry.phase == Phase::Unknown);
            outcomes.failed += usize::from(entry.phase == Phase::Fail);
            outcomes.longest = outcomes.longest.max(Duration::from_micros(entry.at_us - begun_us));
        }
    }
    Ok(outcomes)
}

/// A worker that has lost its connection finishes what it is handling while another one gets the same event again. That repeats
/// something beside something else, which an inbox would stop and nothing else can: it counts as a duplicate.
fn forgive_repeats(history: &History, verdict: &mut Verdict) {
    let mut finished: HashMap<(&str, &str), u32> = HashMap::new();
    for entry in history.entries.iter().filter(|entry| entry.phase == Phase::Ok) {
        if let Fact::Handle { subscription, event, .. } = &entry.fact {
            *finished.entry((subscription, event)).or_default() += 1;
        }
    }
    let is_repeated =
        |subscription: &str, event: &str| finished.get(&(subscription, event)).is_some_and(|times| *times > 1);
    verdict.findings.retain(|finding| match finding {
        Finding::Overlapped { event, with, subscription, .. } => {
            !is_repeated(subscription, event) && !is_repeated(subscription, with)
        }
        _ => true,
    });
    let is_overlapped = |finding: &&Finding| matches!(finding, Finding::Overlapped { .. });
    verdict.counts.overlapped = verdict.findings.iter().filter(is_overlapped).count();
}
