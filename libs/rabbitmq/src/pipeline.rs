//! Many requests on one channel, with several under way at a time.

use fabric_runtime::ports::BoxFuture;
use lapin::{Channel, Connection};

use crate::{
    error::Refusal,
    in_order::{self, Started},
};

/// How many requests are under way at a time: enough to hide the network, few enough to be redone after a refusal.
const UNDER_WAY_MAX: usize = 64;
/// How AMQP says that a channel or connection is closed because it is no longer needed.
pub(crate) const CLOSED_NORMALLY: (u16, &str) = (200, "OK");

/// Makes each request and gives each one's answer, in their order.
///
/// The broker closes the channel with a refusal and ignores what came behind it. It answers in order, so the first that fails is
/// the refused one: the rest goes on a fresh channel. Fails when the connection is lost.
pub(crate) async fn pipelined<R: Sync, T: Send>(
    connection: &Connection,
    requests: &[R],
    call: impl for<'a> Fn(&'a Channel, &'a R) -> BoxFuture<'a, lapin::Result<T>> + Send + Sync,
) -> lapin::Result<Vec<Result<T, Refusal>>> {
    let mut answers = Vec::with_capacity(requests.len());
    while answers.len() < requests.len() {
        let channel = connection.create_channel().await?;
        let is_open = until_refused(&channel, requests, &call, &mut answers).await?;
        if is_open {
            let (code, text) = CLOSED_NORMALLY;
            channel.close(code, text.into()).await?;
        }
    }
    Ok(answers)
}

/// Makes the requests that have no answer yet, and says whether the channel is still open afterwards.
async fn until_refused<R: Sync, T: Send>(
    channel: &Channel,
    requests: &[R],
    call: &(impl for<'a> Fn(&'a Channel, &'a R) -> BoxFuture<'a, lapin::Result<T>> + Send + Sync),
    answers: &mut Vec<Result<T, Refusal>>,
) -> lapin::Result<bool> {
    while let Some(rest) = requests.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let started: Vec<Started<_>> =
            rest.iter().take(UNDER_WAY_MAX).map(|request| in_order::start(call(channel, request))).collect();
        for call in started {
            match call.outcome().await {
                Ok(answer) => answers.push(Ok(answer)),
                Err(error) => {
                    answers.push(Err(Refusal::of(&error).ok_or(error)?));
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
