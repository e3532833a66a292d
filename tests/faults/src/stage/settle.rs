//! The end of an experiment: waiting until everything is accounted for.

use std::time::Duration;

use anyhow::Result;
use fabric_testkit::{
    history::{Counts, Parked, Verdict},
    wait::eventually,
};
use tokio::time::{Instant, sleep};

use super::Stage;
use crate::report::Report;

/// A publish that nobody wanted takes two confirms.
const LONGEST_PUBLISH: Duration = Duration::from_secs(12);

impl Stage {
    /// Waits until everything is accounted for, or the deadline, and gives the verdict. Then the workers stop in good order, so that
    /// what is still out shows in the queues; while something does, they start again.
    pub async fn finish(mut self) -> Result<Report> {
        self.stop_load().await?;
        let settled = self.settle().await;
        let verdict = match settled {
            Ok(verdict) => verdict,
            Err(error) => {
                self.finding(format!("it did not come to rest: {error:#}"));
                self.verdict(&Parked::default())?
            }
        };
        self.check_bounds(&verdict.counts);
        let outcomes = self.outcomes()?;
        if outcomes.longest > LONGEST_PUBLISH {
            self.finding(format!("a publish took {:.1} s to come back", outcomes.longest.as_secs_f64()));
        }
        let keep = self.order.keep || !(verdict.is_clean() && self.findings.is_empty());
        let folder = keep.then(|| self.folder.path().to_owned());
        self.host.drain().await;
        self.workers.stop_all().await?;
        if keep {
            self.folder.disable_cleanup(true);
        }
        Ok(Report {
            verdict: Some(verdict),
            unknown: outcomes.unknown,
            findings: self.findings,
            notes: self.notes,
            folder,
            took: self.started.elapsed(),
        })
    }

    fn check_bounds(&mut self, counts: &Counts) {
        let exceeds = |value: Option<f64>, bound: Duration| value.filter(|value| *value > bound.as_secs_f64());
        if let Some(took_s) = exceeds(counts.recovery_s, self.setup.recovery_max) {
            self.finding(format!("it took {took_s:.1} s to go on, more than {:?}", self.setup.recovery_max));
        }
        let gap_max = self.setup.gap_max.unwrap_or(Duration::MAX);
        if let Some(gap_s) = exceeds(counts.longest_publish_gap_s, gap_max) {
            self.finding(format!("nothing was confirmed for {gap_s:.1} s, more than {gap_max:?}"));
        }
        if !self.setup.duplicates && counts.duplicated_transport > 0 {
            self.finding(format!("{} events were handled twice", counts.duplicated_transport));
        }
        if counts.acknowledged == 0 {
            self.finding("nothing was published at all");
        }
    }

    async fn settle(&mut self) -> Result<Verdict> {
        let end = Instant::now() + self.order.settle_max.unwrap_or(self.setup.settle_max);
        let mut is_stuck = false;
        loop {
            self.workers.start_all().await?;
            // Half of the time it may come to rest by itself. What only moves when the workers are new is stuck.
            let left = end.saturating_duration_since(Instant::now());
            let patience = if is_stuck { left } else { left / 2 };
            let accounted = eventually(patience, "everything to be accounted for", || self.is_accounted_for()).await;
            let failures = self.workers.stop_all().await?;
            self.findings.extend(failures);
            let backlog = self.backlog().await?;
            if accounted.is_ok() && backlog == 0 {
                if is_stuck {
                    self.finding("some events were stuck at a consumer until the workers were started again");
                }
                return self.verdict(&self.parked().await?);
            }
            is_stuck |= accounted.is_err();
            if Instant::now() >= end {
                let verdict = self.verdict(&self.parked().await?)?;
                // What is lost says so itself, and never comes to rest.
                if backlog > 0 || verdict.counts.lost == 0 {
                    let error = accounted.err().map(|error| format!(": {error:#}")).unwrap_or_default();
                    self.finding(format!("it did not come to rest, {backlog} messages are left{error}"));
                }
                return Ok(verdict);
            }
        }
    }

    /// Whether the queues are empty and every event is handled or parked. What the broker holds back, dead letters that it offers
    /// again later for instance, shows in no queue's depth, nor does what is out at a worker.
    async fn is_accounted_for(&self) -> Result<bool> {
        if !self.is_empty().await? {
            return Ok(false);
        }
        Ok(self.verdict(&self.parked().await?)?.counts.lost == 0)
    }

    /// Whether nothing is ready anywhere for as long as the longest wait between two attempts.
    pub(super) async fn is_empty(&self) -> Result<bool> {
        for _ in 0..3 {
            if self.backlog().await? > 0 {
                return Ok(false);
            }
            sleep(Duration::from_millis(400)).await;
        }
        Ok(true)
    }
}
