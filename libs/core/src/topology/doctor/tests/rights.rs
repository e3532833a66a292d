//! Rights that users lack.

use super::{
    Break,
    world::{AUDIT, World},
};
use crate::{
    event::{Checked, Descriptor, Scope},
    service::{Order, ServiceSpec},
    topology::{
        Declaring, UserDefinition,
        doctor::{Case, Facts, Symptom, diagnose},
        sample::{definitions, standing, subscription},
        users,
    },
};
use std::collections::BTreeMap;

#[test]
fn what_a_user_may_not_do_is_named() {
    let right = |about: &str| format!("Trouble Right {about}: fabric topology apply --users users.json");
    let table: [(&str, Break, Vec<String>); 6] = [
        ("no user at all", |world| world.facts.users = Some(BTreeMap::new()), vec![]),
        ("one user of two", |world| drop(world.facts.users.as_mut().unwrap().remove("academic")), vec![right("all")]),
        ("no permission", |world| world.user("academic").permission = None, vec![right("all")]),
        (
            "no right to read",
            |world| world.user("academic").permission.as_mut().unwrap().read = "^other$".to_owned(),
            vec![right("academic.audit")],
        ),
        (
            "no right to write copies",
            |world| world.user("kyc").permission.as_mut().unwrap().write = String::new(),
            vec![right("all")],
        ),
        (
            "an expression that only the broker can read",
            |world| world.user("academic").permission.as_mut().unwrap().read = r"^(?!x).*$".to_owned(),
            vec![],
        ),
    ];
    for (what, breaks, expected) in table {
        let mut world = World::healthy();
        world.use_users();
        breaks(&mut world);
        assert_eq!(world.shown(), expected, "{what}");
    }
}

#[test]
fn that_users_could_not_be_looked_at_is_said() {
    let mut world = World::healthy();
    world.facts.users = None;
    assert_eq!(world.shown(), ["Note Unknown all: -"]);
}

/// A payload's reader that is never called.
fn published(topic: &'static str) -> Descriptor {
    let check = |_: &[u8]| Ok(Checked { body: Vec::new(), key: String::new(), subject: None });
    Descriptor {
        topic,
        version: 1,
        aggregate: "grade",
        owner: "academic",
        publishers: &[],
        roles: &[],
        scope: Scope::Integration,
        upcasters: &[],
        description: "",
        key_field: "id",
        subject_field: None,
        check,
    }
}

#[test]
fn what_a_service_may_not_publish_or_bind_is_named() {
    let event = published("gradebook.grade.posted");
    let academic = ServiceSpec::try_new(
        "academic".parse().unwrap(),
        vec![event],
        vec![subscription(AUDIT, &["gradebook.#"], Order::Loose)],
    );
    let services = [academic.unwrap()];
    let wanted = definitions(&services);
    let world = World { actual: standing(wanted.clone()), ..World::healthy() };
    let rights = |declaring, change: fn(&mut UserDefinition)| -> Vec<String> {
        let mut users = users(&[&services[0]], &[event], declaring);
        change(users.get_mut("academic").unwrap());
        let facts = Facts { users: Some(users), ..world.facts.clone() };
        let (actual, facts) = (&world.actual, &facts);
        let findings = diagnose(&Case { services: &services, wanted: &wanted, actual, facts, vhost: "/" });
        findings.into_iter().filter(|own| own.symptom == Symptom::Right).map(|own| own.what).collect()
    };
    for declaring in [Declaring::Own, Declaring::Never] {
        assert_eq!(rights(declaring, |_| ()), [""; 0], "{declaring:?}");
    }
    assert_eq!(
        rights(Declaring::Never, |user| user.topics.get_mut("events.gradebook").unwrap().write = "^other$".to_owned()),
        ["the user academic may not publish to events.gradebook with the key gradebook.grade.posted"]
    );
    assert_eq!(
        rights(Declaring::Never, |user| user.permission.as_mut().unwrap().write = r"^queues\.academic$".to_owned()),
        ["the user academic may not publish to events.gradebook"]
    );
    assert_eq!(
        rights(Declaring::Own, |user| user.topics.get_mut("events.gradebook").unwrap().read = "^other$".to_owned()),
        ["the user academic may not bind to events.gradebook with the key gradebook.#"]
    );
}
