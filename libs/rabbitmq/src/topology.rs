//! What has to stand on the broker: a topology as declarations.

use std::time::Duration;

use fabric_core::topology::{Binding, Queue, QueueRole, Topology};
use fabric_runtime::ports::{BoxFuture, DeclareError};
use lapin::{
    Channel, Connection, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use crate::{
    error::{Refusal, RefusalKind},
    pipeline::{self, Unanswered},
    wire::name,
};

/// One declaration.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Exchange(&'a str),
    Queue(&'a Queue),
    Binding(&'a Binding),
    /// Only asks whether the exchange is there: nobody needs a permission for that.
    HasExchange(&'a str),
    /// Only asks whether the queue is there.
    HasQueue(&'a Queue),
}

/// Makes sure that everything in the topology stands. One declaration that is refused does not keep the others from being made;
/// the first refusal is the error.
pub(crate) async fn declare(
    connection: &Connection,
    patience: Duration,
    topology: &Topology,
) -> Result<(), DeclareError> {
    let mut steps: Vec<Step<'_>> = topology.exchanges.iter().map(|exchange| Step::Exchange(exchange)).collect();
    steps.extend(topology.queues.iter().map(Step::Queue));
    steps.extend(topology.bindings.iter().map(Step::Binding));
    let mut refused = refusals(connection, patience, &steps).await?;
    // A service may not be allowed to declare what another one owns. If it is there, that is all that is needed.
    let (forbidden, checks): (Vec<usize>, Vec<Step<'_>>) = refused
        .iter()
        .enumerate()
        .filter_map(|(index, (step, refusal))| Some((index, step.check_after(refusal)?)))
        .unzip();
    let still_missing = refusals(connection, patience, &checks).await?;
    for (index, check) in forbidden.into_iter().zip(&checks).rev() {
        if !still_missing.iter().any(|(missing, _)| missing.resource() == check.resource()) {
            refused.remove(index);
        }
    }
    refused.into_iter().next().map_or(Ok(()), |(step, refusal)| Err(error_of(step, refusal)))
}

/// The steps that the broker refused, and how.
async fn refusals<'a>(
    connection: &Connection,
    patience: Duration,
    steps: &[Step<'a>],
) -> Result<Vec<(Step<'a>, Refusal)>, DeclareError> {
    let answers = pipeline::pipelined(connection, patience, steps, |channel, step| step.make(channel))
        .await
        .map_err(|error: Unanswered| DeclareError::Away { detail: error.to_string() })?;
    Ok(steps.iter().zip(answers).filter_map(|(step, answer)| Some((*step, answer.err()?))).collect())
}

impl<'a> Step<'a> {
    fn make<'c>(&'c self, channel: &'c Channel) -> BoxFuture<'c, lapin::Result<()>> {
        Box::pin(async move {
            match self {
                Self::Exchange(name) => declare_exchange(channel, name, DURABLE_EXCHANGE).await,
                Self::HasExchange(name) => {
                    declare_exchange(channel, name, ExchangeDeclareOptions { passive: true, ..DURABLE_EXCHANGE }).await
                }
                Self::Queue(queue) => {
                    let name = name(&queue.name)?;
                    channel.queue_declare(name, QueueDeclareOptions::durable(), arguments(&queue.role)).await.map(drop)
                }
                Self::HasQueue(queue) => {
                    let passive = QueueDeclareOptions::durable().passive();
                    channel.queue_declare(name(&queue.name)?, passive, FieldTable::default()).await.map(drop)
                }
                Self::Binding(Binding { exchange, queue, pattern }) => {
                    let (queue, exchange, key) = (name(queue)?, name(exchange)?, name(pattern.as_str())?);
                    channel.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default()).await
                }
            }
        })
    }

    fn check_after(&self, refusal: &Refusal) -> Option<Step<'a>> {
        match *self {
            Self::Exchange(name) if refusal.kind == RefusalKind::Forbidden => Some(Step::HasExchange(name)),
            Self::Queue(queue) if refusal.kind == RefusalKind::Forbidden => Some(Step::HasQueue(queue)),
            _ => None,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Exchange(name) | Self::HasExchange(name) => format!("the exchange {name}"),
            Self::Queue(queue) | Self::HasQueue(queue) => format!("the queue {}", queue.name),
            Self::Binding(Binding { exchange, queue, pattern }) => {
                format!("the binding {pattern} of the queue {queue} to the exchange {exchange}")
            }
        }
    }
}

const DURABLE_EXCHANGE: ExchangeDeclareOptions =
    ExchangeDeclareOptions { passive: false, durable: true, auto_delete: false, internal: false, nowait: false };

async fn declare_exchange(channel: &Channel, exchange: &str, options: ExchangeDeclareOptions) -> lapin::Result<()> {
    channel.exchange_declare(name(exchange)?, ExchangeKind::Topic, options, FieldTable::default()).await
}

/// A queue's arguments. They follow from its name and role and never change: the broker refuses a declaration with others.
fn arguments(role: &QueueRole) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    let target = match role {
        QueueRole::Work { parked } => Some(parked),
        QueueRole::Wait { work, .. } => Some(work),
        QueueRole::Parked | QueueRole::Unrouted => None,
    };
    if let Some(target) = target {
        // At-least-once dead-lettering needs all four together.
        arguments.insert("x-dead-letter-exchange".into(), text(""));
        arguments.insert("x-dead-letter-routing-key".into(), text(target));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments.insert("x-overflow".into(), text("reject-publish"));
    }
    if let QueueRole::Wait { delay, .. } = role {
        let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(delay_ms));
    }
    arguments
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn error_of(step: Step<'_>, refusal: Refusal) -> DeclareError {
    let (resource, detail) = (step.resource(), refusal.detail);
    match refusal.kind {
        RefusalKind::Forbidden => DeclareError::Forbidden { resource, detail },
        RefusalKind::NotFound | RefusalKind::Other => DeclareError::Different { resource, detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(role: &QueueRole) -> Vec<String> {
        arguments(role)
            .into_iter()
            .map(|(name, value)| match value {
                AMQPValue::LongString(text) => format!("{name}={text}"),
                other => format!("{name}={other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_arguments_of_a_queue_are_fixed_by_its_role() {
        // Changing any of these needs a migration of every queue that stands anywhere.
        assert_eq!(
            shown(&QueueRole::Work { parked: "kyc.audit.parked".to_owned() }),
            [
                "x-dead-letter-exchange=",
                "x-dead-letter-routing-key=kyc.audit.parked",
                "x-dead-letter-strategy=at-least-once",
                "x-overflow=reject-publish",
                "x-queue-type=quorum"
            ]
        );
        assert_eq!(
            shown(&QueueRole::Wait { delay: Duration::from_secs(4), work: "kyc.audit".to_owned() }),
            [
                "x-dead-letter-exchange=",
                "x-dead-letter-routing-key=kyc.audit",
                "x-dead-letter-strategy=at-least-once",
                "x-message-ttl=LongLongInt(4000)",
                "x-overflow=reject-publish",
                "x-queue-type=quorum"
            ]
        );
        assert_eq!(shown(&QueueRole::Parked), ["x-queue-type=quorum"]);
        assert_eq!(shown(&QueueRole::Unrouted), ["x-queue-type=quorum"]);
    }
}
