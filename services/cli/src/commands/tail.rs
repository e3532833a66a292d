//! `fabric tail`: events as they go by.

use std::pin::pin;

use fabric::runtime::ports::Broker;

use crate::{
    Outcome,
    args::{Common, Tail},
    exit::Failure,
    lookup,
    operator::{self, Needed, Reach, Seen},
    output,
    platform::{self, CLOSE_DEADLINE},
};

pub async fn run(common: &Common, arguments: Tail) -> Outcome {
    lookup::warn_unmatched(&arguments.pattern);
    let config = platform::configuration(common)?;
    operator::require(common, &config, Needed::Broker)?;
    match operator::reach(common, &config)? {
        Reach::Running(client) => {
            let query = [("pattern", arguments.pattern.to_string()), ("reveal", arguments.reveal.to_string())];
            let mut lines = client.lines::<(), Seen>("/operator/tail", &query, None).await?;
            show(common, &arguments, async || lines.recv().await).await
        }
        Reach::Direct => {
            let broker = platform::broker(&config).await?;
            let shown = straight(common, &arguments, broker.as_ref()).await;
            broker.close(CLOSE_DEADLINE).await;
            shown
        }
    }
}

/// Shows what goes by on the broker itself.
async fn straight(common: &Common, arguments: &Tail, broker: &dyn Broker) -> Outcome {
    let mut tap = operator::tap(broker, &arguments.pattern).await?;
    let next = async || operator::next_seen(tap.as_mut(), &common.tenant, arguments.reveal).await;
    let shown = show(common, arguments, next).await;
    tap.close(CLOSE_DEADLINE).await;
    shown
}

async fn show(common: &Common, arguments: &Tail, mut next: impl AsyncFnMut() -> Option<Seen>) -> Outcome {
    // Once for all of them: an interrupt that comes between two counts, too.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let mut count = 0;
    while arguments.count.is_none_or(|wanted| count < wanted) {
        let seen = tokio::select! {
            seen = next() => seen.ok_or_else(|| Failure::Unreachable("the watch ended: the fabric went away".to_owned()))?,
            _ = &mut interrupted => return Ok(()),
        };
        count += 1;
        output::passing(&line(common, &seen)?)?;
    }
    Ok(())
}

fn line(common: &Common, seen: &Seen) -> Outcome<String> {
    if common.json {
        return serde_json::to_string(seen).map_err(|error| Failure::Other(error.to_string()));
    }
    let data = seen.data.as_ref().map(|data| format!("\n    {data}")).unwrap_or_default();
    Ok(format!("{}  {:<40}  {}  by {}{data}", seen.time, seen.topic, seen.id, seen.actor.as_deref().unwrap_or("-")))
}
