//! `fabric explain`: where an event goes, or what can reach a queue, and why. Derived from the services' values: no server is asked.

mod args;
mod event;
mod queue;

pub use args::Explain;

use fabric::{
    Topic,
    config::Config,
    core::{
        service::ServiceSpec,
        topology::{Question, Topology, explain, explain_queue},
    },
};

use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    lookup, output, platform,
    topology::{Users, definitions},
};

pub fn run(common: &Common, arguments: &Explain) -> Outcome {
    let config = platform::configuration(common)?;
    match (&arguments.topic, &arguments.queue) {
        (Some(topic), _) => of_topic(common, &config, topic, arguments),
        (None, Some(queue)) => of_queue(common, &config, queue),
        (None, None) => Err(Failure::Usage("a topic or --queue is needed".to_owned())),
    }
}

fn of_topic(common: &Common, config: &Config, topic: &Topic, arguments: &Explain) -> Outcome {
    let event = lookup::descriptor(topic)?;
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
        return Err(Failure::Refused(no_queue(&services, &topology, queue)));
    };
    output::show(common.json, &explanation, queue::describe)
}

/// What there is instead of a queue of this name: a subscription with partitions has none that is called like it.
fn no_queue(services: &[ServiceSpec], topology: &Topology, queue: &str) -> String {
    let mut subscriptions = services.iter().flat_map(ServiceSpec::subscriptions);
    if let Some(subscription) = subscriptions.find(|own| own.name.as_str() == queue) {
        let queues = subscription.work_queues().join(", ");
        return format!(
            "{queue} is a subscription, and its events are split over the queues {queues}: name one of them"
        );
    }
    let names = topology.queues.iter().map(|queue| queue.name.as_str());
    format!("there is no queue {queue}{}", lookup::suggestion(queue, names))
}
