//! How much is in queues, asked by passive declarations: they need no permission and no plugin.

use std::time::Duration;

use fabric_runtime::ports::Depth;
use lapin::{Connection, options::QueueDeclareOptions, types::FieldTable};

use crate::{
    pipeline::{self, Unanswered},
    wire::short,
};

/// The depths of those of the queues that exist.
pub(crate) async fn depths(
    connection: &Connection,
    patience: Duration,
    queues: Vec<String>,
) -> Result<Vec<Depth>, Unanswered> {
    let asked: Vec<_> = queues.into_iter().filter_map(|queue| short(queue).ok()).collect();
    let passive = QueueDeclareOptions::durable().passive();
    let answers = pipeline::pipelined(connection, patience, &asked, |channel, queue| {
        Box::pin(channel.queue_declare(queue.clone(), passive, FieldTable::default()))
    })
    .await?;
    let depth = |queue: lapin::Queue| Depth {
        queue: queue.name().to_string(),
        ready: queue.message_count().into(),
        consumers: queue.consumer_count().into(),
    };
    Ok(answers.into_iter().flatten().map(depth).collect())
}
