//! `fabric topology apply`: what is missing is made, and what can be is changed in place.

use std::time::Duration;

use fabric::{
    Clock,
    config::Config,
    core::topology::{Actual, Change, Class, Resource, Verdict, verdict},
    runtime::ids::Ids,
};
use serde::Serialize;

use super::{
    args, consent,
    text::{self, Alike},
};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    operator::{self, Act, Audit},
    output, platform,
    topology::{Desk, Done, Kept, Passwords, Users, apply, prune},
};

/// How long closing the connections may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// What was done, in this order.
    done: Vec<Done>,
    /// The orphans that stay, and why. Without `--prune` they are among the rest.
    kept: Vec<Kept>,
    /// The changes that are left.
    left: Vec<Change>,
}

pub async fn run(common: &Common, arguments: args::Apply) -> Outcome {
    let config = platform::configuration(common)?;
    let users = if arguments.users.is_some() { Users::Included } else { Users::LeftOut };
    let desk = Desk::open(&config, &arguments.services, users)?;
    let mut actual = desk.actual().await?;
    let mut plan = desk.plan(&actual);
    let todo = to_do(&plan, arguments.prune);
    let mut report = Report::default();
    if !todo.is_empty() {
        if !arguments.yes {
            consent(common, &desk, &todo).await?;
            // Somebody was asked, and may have taken an hour. What is done is what was agreed to, or nothing.
            actual = desk.actual().await?;
            plan = desk.plan(&actual);
            if !are_same(&to_do(&plan, arguments.prune), &todo) {
                return Err(Failure::StoppedEarly(
                    "what stands has changed since it was shown, and nothing was done: look again".to_owned(),
                ));
            }
        }
        let act = act(&desk, &todo)?;
        let audit = Audit::new(&config, Clock::system());
        audit.begin(&act).await?;
        let worked = work(common, &config, &desk, &actual, &plan, &arguments, &mut report).await;
        let outcome = match &worked {
            Ok(()) => format!("done: {}, kept: {}", report.done.len(), report.kept.len()),
            Err(failure) => format!("done: {}, then failed: {failure}", report.done.len()),
        };
        audit.end(&act, &outcome).await?;
        worked?;
    }
    conclude(common, &desk, report).await
}

fn to_do(plan: &[Change], prune: bool) -> Vec<Change> {
    let is_to_do = |change: &&Change| match change.class {
        Class::Create | Class::Safe => true,
        Class::Orphan => prune,
        Class::Noop | Class::Dangerous | Class::NeedsMigration => false,
    };
    plan.iter().filter(is_to_do).cloned().collect()
}

/// Whether the same would be done. The reasons tell how many events there are, which is never the same.
fn are_same(one: &[Change], other: &[Change]) -> bool {
    let what = |change: &Change| (change.class, change.resource.clone(), change.field.clone(), change.wanted.clone());
    one.iter().map(what).eq(other.iter().map(what))
}

async fn consent(common: &Common, desk: &Desk, todo: &[Change]) -> Outcome {
    if !common.json {
        output::line(&text::changes(todo, Alike::Counted))?;
    }
    let question = format!("Do these {} changes on the virtual host {}?", todo.len(), desk.management.vhost());
    consent::ask(question, false).await
}

fn act(desk: &Desk, todo: &[Change]) -> Outcome<Act> {
    let id = Ids::system().next(Clock::system().now()).to_string();
    let changes = todo.iter().map(|change| format!("{} {}", text::class(change.class), change.resource)).collect();
    let vhost = format!("virtual host {}", desk.management.vhost());
    Ok(Act::on_topology(id, &operator::actor()?, "topology apply", vhost, changes))
}

async fn work(
    common: &Common,
    config: &Config,
    desk: &Desk,
    actual: &Actual,
    plan: &[Change],
    arguments: &args::Apply,
    report: &mut Report,
) -> Outcome {
    let new_users =
        plan.iter().filter(|change| change.class == Class::Create).filter_map(|change| match &change.resource {
            Resource::User(name) => Some(name.clone()),
            _ => None,
        });
    let passwords = match &arguments.users {
        Some(file) => Passwords::complete(file, new_users)?,
        None => Passwords::default(),
    };
    let Report { done, kept, .. } = report;
    let mut tell = |one: Done| {
        if !common.json {
            output::line(&text::done(&one))?;
        }
        done.push(one);
        Ok(())
    };
    apply(desk, actual, plan, &passwords, &mut tell).await?;
    if arguments.prune {
        let adapters = platform::adapters(config).await?;
        let orphans = plan.iter().filter(|change| change.class == Class::Orphan);
        let orphans = orphans.map(|change| change.resource.clone()).collect();
        let pruned = prune(desk, adapters.broker.as_ref(), &orphans, &mut tell).await;
        adapters.broker.close(CLOSE_DEADLINE).await;
        adapters.cache.close().await;
        *kept = pruned?;
    }
    Ok(())
}

/// Says what stays and what is left. It ends with a failure when somebody has to look at that.
async fn conclude(common: &Common, desk: &Desk, mut report: Report) -> Outcome {
    let is_kept = |change: &Change| report.kept.iter().any(|kept| kept.resource == change.resource);
    // What was just made may be missing from the API's lists for a moment, so of what is left only this counts.
    let is_left = |change: &Change| matches!(change.class, Class::Orphan | Class::Dangerous | Class::NeedsMigration);
    let plan = desk.plan(&desk.actual().await?);
    let is_removed = |change: &Change| report.done.contains(&Done::Removed(change.resource.clone()));
    report.left =
        plan.into_iter().filter(|change| is_left(change) && !is_kept(change) && !is_removed(change)).collect();
    output::show(common.json, &report, human)?;
    match verdict(&report.left) {
        Verdict::Dangerous => Err(Failure::Dangerous("what is left needs somebody to look".to_owned())),
        Verdict::Unchanged | Verdict::Changes => Ok(()),
    }
}

fn human(report: &Report) -> String {
    let mut lines: Vec<String> =
        report.kept.iter().map(|kept| format!("kept     {}: {}", kept.resource, kept.why)).collect();
    if !report.left.is_empty() {
        lines.push(format!("\nleft:\n{}", text::changes(&report.left, Alike::Counted)));
    }
    lines.push(format!("{} done, {} kept, {} left", report.done.len(), report.kept.len(), report.left.len()));
    lines.join("\n")
}
