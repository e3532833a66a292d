//! `fabric publish`: one event from JSON, or CloudEvents from a file.

mod file;
mod refusal;

use std::{collections::VecDeque, io::Read};

use bytes::Bytes;
use fabric::{
    Actor, Fabric, ServiceName,
    config::Config,
    core::{
        codec::{Poison, Received},
        limits::BODY_BYTES_MAX,
        upcast,
    },
    host::Host,
};
use serde::Serialize;

use self::file::Given;
use crate::{
    Outcome,
    args::{Common, Publish},
    exit::Failure,
    lookup,
    operator::{self, Client, Needed, Of, PublishReply, Reach, Told},
    output::{self, Table},
    platform,
};

/// The largest file of events.
const FILE_BYTES_MAX: usize = 64 << 20;

pub async fn run(common: &Common, arguments: Publish) -> Outcome {
    let actor = arguments.role.map(|role| Actor { id: arguments.actor, role });
    match (arguments.topic, arguments.data, arguments.cloudevents) {
        (Some(topic), Some(data), _) => {
            let descriptor = lookup::descriptor(&topic)?;
            let json = payload(&data)?;
            let way = Way::open(common, &platform::configuration(common)?).await?;
            let of = Of { tenant: common.tenant.clone(), actor, told: Told::default() };
            let reply = way.publish(descriptor, json, of).await;
            way.close().await;
            let reply = reply?;
            output::show(common.json, &reply, |reply| {
                format!("{} {} {}{}", reply.outcome, reply.topic, reply.id, note(&reply.outcome))
            })
        }
        (_, _, Some(file)) => publish_all(common, &file, actor).await,
        _ => Err(Failure::Usage("a topic with --data, or --cloudevents FILE, is needed".to_owned())),
    }
}

/// What became of one event of a file.
#[derive(Debug, Serialize)]
struct Line {
    /// Its place in the file, from 1.
    number: usize,
    /// Its topic and its id, as far as they are known. Of one that was refused they are what it calls so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Publishes one event after the other: what is refused does not keep the rest, and what stops the one stops the rest.
async fn publish_all(common: &Common, file: &str, actor: Option<Actor>) -> Outcome {
    let mut events: VecDeque<Given> = events(common, file)?.into();
    let way = Way::open(common, &platform::configuration(common)?).await?;
    let (mut lines, mut stopped) = (Vec::new(), None);
    while let Some(Given { topic, id, event }) = events.pop_front() {
        let number = lines.len() + 1;
        match publish_one(common, &way, event, actor.clone()).await {
            Ok(PublishReply { id, topic, outcome }) => lines.push(Line {
                number,
                topic: Some(topic),
                id: Some(id.to_string()),
                outcome: Some(outcome),
                refused: None,
            }),
            Err(Failure::Refused(text)) => {
                let topic = topic.map(|topic| topic.to_string());
                lines.push(Line { number, topic, id, outcome: None, refused: Some(text) });
            }
            Err(failure) => {
                stopped = Some(failure);
                break;
            }
        }
    }
    way.close().await;
    output::show(common.json, &lines, |lines| table(lines))?;
    let refused = lines.iter().filter(|line| line.refused.is_some()).count();
    match stopped {
        Some(failure) => Err(failure),
        None if refused == 0 => Ok(()),
        None if refused == lines.len() => {
            Err(Failure::Refused("every event was refused: nothing was published".to_owned()))
        }
        None => Err(Failure::SomeRejected(format!("{refused} of {} events were refused", lines.len()))),
    }
}

async fn publish_one(
    common: &Common,
    way: &Way,
    event: Result<Received, Poison>,
    actor: Option<Actor>,
) -> Outcome<PublishReply> {
    let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
    let Received { metadata, body } = event.map_err(|poison| refused(&poison))?;
    if metadata.tenant != common.tenant {
        let tenant = &common.tenant;
        return Err(Failure::Refused(format!("the event is not of the tenant {tenant}: name its own with --tenant")));
    }
    let descriptor = lookup::descriptor(&metadata.topic)?;
    let body = if metadata.version == descriptor.version {
        body
    } else {
        let upcasters = descriptor.upcasters;
        upcast::to_version(metadata.version, descriptor.version, upcasters, &body)
            .map_err(|error| refused(&error))?
            .into()
    };
    let told = Told { id: Some(metadata.id), time: Some(metadata.time), correlation: Some(metadata.correlation) };
    way.publish(descriptor, body, Of { tenant: metadata.tenant, actor, told }).await
}

/// One event, or all of an array.
fn events(common: &Common, file: &str) -> Outcome<Vec<Given>> {
    let json = read("--cloudevents", file, FILE_BYTES_MAX)?;
    if json.len() > FILE_BYTES_MAX {
        return Err(Failure::Usage(format!("--cloudevents: {file} is larger than {FILE_BYTES_MAX} bytes")));
    }
    file::events(&json, &common.tenant).map_err(|error| Failure::Refused(format!("--cloudevents: {error}")))
}

fn table(lines: &[Line]) -> String {
    let mut table = Table::new(&["#", "topic", "id", "outcome"]);
    for Line { number, topic, id, outcome, refused } in lines {
        let became = match (outcome, refused) {
            (Some(outcome), _) => format!("{outcome}{}", note(outcome)),
            (None, refused) => format!("refused: {}", refused.as_deref().unwrap_or_default()),
        };
        let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.row([number.to_string(), told(topic), told(id), became]);
    }
    table.to_string()
}

fn note(outcome: &str) -> &'static str {
    if outcome == "unrouted" { ": nobody listens to it; it is kept in events.unrouted" } else { "" }
}

