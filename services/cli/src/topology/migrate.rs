//! Migrating one queue or subscription, step by step: what stands is read, one step is done, and what stands is read again.

use std::time::{Duration, Instant};

use fabric::{
    core::topology::{Actual, Class, Reordering, Resource, Step, names, next},
    management::{ManagementError, OnlyIf},
    runtime::ports::{Broker, Claim, ClaimError},
};

use super::{
    Desk,
    moving::{move_events, stays_empty},
};
use crate::{Outcome, exit::Failure};

/// The pause before a step that the API does not show yet is looked at again.
const SETTLE_PAUSE: Duration = Duration::from_millis(200);

/// How long somebody who has the name is waited for, and how often it is tried.
const CLAIM_DEADLINE: Duration = Duration::from_secs(5);
const CLAIM_PAUSE: Duration = Duration::from_millis(250);

/// The pause before the API is asked again whether it shows what was done, and how long it may take.
const SHOWN_PAUSE: Duration = Duration::from_secs(1);
const SHOWN_DEADLINE: Duration = Duration::from_secs(20);

/// How long a queue may take to report how many events it holds: it does so every five seconds, and until then an old number may come
/// up that was not seen yet.
const REPORT_AGE_MAX: Duration = Duration::from_secs(6);

/// After how many times the same step without any effect it is given up.
const SAME_STEP_MAX: u32 = 50;

/// What a step is, for people. None: there is nothing left to do.
pub fn described(step: &Step) -> Option<String> {
    Some(match step {
        Step::MakeQueue { name, .. } => format!("make {name}"),
        Step::Bind(bound) => format!("bind {bound}"),
        Step::Unbind(bound) => format!("unbind {bound}"),
        Step::Move { from, to } => format!("move the events of {from} to {}", to.name()),
        Step::Delete { name } => format!("delete {name}"),
        Step::Done => return None,
    })
}

/// The next step in migrating a queue or a subscription, by what stands now.
pub async fn next_step(desk: &Desk, broker: &dyn Broker, name: &str, reordering: Reordering) -> Outcome<Step> {
    Ok(next(&desk.wanted, &read(desk, broker, name).await?, name, reordering)?)
}

/// What stands now, with the newest numbers of the queues that the migration of this name is about.
async fn read(desk: &Desk, broker: &dyn Broker, name: &str) -> Outcome<Actual> {
    let related = format!("{name}.");
    let concerns = |queue: &str| queue == name || queue.starts_with(&related);
    desk.exact(broker, concerns).await
}

/// Does step after step until nothing is left, and tells `say` of each before it is done. Refused while somebody else does the same. Dropping it between steps or within one is safe:
/// doing the same again goes on.
pub async fn migrate(
    desk: &Desk,
    broker: &dyn Broker,
    name: &str,
    reordering: Reordering,
    mut say: impl FnMut(&str) -> Outcome,
) -> Outcome {
    let claim = claim(broker, name).await?;
    let (mut last, mut times) = (Step::Done, 0);
    let (mut actual, mut is_new) = (read(desk, broker, name).await?, true);
    loop {
        if !claim.is_held() {
            return Err(Failure::Unreachable(
                "the connection was lost: no event is lost, and doing the same again goes on".to_owned(),
            ));
        }
        let step = next(&desk.wanted, &actual, name, reordering)?;
        let Some(text) = described(&step) else {
            if is_new {
                return shown(desk, name).await;
            }
            (actual, is_new) = (read(desk, broker, name).await?, true);
            continue;
        };
        if step == last {
            times += 1;
            if times > SAME_STEP_MAX {
                return Err(Failure::Other(format!("to {text} again and again has no effect")));
            }
            // The API may show for a moment what was there before.
            tokio::time::sleep(SETTLE_PAUSE).await;
        } else {
            say(&text)?;
            (last, times) = (step.clone(), 0);
        }
        match &step {
            Step::Move { from, to } => {
                let moved = move_events(desk, broker, from, to, &mut say).await?;
                say(&format!("moved {moved} events of {from}"))?;
            }
            Step::Delete { name: queue } => {
                // Looking takes some seconds. What is deleted is what was looked at, or nothing.
                let is_empty = stays_empty(desk, broker, queue).await?;
                if is_empty && claim.is_held() && next_step(desk, broker, name, reordering).await? == step {
                    perform(desk, &step).await?;
                }
            }
            step => perform(desk, step).await?,
        }
        // Reading everything again after each of a hundred bindings would take a hundred times as long as making them.
        is_new = !step.write_down(&mut actual.definitions);
        if is_new {
            actual = read(desk, broker, name).await?;
        }
    }
}

/// Claims the name. A process that has just ended may have it for another moment.
async fn claim(broker: &dyn Broker, name: &str) -> Outcome<Box<dyn Claim>> {
    let end = Instant::now() + CLAIM_DEADLINE;
    loop {
        match broker.claim(names::migration_claim(name)).await {
            Err(ClaimError::Taken { .. }) if Instant::now() < end => tokio::time::sleep(CLAIM_PAUSE).await,
            claimed => return Ok(claimed?),
        }
    }
}

/// Waits until the API shows what was done, and that the queues which are left are empty: so whoever plans next is not sent here once
/// more.
async fn shown(desk: &Desk, name: &str) -> Outcome {
    let related = format!("{name}.");
    let concerns = |resource: &Resource| {
        let name_of = |resource: &str| resource == name || resource.starts_with(&related);
        match resource {
            Resource::Queue(queue) => name_of(queue),
            Resource::Binding(binding) => name_of(binding.destination.name()),
            Resource::Exchange(_) | Resource::Policy(_) | Resource::User(_) => false,
        }
    };
    let end = Instant::now() + SHOWN_DEADLINE;
    let mut clean_since = None;
    loop {
        let changes = desk.plan(&desk.actual().await?);
        let is_any = |class| changes.iter().any(|change| change.class == class && concerns(&change.resource));
        let now = Instant::now();
        if is_any(Class::NeedsMigration) {
            clean_since = None;
        } else if !is_any(Class::Orphan) || now.duration_since(*clean_since.get_or_insert(now)) > REPORT_AGE_MAX {
            return Ok(());
        }
        if now > end {
            return Ok(());
        }
        tokio::time::sleep(SHOWN_PAUSE).await;
    }
}

/// Does one of the small steps. One that somebody else has done already is done.
async fn perform(desk: &Desk, step: &Step) -> Outcome {
    let management = &desk.management;
    let done = match step {
        Step::MakeQueue { name, definition } => management.put_queue(name, definition).await,
        Step::Bind(binding) => return Ok(management.bind(binding).await?),
        Step::Unbind(binding) => management.unbind(binding).await,
        Step::Delete { name } => management.delete_queue(name, OnlyIf::default()).await,
        Step::Move { .. } | Step::Done => Ok(()),
    };
    match done {
        Err(ManagementError::NotFound { .. }) => Ok(()),
        done => Ok(done?),
    }
}
