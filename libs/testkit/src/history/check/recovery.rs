//! How long it took until things went on.

use super::ledger::{Act, Ledger};
use super::{Counts, Finding, Verdict};
use crate::history::entry::{Fact, Phase};

pub(super) fn check(ledger: &Ledger<'_>, verdict: &mut Verdict) {
    let confirms_us = successes(ledger, |fact| matches!(fact, Fact::Publish { .. }));
    let handled_us = successes(ledger, |fact| matches!(fact, Fact::Handle { .. }));
    let mut first_fault_us = None;
    let mut worst_us = None;
    for act in &ledger.acts {
        let Fact::Fault { name } = act.fact else { continue };
        let fault = || name.clone();
        first_fault_us.get_or_insert(act.begun_us);
        let healed_us = match act.end {
            Some((at_us, Phase::Ok)) => at_us,
            Some((_, Phase::Fail)) => {
                verdict.findings.push(Finding::NotBroken { fault: fault() });
                continue;
            }
            _ => {
                verdict.findings.push(Finding::NotHealed { fault: fault() });
                continue;
            }
        };
        let recovered_us = first_after(&confirms_us, healed_us);
        if recovered_us.is_none() && ledger.acts.iter().any(|act| is_publish_since(act, healed_us)) {
            verdict.findings.push(Finding::NotRecovered { fault: fault() });
        }
        let recoveries_us = recovered_us.into_iter().chain(first_after(&handled_us, healed_us));
        worst_us = recoveries_us.map(|at_us| at_us - healed_us).chain(worst_us).max();
    }
    let Counts { recovery_s, longest_publish_gap_s, longest_handle_gap_s, publish_gap_p99_ms, .. } =
        &mut verdict.counts;
    let from_us = first_fault_us.unwrap_or(0);
    let publish_gaps_us = gaps(&confirms_us, from_us);
    *recovery_s = worst_us.map(seconds);
    *longest_publish_gap_s = publish_gaps_us.last().copied().map(seconds);
    *longest_handle_gap_s = gaps(&handled_us, from_us).last().copied().map(seconds);
    *publish_gap_p99_ms = percentile_99(&publish_gaps_us).map(|gap_us| seconds(gap_us) * 1_000.0);
}

/// When acts of a kind ended well, in the order of time.
fn successes(ledger: &Ledger<'_>, is_meant: impl Fn(&Fact) -> bool) -> Vec<u64> {
    let mut ends_us: Vec<u64> = ledger.acts.iter().filter(|act| is_meant(act.fact)).filter_map(Act::ok_us).collect();
    ends_us.sort_unstable();
    ends_us
}

fn is_publish_since(act: &Act<'_>, since_us: u64) -> bool {
    matches!(act.fact, Fact::Publish { .. }) && act.begun_us >= since_us
}

fn first_after(sorted_us: &[u64], at_us: u64) -> Option<u64> {
    sorted_us.get(sorted_us.partition_point(|other_us| *other_us < at_us)).copied()
}

/// The times between neighbours that ended at `from_us` or later, the shortest first.
fn gaps(sorted_us: &[u64], from_us: u64) -> Vec<u64> {
    let neighbours = sorted_us.windows(2).filter(|neighbours| neighbours[1] >= from_us);
    let mut gaps_us: Vec<u64> = neighbours.map(|neighbours| neighbours[1] - neighbours[0]).collect();
    gaps_us.sort_unstable();
    gaps_us
}

/// The value that 99 of 100 do not exceed.
fn percentile_99(sorted: &[u64]) -> Option<u64> {
    sorted.get((sorted.len() * 99).div_ceil(100).saturating_sub(1)).copied()
}

fn seconds(us: u64) -> f64 {
    std::time::Duration::from_micros(us).as_secs_f64()
}
