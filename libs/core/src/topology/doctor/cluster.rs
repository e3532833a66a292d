//! The broker's nodes, and the queues on them.

use super::{Case, Finding, Own, Symptom, listed};
use crate::topology::NodeState;

/// What a queue says of itself while it can be used. A queue that was just made says nothing.
const USABLE: [&str; 4] = ["", "running", "idle", "flow"];

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = case.actual.nodes.iter().flat_map(of_node).collect();
    if let Some(process) = &case.facts.process {
        findings.extend(super::consuming::broker_trouble(process));
    }
    findings
}

fn of_node(node: &NodeState) -> Vec<Finding> {
    let name = &node.name;
    if !node.running {
        let why = "queues whose members are on it have one less, and stop without a majority";
        let down = Finding::trouble(Symptom::NodeDown, format!("the node {name} is down"), why);
        return vec![down.next(format!("rabbitmqctl -n {name} cluster_status"))];
    }
    let alarm = |what: &str, command: &str| {
        let what = format!("the node {name} has too little {what}");
        let why = "the broker takes nothing from any publisher of the cluster until it has more, and handlers that publish wait";
        Finding::trouble(Symptom::Alarm, what, why).next(format!("rabbitmq-diagnostics -n {name} {command}"))
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
        let next = format!("rabbitmq-queues quorum_status {queue}");
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
    if !degraded.is_empty() {
        let what = format!("not all members are online: {}", listed(&degraded));
        let why = "they work, and stop when a majority is gone";
        findings.push(Finding::note(Symptom::QueueDown, what, why).next("rabbitmqctl cluster_status"));
    }
    findings
}
