//! Sending parked events back to their subscription.

use std::time::Duration;

use fabric::{
    SubscriptionName, Topic,
    core::{
        parked::{CannotRedrive, Move, Select, keeps_order},
        rate::RateLimit,
        redrive::{FAILURES_PERCENT_MAX, Plan, Report},
    },
    runtime::{
        parked::ParkedQueue,
        redrive::{Job, Outcomes, run},
    },
};
use fabric_catalog::{fabric::DeadLetterRedriven, values::Id};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Desk;
use crate::{Outcome, exit::Failure, operator::audit::Act};

/// What to send back, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RedriveRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    pub select: Select,
    /// Whether to go in growing stages and to stop when too many fail.
    pub canary: bool,
    /// The most events in a second.
    pub rate: Option<u32>,
    /// How long to wait for the outcomes of a canary's stage, or of events whose order counts, in seconds.
    pub patience_s: u64,
}

/// What a redrive would do with one event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// The event's message id.
    pub id: String,
    /// Its topic, if it can be read.
    pub topic: Option<Topic>,
    /// The id of its group.
    pub group: String,
    /// The queue that it would go to.
    pub target: String,
    /// The id of an older parked event of its key that would stay parked. A subscription that holds keys parks this one again.
    pub behind: Option<String>,
}

/// One line of what is said of a redrive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedriveLine {
    /// How far it is.
    Progress(Report),
    /// What came of it.
    Done(RedriveReport),
    /// Why it was refused: nothing was sent.
    Refused(String),
    /// Why it could not begin: nothing was sent.
    Unreachable(String),
    /// Why it could not begin now: nothing was sent.
    NotReady(String),
    /// Why its end is not known.
    Failed(String),
}

/// What came of a redrive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RedriveReport {
    /// The redrive.
    pub redrive_id: String,
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    pub selection: String,
    /// What came of them.
    #[serde(flatten)]
    pub report: Report,
    /// Whether the event that tells of it was published.
    pub told: bool,
}

impl Desk {
    /// What a redrive would do now.
    pub async fn plan_redrive(&self, subscription: &SubscriptionName, select: &Select) -> Outcome<Vec<Step>> {
        let (queue, events) = self.read(subscription).await?;
        queue.close().await;
        let moves = events.moves(select, &self.topology, subscription)?;
        Ok(moves.into_iter().map(Step::from).collect())
    }

    /// Sends the selected events back, and says how far it is and what came of it. It stops when nobody listens any more; what was not
    /// sent then is still parked.
    pub async fn redrive(&self, request: RedriveRequest, lines: mpsc::Sender<RedriveLine>) {
        let line = match self.redrive_to_its_end(request, &lines).await {
            Ok(report) => RedriveLine::Done(report),
            Err(Failure::Refused(why) | Failure::Usage(why)) => RedriveLine::Refused(why),
            Err(Failure::Unreachable(why)) => RedriveLine::Unreachable(why),
            Err(Failure::NotReady(why)) => RedriveLine::NotReady(why),
            Err(failure) => RedriveLine::Failed(failure.to_string()),
        };
        if lines.send(line).await.is_err() {
            tracing::info!("whoever asked for the redrive has gone; it has stopped");
        }
    }

    async fn redrive_to_its_end(
        &self,
        request: RedriveRequest,
        lines: &mpsc::Sender<RedriveLine>,
    ) -> Outcome<RedriveReport> {
        let keep_until_known = keeps_order(&self.topology, &request.subscription);
        let outcomes = self.watch(request.canary || keep_until_known).await?;
        // The id says when, and must not say later than what was parked was read.
        let redrive_id = self.next_id();
        let (mut queue, events) = self.read(&request.subscription).await?;
        let moves = events.moves(&request.select, &self.topology, &request.subscription);
        drop(events);
        let done = match moves {
            Ok(moves) => self.redrive_moves(&mut queue, redrive_id, moves, outcomes, &request, lines).await,
            Err(error) => Err(error.into()),
        };
        queue.close().await;
        done
    }

