//! What has to stand on the broker: a topology as declarations.

mod arguments;
mod step;

use std::time::Duration;

use fabric_core::topology::Topology;
use fabric_runtime::ports::DeclareError;
use lapin::Connection;

use self::step::Step;
use crate::{
    error::Refusal,
    flaw::Flaws,
    pipeline::{self, Unanswered},
};

/// Makes sure that everything in the topology stands. One declaration that is refused does not keep the others from being made;
/// the first refusal is the error.
pub(crate) async fn declare(
    connection: &Connection,
    patience: Duration,
    topology: &Topology,
    flaws: Flaws,
) -> Result<(), DeclareError> {
    let mut refused = refusals(connection, patience, &step::steps(topology), flaws).await?;
    // A service may not be allowed to declare what another one owns. If it is there, that is all that is needed.
    let (forbidden, checks): (Vec<usize>, Vec<Step<'_>>) = refused
        .iter()
        .enumerate()
        .filter_map(|(index, (step, refusal))| Some((index, step.check_after(refusal)?)))
        .unzip();
    let still_missing = refusals(connection, patience, &checks, flaws).await?;
    for (index, check) in forbidden.into_iter().zip(&checks).rev() {
        if !still_missing.iter().any(|(missing, _)| missing.resource() == check.resource()) {
            refused.remove(index);
        }
    }
    refused.into_iter().next().map_or(Ok(()), |(step, refusal)| Err(step.error(refusal)))
}

/// Makes sure that every exchange and queue of the topology is there, and makes none. The first that is missing is the error.
pub(crate) async fn check(
    connection: &Connection,
    patience: Duration,
    topology: &Topology,
    flaws: Flaws,
) -> Result<(), DeclareError> {
    let checks: Vec<Step<'_>> = step::steps(topology).iter().filter_map(Step::check).collect();
    let missing = refusals(connection, patience, &checks, flaws).await?;
    missing.into_iter().next().map_or(Ok(()), |(step, refusal)| Err(step.error(refusal)))
}

/// The steps that the broker refused, and how.
async fn refusals<'a>(
    connection: &Connection,
    patience: Duration,
    steps: &[Step<'a>],
    flaws: Flaws,
) -> Result<Vec<(Step<'a>, Refusal)>, DeclareError> {
    let answers = pipeline::pipelined(connection, patience, steps, |channel, step| step.make(channel, flaws))
        .await
        .map_err(|error: Unanswered| DeclareError::Away { detail: error.to_string() })?;
    Ok(steps.iter().zip(answers).filter_map(|(step, answer)| Some((*step, answer.err()?))).collect())
}
