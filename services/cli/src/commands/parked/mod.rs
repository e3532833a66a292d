//! `fabric parked`: what could not be handled.

mod args;
mod edit;
mod redrive;
mod text;

pub use args::Parked;

use fabric::{config::Config, host::Host};

use crate::{
    Outcome,
    args::Common,
    operator::{
        self, Client, Reach,
        parked::{Desk, DropRequest, Dropped, Listed, Shown},
    },
    output, platform,
};

pub async fn run(common: &Common, command: Parked) -> Outcome {
    let config = platform::configuration(common)?;
    let counter = Counter::open(common, &config).await?;
    let done = match command {
        Parked::Ls(arguments) => ls(common, &counter, arguments).await,
        Parked::Show(arguments) => show(common, &counter, arguments).await,
        Parked::Edit(arguments) => edit::run(common, &counter, arguments).await,
        Parked::Redrive(arguments) => redrive::run(common, &counter, arguments).await,
        Parked::Drop(arguments) => give_up(common, &counter, arguments).await,
    };
    counter.close().await;
    done
}

/// Who does the work: a running `fabric up`, or this process on the broker itself.
pub(super) enum Counter {
    Running(Client),
    Direct(Box<(Host, Desk)>),
}

impl Counter {
    pub(super) async fn open(common: &Common, config: &Config) -> Outcome<Self> {
        Ok(match operator::reach(common, config)? {
            Reach::Running(client) => Self::Running(client),
            Reach::Direct => {
                let host = platform::visit(config, &[]).await?;
                match Desk::direct(&host, config, common.tenant.clone()) {
                    Ok(desk) => Self::Direct(Box::new((host, desk))),
                    Err(failure) => {
                        host.drain().await;
                        return Err(failure);
                    }
                }
            }
        })
    }

    pub(super) async fn close(self) {
        if let Self::Direct(direct) = self {
            direct.0.drain().await;
        }
    }

    async fn show(&self, arguments: &args::Show) -> Outcome<Shown> {
        let args::Show { subscription, id, reveal } = arguments;
        match self {
            Self::Direct(direct) => direct.1.show(subscription, id, *reveal).await,
            Self::Running(client) => {
                let query =
                    [("subscription", subscription.to_string()), ("id", id.clone()), ("reveal", reveal.to_string())];
                client.get("/operator/parked/event", &query).await
            }
        }
    }
}

async fn ls(common: &Common, counter: &Counter, arguments: args::Ls) -> Outcome {
    let listed: Vec<Listed> = match counter {
        Counter::Direct(direct) => direct.1.list(arguments.subscription.as_ref()).await?,
        Counter::Running(client) => {
            let query: Vec<_> = arguments.subscription.iter().map(|name| ("subscription", name.to_string())).collect();
            client.get("/operator/parked", &query).await?
        }
    };
    output::show(common.json, &listed, |listed| text::listed(listed))
}

async fn show(common: &Common, counter: &Counter, arguments: args::Show) -> Outcome {
    let shown = counter.show(&arguments).await?;
    output::show(common.json, &shown, text::shown)
}

async fn give_up(common: &Common, counter: &Counter, arguments: args::Drop) -> Outcome {
    let args::Drop { subscription, selection, reason } = arguments;
    let request = DropRequest { subscription, select: selection.select(), reason };
    let dropped: Dropped = match counter {
        Counter::Direct(direct) => direct.1.drop_parked(request).await?,
        Counter::Running(client) => client.post("/operator/parked/drop", &[], to_json(&request)?).await?,
    };
    output::show(common.json, &dropped, |dropped| format!("{} dropped from {}", dropped.count, dropped.subscription))
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Outcome<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| crate::exit::Failure::Other(error.to_string()))
}