    /// Without an answer about its stages a canary is none, and without one about its events a redrive that keeps them until then would
    /// keep them all; any other redrive does without.
    async fn watch(&self, is_needed: bool) -> Outcome<Outcomes> {
        match Outcomes::watch(self.broker.as_ref()).await {
            Ok(outcomes) => Ok(outcomes),
            Err(error) if is_needed => {
                Err(Failure::Unreachable(format!("what becomes of events cannot be watched: {error}")))
            }
            Err(_) => Ok(Outcomes::unwatched()),
        }
    }

    async fn redrive_moves(
        &self,
        queue: &mut ParkedQueue,
        redrive_id: String,
        moves: Vec<Move>,
        outcomes: Outcomes,
        request: &RedriveRequest,
        lines: &mpsc::Sender<RedriveLine>,
    ) -> Outcome<RedriveReport> {
        let RedriveRequest { subscription, select, canary, rate, patience_s } = request;
        let plan = Plan {
            total: moves.len(),
            canary: *canary,
            failures_percent_max: FAILURES_PERCENT_MAX,
            patience: Duration::from_secs(*patience_s),
            rate: rate
                .map(|per_second| RateLimit::try_new(per_second, 1))
                .transpose()
                .map_err(|error| Failure::Usage(format!("--rate: {error}")))?,
            keep_until_known: keeps_order(&self.topology, subscription),
        };
        if moves.is_empty() {
            let (subscription, selection) = (subscription.clone(), select.to_string());
            return Ok(RedriveReport { redrive_id, subscription, selection, report: Report::default(), told: false });
        }
        let ids = moves.iter().map(|step| step.entry.event.id.clone()).collect();
        let act = Act::new(redrive_id.clone(), &self.actor, "redrive", subscription, select, ids);
        let act = Act { redrive_id: Some(redrive_id.clone()), ..act };
        self.audit.begin(&act).await?;
        let job = Job { redrive_id: redrive_id.clone(), moves, plan };
        let (sender, receiver) = mpsc::channel(1);
        let clock = self.platform.clock();
        let (report, ()) = tokio::join!(
            async { run(self.broker.as_ref(), queue, job, outcomes, clock, &{ sender }).await },
            pass_on(receiver, lines)
        );
        self.audit.end(&act, &in_words(&report)).await?;
        let told = self.tell(notice(&redrive_id, request, &report)).await;
        Ok(RedriveReport {
            redrive_id,
            subscription: subscription.clone(),
            selection: select.to_string(),
            report,
            told,
        })
    }
}

/// Passes progress on until there is no more, or nobody wants it.
async fn pass_on(mut progress: mpsc::Receiver<Report>, lines: &mpsc::Sender<RedriveLine>) {
    loop {
        let report = tokio::select! {
            report = progress.recv() => report,
            () = lines.closed() => None,
        };
        let Some(report) = report else { return };
        if lines.send(RedriveLine::Progress(report)).await.is_err() {
            return;
        }
    }
}

/// How a redrive ended, as the audit record has it.
fn in_words(report: &Report) -> String {
    let counts = format!(
        "{} of {} sent, {} handled, {} parked again",
        report.sent, report.total, report.handled, report.parked_again
    );
    report.stopped.map_or_else(|| counts.clone(), |stopped| format!("{counts}; stopped: {stopped}"))
}

fn notice(redrive_id: &str, request: &RedriveRequest, report: &Report) -> Result<DeadLetterRedriven, String> {
    let id = |text: &str| Id::try_new(text).map_err(|error| error.to_string());
    Ok(DeadLetterRedriven {
        redrive_id: id(redrive_id)?,
        subscription: id(request.subscription.as_str())?,
        selection: request.select.to_string(),
        sent: report.sent.try_into().unwrap_or_default(),
        failed: report.parked_again.try_into().unwrap_or_default(),
        stopped_early: report.stopped.is_some(),
    })
}

impl From<Move> for Step {
    fn from(step: Move) -> Self {
        let Move { entry, target, behind, .. } = step;
        Self { group: entry.event.group_id(), id: entry.event.id, topic: entry.event.topic, target, behind }
    }
}

impl From<CannotRedrive> for Failure {
    fn from(error: CannotRedrive) -> Self {
        Self::Refused(error.to_string())
    }
}
