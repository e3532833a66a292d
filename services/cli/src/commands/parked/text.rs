//! What `fabric parked` prints for people.

use std::fmt::Write;

use fabric::{Clock, Topic, core::parked::ChangeKind};
use jiff::Timestamp;

use crate::{
    operator::parked::{Edited, Listed, RedriveReport, Shown, Step},
    output::{Table, age, number},
};

pub fn listed(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "nothing is parked".to_owned();
    }
    let now = Clock::system().now();
    let since = |at: Option<Timestamp>| at.map_or_else(|| "?".to_owned(), |at| age(at, now));
    let mut table =
        Table::new(&["SUBSCRIPTION", "GROUP", "CAUSE", "COUNT", "OLDEST", "NEWEST", "TOPIC", "WHAT WAS SAID"]);
    for of_one in listed {
        let name = of_one.subscription.as_str();
        for group in &of_one.groups {
            let topic = topic(group.topic.as_ref());
            let (oldest, newest) = (since(group.oldest_parked_at), since(group.newest_parked_at));
            table.row([
                name,
                &group.id,
                group.cause.as_str(),
                &number(group.count),
                &oldest,
                &newest,
                topic,
                &group.message,
            ]);
        }
        if let Some(unread) = &of_one.unread {
            table.row([name, "?", "?", &number(of_one.parked), "?", "?", "?", unread]);
        }
    }
    table.to_string()
}

pub fn shown(shown: &Shown) -> String {
    let event = &shown.event;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let class = event.cause.class().map(fabric::FaultClass::as_str).filter(|class| *class != event.cause.as_str());
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    let origin = [&event.origin.exchange, &event.origin.key, &event.origin.queue].map(text);
    let facts = [
        ("event", event.id.clone()),
        ("topic", topic(event.topic.as_ref()).to_owned()),
        ("tenant", event.tenant.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)),
        ("group", shown.group.clone()),
        ("cause", format!("{}{class}", event.cause.as_str())),
        ("what was said", event.message.clone()),
        ("cannot be read", text(&shown.unreadable)),
        ("handler", text(&event.handler)),
        ("attempts", event.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string())),
        ("first failed", time(event.first_failed_at)),
        ("last failed", time(event.last_failed_at)),
        ("parked", time(event.parked_at)),
        ("edited", time(event.edited_at)),
        ("last redrive", text(&event.redrive_id)),
        ("came from", format!("exchange {}, key {}, queue {}", origin[0], origin[1], origin[2])),
        ("would go to", text(&shown.target)),
        ("parked behind", text(&shown.behind)),
    ];
    let mut lines = String::new();
    for (name, value) in facts.into_iter().filter(|(_, value)| value != "-") {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{name:<16} {value}");
    }
    let payload = serde_json::to_string_pretty(&shown.payload).unwrap_or_default();
    lines + "\n" + &payload
}

pub fn edited(edited: &Edited) -> String {
    if edited.changes.is_empty() {
        return "nothing changes".to_owned();
    }
    let mut table = Table::new(&["", "WHERE", "BEFORE", "AFTER"]);
    for change in &edited.changes {
        let sign = match change.kind {
            ChangeKind::Added => "+",
            ChangeKind::Removed => "-",
            ChangeKind::Changed => "~",
        };
        let value = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let path = if change.path.is_empty() { "payload" } else { &change.path };
        table.row([sign, path, &value(&change.before), &value(&change.after)]);
    }
    table.to_string()
}

pub fn planned(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "nothing is parked".to_owned();
    }
    let mut table = Table::new(&["EVENT", "TOPIC", "GROUP", "WOULD GO TO", "STAYS BEHIND"]);
    for step in steps {
        table.row([
            &step.id,
            topic(step.topic.as_ref()),
            &step.group,
            &step.target,
            step.behind.as_deref().unwrap_or("-"),
        ]);
    }
    format!("{table}\nwould go: {}; nothing was sent", steps.len())
}

pub fn redriven(done: &RedriveReport) -> String {
    let report = &done.report;
    if report.total == 0 {
        return format!("nothing of {} is parked", done.subscription);
    }
    let mut text = format!(
        "{} of {} sent to {}; so far {} handled, {} parked again\nredrive {}",
        report.sent, report.total, done.subscription, report.handled, report.parked_again, done.redrive_id
    );
    if !done.told {
        text.push_str("\nnobody could be told of it");
    }
    text
}

fn topic(topic: Option<&Topic>) -> &str {
    topic.map_or("-", Topic::as_str)
}
