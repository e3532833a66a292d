mod model;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::model::{Model, Number};
use super::*;
use crate::{
    service::Order,
    topology::{
        Class, Resource, plan,
        sample::{applied, definitions, service, standing, strict, subscription},
        wanted::{QUEUE_TYPE, dead_letters_of, is_wait_queue},
    },
};

fn audit(order: Order) -> Definitions {
    definitions(&[service("academic", vec![subscription("academic.audit", &["gradebook.#", "kyc.#"], order)])])
}

/// A broker on which all that can be applied is, and these queues are still classic ones.
fn broker(before: Order, wanted: &Definitions, classic: &[&str]) -> Actual {
    let mut actual = standing(audit(before));
    for name in classic {
        if let Some(queue) = actual.definitions.queues.get_mut(*name) {
            queue.arguments.insert(QUEUE_TYPE.to_owned(), "classic".into());
        }
    }
    let changes = plan(wanted, &actual);
    let safe: Vec<_> = changes.into_iter().filter(|change| change.class != Class::Orphan).collect();
    applied(actual, wanted, &safe)
}

/// What may happen between two steps.
#[derive(Debug, Clone)]
enum Event {
    Publish,
    Take(usize),
    Settle(usize, u8),
    Expire,
    /// A step, which may end in the middle of moving.
    Step(usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Publish),
        2 => any::<usize>().prop_map(Event::Take),
        2 => (any::<usize>(), 0_u8..3).prop_map(|(index, outcome)| Event::Settle(index, outcome)),
        1 => Just(Event::Expire),
        6 => (0_usize..4).prop_map(Event::Step),
    ]
}

fn any_order() -> impl Strategy<Value = Order> {
    prop_oneof![2 => Just(Order::Loose), 3 => (1_u8..6).prop_map(strict)]
}

/// Migrates everything that there is to migrate, with `events` in between.
fn migrate(model: &mut Model, wanted: &Definitions, events: &[Event]) {
    let mut names: Vec<String> = wanted.queues.keys().cloned().collect();
    names.push("academic.audit".to_owned());
    let (mut events, mut steps) = (events.iter(), 0);
    for name in &names {
        if next(wanted, model.seen(), name, Reordering::Accepted) == Err(MigrationError::Unknown(name.clone())) {
            continue;
        }
        loop {
            let mut most = usize::MAX;
            for event in events.by_ref() {
                match event {
                    Event::Publish => model.publish(),
                    Event::Take(index) => model.take(*index),
                    Event::Settle(index, outcome) => model.settle(*index, *outcome),
                    Event::Expire => model.expire(),
                    Event::Step(at_most) => {
                        most = *at_most;
                        break;
                    }
                }
            }
            if most == usize::MAX {
                model.give_back();
            }
            if model.step(wanted, name, most) == Step::Done {
                break;
            }
            steps += 1;
            assert!(steps < 2_000, "it does not end");
        }
    }
    model.give_back();
}

/// Whether everything that was published was handled or is where it will be.
fn assert_nothing_lost(model: &Model, wanted: &Definitions) {
    let reaches_work = |name: &String| {
        let waits_for = model.actual.definitions.queues.get(name).filter(|queue| is_wait_queue(queue));
        let back = waits_for.and_then(dead_letters_of);
        wanted.queues.contains_key(name) || back.is_some_and(|back| wanted.queues.contains_key(back))
    };
    let kept = model.ready.iter().filter(|(name, _)| reaches_work(name)).flat_map(|(_, events)| events.iter().copied());
    let known: BTreeSet<Number> = kept.chain(model.handled.iter().copied()).collect();
    let lost: Vec<Number> = (0..model.published).filter(|number| !known.contains(number)).collect();
    assert_eq!(lost, Vec::<Number>::new(), "lost of {}", model.published);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_lost_whatever_happens_between_the_steps(
        (before, after) in (any_order(), any_order()),
        classic in proptest::sample::subsequence(
            vec!["academic.audit", "academic.audit.parked", "academic.audit.retry.1000", "academic.audit.partition.0", "events.unrouted"],
            0..4,
        ),
        earlier in 0_usize..8,
        events in proptest::collection::vec(any_event(), 0..150),
    ) {
        let wanted = audit(after);
        let mut model = Model::new(broker(before, &wanted, &classic));
        (0..earlier).for_each(|_| model.publish());
        migrate(&mut model, &wanted, &events);
        assert_nothing_lost(&model, &wanted);
        let left: Vec<_> = plan(&wanted, model.seen())
            .into_iter()
            .filter(|change| !matches!(change.class, Class::Noop | Class::Orphan))
            .collect();
        prop_assert_eq!(left, []);
    }
}

/// All steps of a migration during which nothing else happens.
fn steps(before: Order, after: Order, classic: &[&str], name: &str) -> Vec<String> {
    let wanted = audit(after);
    let mut model = Model::new(broker(before, &wanted, classic));
    model.publish();
    let mut steps = Vec::new();
    loop {
        let shown = match model.step(&wanted, name, usize::MAX) {
            Step::MakeQueue { name, .. } => format!("make {name}"),
            Step::Bind(binding) => format!("bind {binding}"),
            Step::Unbind(binding) => format!("unbind {binding}"),
            Step::Move { from, to } => format!("move {from} to {}", to.name()),
            Step::Delete { name } => format!("delete {name}"),
            Step::Done => return steps,
        };
        steps.push(shown);
    }
}

