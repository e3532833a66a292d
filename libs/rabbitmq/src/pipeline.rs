//! Many requests on one channel, with several under way at a time.

use std::time::Duration;

use fabric_runtime::ports::BoxFuture;
use lapin::{Channel, Connection};
use tokio::time::timeout;

use crate::{
    error::Refusal,
    in_order::{self, Started},
};

/// How many requests are under way at a time: enough to hide the network, few enough to be redone after a refusal.
const UNDER_WAY_MAX: usize = 64;
/// How AMQP says that a channel or connection is closed because it is no longer needed.
pub(crate) const CLOSED_NORMALLY: (u16, &str) = (200, "OK");

/// Why requests went unanswered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("{0}")]
    Lost(#[from] lapin::Error),
    #[error("the broker did not answer in time")]
    Overdue,
}

/// Makes each request and gives each one's answer, in their order. Fails when the connection is lost, or when the broker takes
/// longer than `patience` for any one answer.
///
/// The broker closes the channel with a refusal and ignores what came behind it. It answers in order, so the first that fails is
/// the refused one: the rest goes on a fresh channel.
pub(crate) async fn pipelined<R: Sync, T: Send>(
    connection: &Connection,
    patience: Duration,
    requests: &[R],
    call: impl for<'a> Fn(&'a Channel, &'a R) -> BoxFuture<'a, lapin::Result<T>> + Send + Sync,
) -> Result<Vec<Result<T, Refusal>>, Unanswered> {
    let mut answers = Vec::with_capacity(requests.len());
    while answers.len() < requests.len() {
        let channel = within(patience, connection.create_channel()).await?;
        let is_open = until_refused(&channel, patience, requests, &call, &mut answers).await?;
        if is_open {
            let (code, text) = CLOSED_NORMALLY;
            within(patience, channel.close(code, text.into())).await?;
        }
    }
    Ok(answers)
}

/// Makes the requests that have no answer yet, and says whether the channel is still open afterwards.
async fn until_refused<R: Sync, T: Send>(
    channel: &Channel,
    patience: Duration,
    requests: &[R],
    call: &(impl for<'a> Fn(&'a Channel, &'a R) -> BoxFuture<'a, lapin::Result<T>> + Send + Sync),
    answers: &mut Vec<Result<T, Refusal>>,
) -> Result<bool, Unanswered> {
    while let Some(rest) = requests.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let started: Vec<Started<_>> =
            rest.iter().take(UNDER_WAY_MAX).map(|request| in_order::start(call(channel, request))).collect();
        for call in started {
            match within(patience, call.outcome()).await {
                Ok(answer) => answers.push(Ok(answer)),
                Err(Unanswered::Lost(error)) => {
                    answers.push(Err(Refusal::of(&error).ok_or(error)?));
                    return Ok(false);
                }
                Err(overdue) => return Err(overdue),
            }
        }
    }
    Ok(true)
}

async fn within<T>(patience: Duration, call: impl Future<Output = lapin::Result<T>>) -> Result<T, Unanswered> {
    timeout(patience, call).await.map_err(|_elapsed| Unanswered::Overdue)?.map_err(Unanswered::Lost)
}
