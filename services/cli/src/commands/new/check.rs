//! Whether what is about to be written makes sense beside what there is: refused where it certainly does not, warned of where it may not.

use fabric::{Pattern, Topic, core::topic::is_past};

use super::names::Crate;
use crate::{Outcome, exit::Failure, lookup, output, platform};

/// Fails when the platform has a service of this name.
pub fn service(name: &str) -> Outcome {
    // `platform` is the fabric's own: no crate is called so, and yet it owns events.
    if platform::SERVICES.contains(&name) || name == "platform" {
        return Err(Failure::Refused(format!("there is a service {name} already: nothing was written")));
    }
    Ok(())
}

/// Fails when the catalogue has the event, or it certainly does not say what happened.
pub fn event(own: &Crate, topic: &Topic) -> Outcome {
    if let Some(event) = fabric_catalog::find(topic.as_str()) {
        let owner = event.owner;
        return Err(Failure::Refused(format!("the catalogue has {topic} already, as {owner}'s: nothing was written")));
    }
    if !is_past(topic.action()) {
        let (context, aggregate, rule) = (topic.context(), topic.aggregate(), "the third word says what happened");
        if let Some(past) = known_past_of(topic.action()) {
            return Err(Failure::Usage(format!("{topic}: {rule}; did you mean {context}.{aggregate}.{past}?")));
        }
        output::warn(&format!("{topic}: {rule}, in the past tense, and {:?} seems not to be that", topic.action()));
    }
    let owner = platform::catalogue().iter().find(|event| event.topic.split('.').next() == Some(topic.context()));
    if let Some(owner) = owner.map(|event| event.owner).filter(|owner| *owner != own.name) {
        output::warn(&format!("{topic}: the events of {} are {owner}'s", topic.context()));
    }
    Ok(())
}

/// Fails when nobody has, and nobody else can have, an event that matches the pattern.
pub fn listened_to(own: &Crate, pattern: &Pattern) -> Outcome {
    let Some(unmatched) = lookup::unmatched(pattern) else { return Ok(()) };
    if own.topics.iter().any(|topic| pattern.matches(topic.as_str())) {
        return Ok(());
    }
    let context = pattern.context().unwrap_or_default();
    if fabric_catalog::contexts().contains(&context) {
        return Err(Failure::Refused(unmatched));
    }
    if context == own.name || own.topics.iter().any(|topic| topic.context() == context) {
        let hint = lookup::suggestion(pattern.as_str(), own.topics.iter().map(Topic::as_str));
        let how = if hint.is_empty() { "; `fabric new event` writes one" } else { hint.as_str() };
        return Err(Failure::Refused(format!("this crate has no event that matches {pattern}{how}")));
    }
    output::warn(&format!("{unmatched}, nor does one of this crate: it must be one of another service"));
    Ok(())
}

/// The past tense of a verb, if the catalogue has it.
fn known_past_of(action: &str) -> Option<String> {
    let stem = action.strip_suffix('s').unwrap_or(action);
    let last = stem.chars().next_back()?;
    let mut pasts = [action, stem].into_iter().flat_map(|verb| {
        let of_y = verb.strip_suffix('y').map(|start| format!("{start}ied"));
        [format!("{verb}ed"), format!("{verb}d"), format!("{verb}{last}ed")].into_iter().chain(of_y)
    });
    pasts.find(|past| platform::catalogue().iter().any(|event| event.topic.rsplit('.').next() == Some(past)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_tense_of_what_the_catalogue_knows_is_told() {
        let table = [
            ("cancel", Some("cancelled")),
            ("post", Some("posted")),
            ("posts", Some("posted")),
            ("update", Some("updated")),
            ("verify", Some("verified")),
            ("munch", None),
            ("s", None),
        ];
        for (action, past) in table {
            assert_eq!(known_past_of(action).as_deref(), past, "{action}");
        }
    }
}
