//! `fabric publish`: one event, from JSON.

use std::io::Read;

use bytes::Bytes;
use fabric::{Actor, ServiceName, core::limits::BODY_BYTES_MAX};

use crate::{
    Outcome,
    args::{Common, Publish},
    exit::Failure,
    operator::{self, PublishReply, Reach},
    output, platform,
};

pub async fn run(common: &Common, arguments: Publish) -> Outcome {
    let descriptor = operator::descriptor(&arguments.topic)?;
    let json = payload(&arguments.data)?;
    let config = platform::configuration(common)?;
    let actor = arguments.role.map(|role| Actor { id: arguments.actor, role });
    let reply: PublishReply = match operator::reach(common, &config).await? {
        Reach::Running(client) => {
            let mut query = vec![("topic", arguments.topic.to_string())];
            if let Some(Actor { id, role }) = actor {
                query.extend([("actor", id.to_string()), ("role", role.to_string())]);
            }
            client.post("/operator/publish", &query, json.to_vec()).await?
        }
        Reach::Direct(adapters) => {
            let host = platform::host(&config, adapters, &[]).await?;
            let owner = ServiceName::try_new(descriptor.owner).map_err(|error| Failure::Other(error.to_string()))?;
            let reply = operator::publish(&host.fabric_as(owner), descriptor, json, common.tenant.clone(), actor).await;
            host.drain().await;
            reply?
        }
    };
    output::show(common.json, &reply, |reply| {
        let note =
            if reply.outcome == "unrouted" { ": nobody listens to it; it is kept in events.unrouted" } else { "" };
        format!("{} {} {}{note}", reply.outcome, reply.topic, reply.id)
    })
}

/// The payload itself, or the content of the file behind an `@`; `@-` is standard input.
pub fn payload(data: &str) -> Outcome<Bytes> {
    let Some(file) = data.strip_prefix('@') else { return Ok(Bytes::copy_from_slice(data.as_bytes())) };
    let cannot = |error: std::io::Error| Failure::Usage(format!("--data: cannot read {file}: {error}"));
    let reader: Box<dyn Read> =
        if file == "-" { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(file).map_err(cannot)?) };
    let mut json = Vec::new();
    // One byte more than allowed is read, so that a file that is too large is refused instead of cut.
    reader.take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut json).map_err(cannot)?;
    Ok(json.into())
}
