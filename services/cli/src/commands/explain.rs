//! `fabric explain`: where an event goes, and why. Derived from the services' values: no server is asked.

use std::fmt::Write;

use fabric::core::topology::{Explanation, explain, names};

use crate::{
    Outcome,
    args::{Common, Explain},
    operator,
    output::{self, Table},
    platform,
};

pub fn run(common: &Common, arguments: &Explain) -> Outcome {
    let descriptor = operator::descriptor(&arguments.topic)?;
    let topology = platform::topology(&platform::configuration(common)?)?;
    let explanation = explain(&topology, &arguments.topic);
    output::show(common.json, &explanation, |explanation| describe(explanation, descriptor))
}

fn describe(explanation: &Explanation, descriptor: &fabric::Descriptor) -> String {
    let mut text = String::new();
    let roles = if descriptor.roles.is_empty() { "services only".to_owned() } else { descriptor.roles.join(", ") };
    let publishers: Vec<&str> =
        std::iter::once(descriptor.owner).chain(descriptor.publishers.iter().copied()).collect();
    let facts = [
        ("topic", format!("{} v{}", descriptor.topic, descriptor.version)),
        ("what happened", descriptor.description.to_owned()),
        ("published by", publishers.join(", ")),
        ("caused by", roles),
        ("exchange", explanation.exchange.clone()),
    ];
    for (name, value) in facts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<14} {value}");
    }
    if explanation.reached.is_empty() {
        let _ = writeln!(text, "\nNobody listens: it is kept in {}.", names::UNROUTED);
        return text;
    }
    let mut table = Table::new(&["SUBSCRIPTION", "BECAUSE IT LISTENS TO", "ORDER", "TRIED AGAIN AFTER", "PARKS IN"]);
    for reached in &explanation.reached {
        let because: Vec<&str> = reached.because.iter().map(fabric::Pattern::as_str).collect();
        let delays: Vec<String> = reached.retries_after_ms.iter().map(|ms| seconds(*ms)).collect();
        let order = match (reached.strict, reached.queues.len()) {
            (false, _) => "loose".to_owned(),
            (true, 1) => "strict".to_owned(),
            (true, queues) => format!("strict, {queues} queues"),
        };
        let tried_again = if reached.strict { "in its place".to_owned() } else { delays.join(" ") };
        table.row([reached.subscription.as_str(), &because.join("  "), &order, &tried_again, &reached.parks_in]);
    }
    let _ = write!(text, "\nIt reaches {} subscriptions:\n\n{table}", explanation.reached.len());
    text
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}