/// How events are published: by a running `fabric up`, or from here.
enum Way {
    Running(Client),
    Direct(Box<Host>),
}

impl Way {
    async fn open(common: &Common, config: &Config) -> Outcome<Self> {
        operator::require(common, config, Needed::Broker)?;
        Ok(match operator::reach(common, config)? {
            Reach::Running(client) => Self::Running(client),
            Reach::Direct => Self::Direct(Box::new(platform::visit(config, &[]).await?)),
        })
    }

    /// Publishes an event, or says all that is wrong with it.
    async fn publish(&self, descriptor: &fabric::Descriptor, json: Bytes, of: Of) -> Outcome<PublishReply> {
        let role = of.actor.as_ref().map(|actor| actor.role.clone());
        let reply = self.send(descriptor, json.clone(), of).await;
        reply.map_err(|failure| match failure {
            Failure::Refused(text) => {
                Failure::Refused(refusal::all_of_it(descriptor, role.as_ref(), &json).unwrap_or(text))
            }
            failure => failure,
        })
    }

    async fn send(&self, descriptor: &fabric::Descriptor, json: Bytes, of: Of) -> Outcome<PublishReply> {
        match self {
            Self::Running(client) => {
                let mut query = vec![("topic", descriptor.topic.to_owned())];
                if let Some(Actor { id, role }) = of.actor {
                    query.extend([("actor", id.to_string()), ("role", role.to_string())]);
                }
                let Told { id, time, correlation } = of.told;
                query.extend(id.map(|id| ("id", id.to_string())));
                query.extend(time.map(|time| ("time", time.to_string())));
                query.extend(correlation.map(|correlation| ("correlation", correlation.to_string())));
                client.post("/operator/publish", &query, json.to_vec()).await
            }
            Self::Direct(host) => {
                let owner =
                    ServiceName::try_new(descriptor.owner).map_err(|error| Failure::Other(error.to_string()))?;
                let fabric: Fabric = host.fabric_as(owner);
                operator::publish(&fabric, descriptor, json, of).await
            }
        }
    }

    async fn close(self) {
        if let Self::Direct(host) = self {
            host.drain().await;
        }
    }
}

/// The payload itself, or the content of the file behind an `@`; `@-` is standard input.
pub fn payload(data: &str) -> Outcome<Bytes> {
    match data.strip_prefix('@') {
        None => Ok(Bytes::copy_from_slice(data.as_bytes())),
        Some(file) => read("--data", file, BODY_BYTES_MAX),
    }
}

/// The content of a file, `-` is standard input. One byte more than allowed is read, so that a file that is too large is refused
/// instead of cut.
fn read(option: &str, file: &str, bytes_max: usize) -> Outcome<Bytes> {
    let cannot = |error: std::io::Error| Failure::Usage(format!("{option}: cannot read {file}: {error}"));
    let reader: Box<dyn Read> =
        if file == "-" { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(file).map_err(cannot)?) };
    let mut json = Vec::new();
    reader.take(bytes_max as u64 + 1).read_to_end(&mut json).map_err(cannot)?;
    Ok(json.into())
}
