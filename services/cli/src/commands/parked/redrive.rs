//! `fabric parked redrive`: events back to their subscription.

use std::pin::pin;

use indicatif::{ProgressBar, ProgressDrawTarget};
use tokio::sync::mpsc;

use super::{Counter, args, text, to_json};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    operator::parked::{PlanRequest, RedriveLine, RedriveReport, RedriveRequest, Step},
    output,
};

pub async fn run(common: &Common, counter: &Counter, arguments: args::Redrive) -> Outcome {
    let args::Redrive { subscription, selection, dry_run, canary, rate, patience } = arguments;
    let select = selection.select();
    if dry_run {
        let steps: Vec<Step> = match counter {
            Counter::Direct(direct) => direct.1.plan_redrive(&subscription, &select).await?,
            Counter::Running(client) => {
                let request = PlanRequest { subscription, select };
                client.post("/operator/parked/plan", &[], to_json(&request)?).await?
            }
        };
        return output::show(common.json, &steps, |steps| text::planned(steps));
    }
    let request = RedriveRequest { subscription, select, canary, rate, patience_s: patience };
    match counter {
        Counter::Running(client) => {
            let lines = client.lines("/operator/parked/redrive", &[], Some(&request)).await?;
            conclude(common, lines).await
        }
        Counter::Direct(direct) => {
            let (sender, receiver) = mpsc::channel(64);
            let desk = direct.1.clone();
            let work = tokio::spawn(async move { desk.redrive(request, sender).await });
            let concluded = conclude(common, receiver).await;
            work.await.map_err(|error| Failure::Other(error.to_string()))?;
            concluded
        }
    }
}

/// Shows how far it is, and then what came of it. Ctrl-C stops it: what was not sent is still parked.
async fn conclude(common: &Common, mut lines: mpsc::Receiver<RedriveLine>) -> Outcome {
    // Once for all lines: an interrupt that comes between two counts, too.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let done =
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                _ = &mut interrupted => break Err(Failure::StoppedEarly(
                    "stopped: what was not sent is still parked, and doing the same again goes on with it".to_owned(),
                )),
            };
            match line {
                Some(RedriveLine::Progress(report)) => {
                    bar.set_message(format!("{} of {} sent, {} handled", report.sent, report.total, report.handled));
                    bar.tick();
                }
                Some(RedriveLine::Done(report)) => break Ok(report),
                Some(RedriveLine::Refused(why)) => break Err(Failure::Refused(why)),
                Some(RedriveLine::Unreachable(why)) => break Err(Failure::Unreachable(why)),
                Some(RedriveLine::NotReady(why)) => break Err(Failure::NotReady(why)),
                Some(RedriveLine::Failed(why)) => break Err(Failure::Other(why)),
                None => break Err(Failure::Unknown(
                    "the fabric went away; what was not sent is still parked, and sending the same again is harmless"
                        .to_owned(),
                )),
            }
        };
    bar.finish_and_clear();
    show(common, &done?)
}

fn show(common: &Common, done: &RedriveReport) -> Outcome {
    output::show(common.json, done, text::redriven)?;
    match done.report.stopped {
        None => Ok(()),
        Some(why) => Err(Failure::StoppedEarly(format!(
            "stopped early: {why}; still parked, or parked again: {}",
            done.report.total - done.report.sent + done.report.parked_again + done.report.kept
        ))),
    }
}
