//! `fabric pause` and `fabric resume`: whole subscriptions.

use fabric::Clock;

use super::parked::{Counter, to_json};
use crate::{
    Outcome,
    args::{Common, Pause, Resume},
    operator::pauses::{PauseRequest, Paused, ResumeRequest, Switched},
    output::{self, Table, age},
    platform,
};

pub async fn pause(common: &Common, arguments: Pause) -> Outcome {
    let config = platform::configuration(common)?;
    let counter = Counter::open(common, &config).await?;
    let done = match (arguments.subscription, arguments.reason) {
        (Some(subscription), Some(reason)) => switch_off(common, &counter, PauseRequest { subscription, reason }).await,
        _ => list(common, &counter).await,
    };
    counter.close().await;
    done
}

pub async fn resume(common: &Common, arguments: Resume) -> Outcome {
    let config = platform::configuration(common)?;
    let counter = Counter::open(common, &config).await?;
    let request = ResumeRequest { subscription: arguments.subscription };
    let switched = match &counter {
        Counter::Direct(direct) => direct.1.resume(request).await,
        Counter::Running(client) => client.post("/operator/resume", &[], to_json(&request)?).await,
    };
    counter.close().await;
    show(common, &switched?)
}

async fn switch_off(common: &Common, counter: &Counter, request: PauseRequest) -> Outcome {
    let switched = match counter {
        Counter::Direct(direct) => direct.1.pause(request).await,
        Counter::Running(client) => client.post("/operator/pause", &[], to_json(&request)?).await,
    };
    show(common, &switched?)
}

async fn list(common: &Common, counter: &Counter) -> Outcome {
    let paused: Vec<Paused> = match counter {
        Counter::Direct(direct) => direct.1.paused().await?,
        Counter::Running(client) => client.get("/operator/paused", &[]).await?,
    };
    output::show(common.json, &paused, |paused| {
        if paused.is_empty() {
            return "nothing is paused".to_owned();
        }
        let mut table = Table::new(&["SUBSCRIPTION", "SINCE", "BY", "REASON"]);
        let now = Clock::system().now();
        for one in paused {
            let since = one.since.map_or_else(|| "?".to_owned(), |since| age(since, now));
            table.row([one.subscription.as_str(), &since, &one.by, &one.reason]);
        }
        table.to_string()
    })
}

fn show(common: &Common, switched: &Switched) -> Outcome {
    output::show(common.json, switched, |switched| {
        let name = &switched.subscription;
        match (switched.paused, switched.was_paused) {
            (true, false) => format!("{name} is paused: its events wait in its queue"),
            (true, true) => format!("{name} was paused before"),
            (false, true) => format!("{name} goes on"),
            (false, false) => format!("{name} was not paused"),
        }
    })
}
