//! `fabric topology watch`: what begins and ceases to differ.

use std::{pin::pin, time::Duration};

use fabric::{Clock, core::topology::Change, management::ManagementError};
use jiff::Timestamp;
use serde::Serialize;

use super::{args, text};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    output, platform,
    topology::{Desk, Drift, Drifted, Users},
};

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    #[serde(flatten)]
    seen: &'a Seen<'a>,
}

/// What a look has found.
#[derive(Serialize)]
#[serde(untagged)]
enum Seen<'a> {
    Drifted(&'a Drifted),
    Away { away: &'a str },
    Back { back: bool },
}

pub async fn run(common: &Common, arguments: &args::Watch) -> Outcome {
    let config = platform::configuration(common)?;
    let users = if arguments.users { Users::Included } else { Users::LeftOut };
    let desk = Desk::open(&config, &[], users)?;
    let mut looks = tokio::time::interval(Duration::from_secs(arguments.every));
    let mut watch = Watch { json: common.json, drift: Drift::default(), is_away: false };
    // Once for all looks: an interrupt that comes between two of them counts, too.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let mut count = 0;
    while arguments.count.is_none_or(|wanted| count < wanted) {
        let look = async {
            looks.tick().await;
            desk.actual().await
        };
        let looked = tokio::select! {
            looked = look => looked,
            _ = &mut interrupted => return Ok(()),
        };
        watch.on(looked.map(|actual| desk.plan(&actual)))?;
        count += 1;
    }
    Ok(())
}

struct Watch {
    json: bool,
    drift: Drift,
    is_away: bool,
}

impl Watch {
    /// Tells what changed since the last look. An API that is away is told once; other errors end it.
    fn on(&mut self, looked: Result<Vec<Change>, ManagementError>) -> Outcome {
        match looked {
            Ok(plan) => {
                if std::mem::take(&mut self.is_away) {
                    self.tell(&Seen::Back { back: true })?;
                }
                let drifted = self.drift.on(plan);
                drifted.iter().try_for_each(|one| self.tell(&Seen::Drifted(one)))
            }
            Err(ManagementError::Away { detail }) => {
                if std::mem::replace(&mut self.is_away, true) {
                    return Ok(());
                }
                self.tell(&Seen::Away { away: &detail })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn tell(&self, seen: &Seen<'_>) -> Outcome {
        let at = Clock::system().now();
        if self.json {
            let line = serde_json::to_string(&Line { at, seen });
            return output::passing(&line.map_err(|error| Failure::Other(error.to_string()))?);
        }
        let text = match seen {
            Seen::Drifted(Drifted::Appeared(change)) => format!("+ {}", described(change)),
            Seen::Drifted(Drifted::Gone(change)) => format!("- {}", described(change)),
            Seen::Away { away } => format!("the management API is away: {away}"),
            Seen::Back { .. } => "the management API is back".to_owned(),
        };
        output::passing(&format!("{at}  {text}"))
    }
}

fn described(change: &Change) -> String {
    let field = change.field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
    format!("{:<15}  {}{field}: {}", text::class(change.class), change.resource, change.reason)
}
