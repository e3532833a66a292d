//! Asking about one subscription or one queue.

use super::world::{AUDIT, CHECKS, World, services};
use crate::topology::doctor::{Symptom, Target};

#[test]
fn what_is_asked_about_is_found_and_nothing_else_shown() {
    let find = |name: &str| Target::find(&services(), name);
    let queue = |name: &str, of: Option<&str>| {
        let subscription = of.map(|of| of.parse().unwrap());
        Some(Target::Queue { name: name.to_owned(), subscription })
    };
    let table = [
        (AUDIT, Some(Target::Subscription(AUDIT.parse().unwrap()))),
        ("academic.audit.parked", queue("academic.audit.parked", Some(AUDIT))),
        ("kyc.checks.partition.1", queue("kyc.checks.partition.1", Some(CHECKS))),
        ("events.unrouted", queue("events.unrouted", None)),
        ("kyc.checks.partition.2", None),
    ];
    for (name, expected) in table {
        assert_eq!(find(name), expected, "{name}");
    }
    let mut world = World::healthy();
    world.queue("events.unrouted").ready = 1;
    world.queue("kyc.checks.parked").ready = 1;
    world.queue(AUDIT).consumers.clear();
    world.actual.nodes[0].memory_alarm = true;
    let about = |name: &str| -> Vec<Symptom> {
        let target = find(name).unwrap();
        let findings = world.findings();
        findings.iter().filter(|finding| finding.concerns(&target)).map(|finding| finding.symptom).collect()
    };
    let table = [
        (AUDIT, vec![Symptom::Alarm, Symptom::NoConsumer]),
        (CHECKS, vec![Symptom::Alarm, Symptom::Parked, Symptom::Consumed]),
        ("kyc.checks.parked", vec![Symptom::Alarm, Symptom::Parked, Symptom::Consumed]),
        ("kyc.checks.partition.0", vec![Symptom::Alarm, Symptom::Consumed]),
        ("events.unrouted", vec![Symptom::Alarm, Symptom::Unrouted]),
    ];
    for (name, expected) in table {
        assert_eq!(about(name), expected, "{name}");
    }
}

#[test]
fn parked_events_are_looked_at_for_their_own_subscription_only() {
    let includes = |asked: &str, subscription: &str| {
        Target::find(&services(), asked).unwrap().includes_parked_of(&subscription.parse().unwrap())
    };
    assert!(includes(AUDIT, AUDIT) && includes("kyc.checks.parked", CHECKS));
    let others = [(AUDIT, CHECKS), ("kyc.checks.partition.1", CHECKS), ("events.unrouted", AUDIT)];
    for (asked, subscription) in others {
        assert!(!includes(asked, subscription), "{asked}");
    }
}
