//! `fabric explain`: where an event goes, or what can reach a queue, and why. Derived from the services' values: no server is asked.

mod args;
mod event;
mod queue;

pub use args::Explain;

use fabric::{
    Topic,
    config::Config,
    core::topology::{Question, explain, explain_queue},
};

use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    operator, output, platform,
    topology::{Users, definitions},
};

/// How many names are suggested for one that nobody knows.
const SUGGESTED_MAX: usize = 3;

pub fn run(common: &Common, arguments: &Explain) -> Outcome {
    let config = platform::configuration(common)?;
    match (&arguments.topic, &arguments.queue) {
        (Some(topic), _) => of_topic(common, &config, topic, arguments),
        (None, Some(queue)) => of_queue(common, &config, queue),
        (None, None) => Err(Failure::Usage("a topic or --queue is needed".to_owned())),
    }
}

fn of_topic(common: &Common, config: &Config, topic: &Topic, arguments: &Explain) -> Outcome {
    let event = operator::descriptor(topic)?;
    let services = platform::specs(config, &[])?;
    let question = Question { topic, event, key: arguments.key.as_ref(), tenant: &common.tenant };
    let explanation = explain(&services, &platform::topology_of(&services), question);
    output::show(common.json, &explanation, event::describe)
}

fn of_queue(common: &Common, config: &Config, queue: &str) -> Outcome {
    let services = platform::specs(config, &[])?;
    let topology = platform::topology_of(&services);
    let wanted = definitions(config, &[], Users::LeftOut)?;
    let Some(explanation) = explain_queue(&services, platform::catalogue(), &topology, &wanted, queue) else {
        let names = topology.queues.iter().map(|queue| queue.name.as_str());
        return Err(Failure::Refused(format!("there is no queue {queue}{}", suggestion(queue, names))));
    };
    output::show(common.json, &explanation, queue::describe)
}

/// The names that are most like one that nobody knows, as the end of a sentence.
pub(super) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let service = |name: &str| name.split('.').next().map(str::to_owned);
    let mut near: Vec<&str> = known.collect();
    // What belongs to the same service is nearer than what is merely spelled alike.
    near.sort_by_cached_key(|known| {
        (service(known) != service(name), strsim::damerau_levenshtein(name, known), (*known).to_owned())
    });
    near.truncate(SUGGESTED_MAX);
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