#[test]
fn a_queue_goes_to_its_standby_and_back() {
    let there = |verb: &str, queue: &str| {
        [
            format!("{verb} events.gradebook -> {queue} on gradebook.#"),
            format!("{verb} events.kyc -> {queue} on kyc.#"),
            format!("{verb} queues.academic -> {queue} on academic.audit"),
        ]
    };
    let (queue, standby) = ("academic.audit", "academic.audit.standby");
    let expected = [
        &["make academic.audit.standby".to_owned()][..],
        &there("bind", standby),
        &there("unbind", queue),
        &["move academic.audit to academic.audit.standby".to_owned()],
        &["delete academic.audit".to_owned(), "make academic.audit".to_owned()],
        &there("bind", queue),
        &there("unbind", standby),
        &["move academic.audit.standby to academic.audit".to_owned()],
        &["delete academic.audit.standby".to_owned()],
    ]
    .concat();
    assert_eq!(steps(Order::Loose, Order::Loose, &[queue], queue), expected);
    assert_eq!(steps(Order::Loose, Order::Loose, &[], queue), Vec::<String>::new());
}

#[test]
fn a_slot_is_bound_to_its_new_queue_before_it_is_unbound() {
    let steps = steps(strict(2), strict(4), &[], "academic.audit");
    assert_eq!(steps.len(), 2 * 48, "{steps:?}");
    assert!(steps[..48].iter().all(|step| step.starts_with("bind academic.audit.slots -> academic.audit.partition.")));
    assert!(
        steps[48..].iter().all(|step| step.starts_with("unbind academic.audit.slots -> academic.audit.partition."))
    );
}

#[test]
fn a_queue_that_becomes_partitions_is_left_and_moved() {
    let moved = steps(strict(1), strict(2), &[], "academic.audit");
    let expected = [
        "bind events.gradebook -> academic.audit.slots on gradebook.#",
        "unbind events.gradebook -> academic.audit on gradebook.#",
        "bind events.kyc -> academic.audit.slots on kyc.#",
        "unbind events.kyc -> academic.audit on kyc.#",
        "unbind queues.academic -> academic.audit on academic.audit",
        "move academic.audit to academic.audit.slots",
    ];
    assert_eq!(moved, expected);
}

#[test]
fn what_is_not_safe_is_refused() {
    let wanted = audit(strict(1));
    let actual = broker(strict(1), &wanted, &["academic.audit", "academic.audit.parked"]);
    let of = |actual: &Actual, name: &str, reordering| next(&wanted, actual, name, reordering).err();
    let audit = "academic.audit";
    assert_eq!(of(&actual, audit, Reordering::Accepted), None);
    assert_eq!(of(&actual, audit, Reordering::Refused), Some(MigrationError::Reorders(audit.into())));
    let parked = "academic.audit.parked";
    assert_eq!(of(&actual, parked, Reordering::Refused), None, "what is parked is not handled in order");
    assert_eq!(of(&actual, "orders", Reordering::Refused), Some(MigrationError::Unknown("orders".into())));
    let with = |happens: fn(&mut Actual)| {
        let mut actual = actual.clone();
        happens(&mut actual);
        of(&actual, "academic.audit", Reordering::Accepted)
    };
    assert_eq!(with(|actual| actual.nodes[0].running = false), Some(MigrationError::NodeDown("rabbit@one".into())));
    assert_eq!(
        with(|actual| actual.queues.get_mut("academic.audit").unwrap().online = Some((2, 3))),
        Some(MigrationError::MemberDown { queue: audit.into(), online: 2, members: 3 })
    );
    let taken = |actual: &mut Actual| {
        let classic = actual.definitions.queues["academic.audit"].clone();
        actual.definitions.queues.insert("academic.audit.standby".into(), classic);
    };
    assert_eq!(with(taken), Some(MigrationError::StandbyTaken("academic.audit.standby".into())));
    let done = next(&wanted, &Actual { nodes: Vec::new(), ..standing(wanted.clone()) }, audit, Reordering::Refused);
    assert_eq!(done, Ok(Step::Done));
    let partitioned = self::audit(strict(2));
    let missing = next(&partitioned, &standing(wanted.clone()), audit, Reordering::Accepted);
    assert_eq!(missing, Err(MigrationError::Missing("academic.audit.slots".into())));
}

#[test]
fn a_migration_under_way_needs_a_migration_until_it_is_done() {
    let wanted = audit(Order::Loose);
    let mut model = Model::new(broker(Order::Loose, &wanted, &["academic.audit"]));
    while model.step(&wanted, "academic.audit", usize::MAX) != Step::Done {
        let changes = plan(&wanted, model.seen());
        let concerns = |resource: &Resource| match resource {
            Resource::Queue(queue) => queue.starts_with("academic.audit.standby") || queue == "academic.audit",
            Resource::Binding(binding) => binding.destination.name().starts_with("academic.audit.standby"),
            _ => false,
        };
        let open: Vec<Class> =
            changes.iter().filter(|change| concerns(&change.resource)).map(|change| change.class).collect();
        assert!(open.iter().all(|class| matches!(class, Class::Noop | Class::NeedsMigration)), "{changes:?}");
    }
}
