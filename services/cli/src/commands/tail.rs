//! `fabric tail`: events as they go by.

use crate::{
    Outcome,
    args::{Common, Tail},
    exit::Failure,
    operator::{self, Reach, Seen},
    output, platform,
};

pub async fn run(common: &Common, arguments: Tail) -> Outcome {
    let config = platform::configuration(common)?;
    match operator::reach(common, &config).await? {
        Reach::Running(client) => {
            let query = [("pattern", arguments.pattern.to_string()), ("reveal", arguments.reveal.to_string())];
            let mut lines = client.lines::<(), Seen>("/operator/tail", &query, None).await?;
            show(common, &arguments, async || lines.recv().await).await
        }
        Reach::Direct(adapters) => {
            let mut tap = operator::tap(&adapters, &arguments.pattern).await?;
            show(common, &arguments, async || operator::next_seen(tap.as_mut(), &common.tenant, arguments.reveal).await)
                .await
        }
    }
}

async fn show(common: &Common, arguments: &Tail, mut next: impl AsyncFnMut() -> Option<Seen>) -> Outcome {
    let mut count = 0;
    while arguments.count.is_none_or(|wanted| count < wanted) {
        let seen = tokio::select! {
            seen = next() => seen.ok_or_else(|| Failure::Unreachable("the watch ended: the fabric went away".to_owned()))?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        count += 1;
        output::line(&line(common, &seen)?)?;
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
