//! The broker's nodes, and the queues on them.

use super::{Case, Finding, Own, Symptom, command, listed};
use crate::topology::{NodeState, wanted::QUEUE_TYPE};

/// What a queue says of itself while it can be used. A queue that was just made says nothing.
const USABLE: [&str; 4] = ["", "running", "idle", "flow"];

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = case.actual.nodes.iter().flat_map(|node| of_node(case, node)).collect();
    if let Some(process) = &case.facts.process {
        findings.extend(super::consuming::broker_trouble(process));
    }
    findings
}

fn of_node(case: &Case<'_>, node: &NodeState) -> Vec<Finding> {
    let name = &node.name;
    if !node.running {
        let why = "queues whose members are on it have one less, and stop without a majority";
        let down = Finding::trouble(Symptom::NodeDown, format!("the node {name} is down"), why);
        return vec![down.next(cluster_status(case))];
    }
    let alarm = |what: &str, next: &str| {
        let what = format!("the node {name} has too little {what}");
        let why = "the broker takes nothing from any publisher of the cluster until it has more, and handlers that publish wait";
        Finding::trouble(Symptom::Alarm, what, why).next(command::on_node("rabbitmq-diagnostics", name, next))
    };
    let memory = node.memory_alarm.then(|| alarm("memory", "memory_breakdown"));
    let disk = node.disk_alarm.then(|| alarm("disk", "status"));
    memory.into_iter().chain(disk).collect()
}

/// Queues that cannot be used, or soon may not.
pub(super) fn of_queues(own: &Own<'_>) -> Vec<Finding> {
    let states = || own.queues.iter().filter_map(|queue| Some((queue, own.case.actual.queues.get(queue)?)));
    let mut findings = Vec::new();
    let mut degraded = Vec::new();
    for (queue, state) in states() {
        let next = members_of(own, queue);
        match state.online {
            Some((online, members)) if online * 2 <= members => {
                let what = format!("{queue} has {online} of its {members} members online: no majority");
                let why = "it takes nothing and gives nothing until most of its members are back";
                findings.push(Finding::trouble(Symptom::QueueDown, what, why).queue(queue).next(next));
            }
            _ if !USABLE.contains(&state.state.as_str()) => {
                let what = format!("{queue} is {}", state.state);
                findings.push(Finding::trouble(Symptom::QueueDown, what, "it cannot be used").queue(queue).next(next));
            }
            Some((online, members)) if online < members => degraded.push(queue),
            _ => {}
        }
    }
    if let Some(first) = degraded.first() {
        let what = format!("not all members are online: {}", listed(&degraded));
        let why = "they work, and stop when a majority is gone";
        findings.push(Finding::note(Symptom::QueueDown, what, why).next(members_of(own, first)));
    }
    findings
}

/// Asks a node that runs: one that is down says nothing.
fn cluster_status(case: &Case<'_>) -> String {
    let running = case.actual.nodes.iter().find(|node| node.running);
    running.map_or_else(
        || "rabbitmqctl cluster_status".to_owned(),
        |node| command::on_node("rabbitmqctl", &node.name, "cluster_status"),
    )
}

/// Says on which nodes a queue is, and how it is there.
fn members_of(own: &Own<'_>, queue: &str) -> String {
    let vhost = own.case.vhost;
    let standing = own.case.actual.definitions.queues.get(queue);
    if standing.is_none_or(|queue| queue.arguments.get(QUEUE_TYPE) == Some(&"quorum".into())) {
        return command::on_vhost("rabbitmq-queues quorum_status", vhost, &command::word(queue));
    }
    // Other queues have no members that could be asked for; their process tells the node.
    command::on_vhost("rabbitmqctl list_queues", vhost, "name type state pid")
}
