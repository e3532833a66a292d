mod applying;
mod pruning;
mod tuned;

use std::collections::BTreeMap;

use super::*;
use crate::{
    event::Descriptor,
    service::Order,
    topology::{
        BindingDefinition, Caps, ConsumerState, Declaring, Destination, PolicyDefinition, QueueState, TopicPermission,
        UserDefinition, Verdict,
        sample::{
            applied, definitions, refreshed, remove, service, standing, strict, subscription, topology, two_services,
        },
        users, verdict, wanted,
    },
};

/// What differs, as `class resource field actual -> wanted`.
fn shown(changes: &[Change]) -> Vec<String> {
    let shown = |change: &Change| {
        let value = |value: &Option<Argument>| value.as_ref().map_or_else(String::new, ToString::to_string);
        let field = change
            .field
            .as_ref()
            .map(|field| format!(" {field} {} -> {}", value(&change.actual), value(&change.wanted)));
        format!("{:?} {}{}", change.class, change.resource, field.unwrap_or_default())
    };
    changes.iter().filter(|change| change.class != Class::Noop).map(shown).collect()
}

/// One subscription with events of one context.
fn audit(order: Order) -> Definitions {
    definitions(&[service("academic", vec![subscription("academic.audit", &["gradebook.#"], order)])])
}

/// What a plan says after something has happened to a broker on which everything stood.
fn after(order: Order, happens: impl FnOnce(&mut Actual)) -> Vec<String> {
    let wanted = audit(order);
    let mut actual = standing(wanted.clone());
    happens(&mut actual);
    shown(&plan(&wanted, &actual))
}

fn queue_mut<'a>(actual: &'a mut Actual, name: &str) -> &'a mut QueueDefinition {
    actual.definitions.queues.get_mut(name).unwrap()
}

fn binding(source: &str, destination: Destination, key: &str) -> BindingDefinition {
    let arguments = Arguments::new();
    BindingDefinition { source: source.to_owned(), destination, key: key.to_owned(), arguments }
}

fn to_queue(source: &str, queue: &str, key: &str) -> BindingDefinition {
    binding(source, Destination::Queue(queue.to_owned()), key)
}

#[test]
fn nothing_differs_from_itself() {
    let wanted = definitions(&two_services());
    let changes = plan(&wanted, &standing(wanted.clone()));
    assert_eq!((shown(&changes), verdict(&changes)), (Vec::new(), Verdict::Unchanged));
    assert!(changes.is_sorted_by_key(|change| &change.resource));
    assert_eq!(verdict(&plan(&wanted, &Actual::default())), Verdict::Changes, "everything is made");
}

#[test]
fn exchanges_and_queues_cannot_be_changed_in_place() {
    let exchange = |actual: &mut Actual, change: fn(&mut ExchangeDefinition)| {
        change(actual.definitions.exchanges.get_mut("events.gradebook").unwrap());
    };
    let differs = |change: fn(&mut ExchangeDefinition)| after(Order::Loose, |actual| exchange(actual, change));
    assert_eq!(
        differs(|e| e.kind = "fanout".into()),
        [r#"Dangerous exchange events.gradebook kind "fanout" -> "topic""#]
    );
    assert_eq!(differs(|e| e.durable = false), ["Dangerous exchange events.gradebook durable false -> true"]);
    assert_eq!(differs(|e| e.auto_delete = true), ["Dangerous exchange events.gradebook auto_delete true -> false"]);
    assert_eq!(differs(|e| e.internal = true), ["Dangerous exchange events.gradebook internal true -> false"]);
    assert_eq!(
        differs(|e| drop(e.arguments.insert("alternate-exchange".into(), "x".into()))),
        [r#"Dangerous exchange events.gradebook alternate-exchange "x" -> "#]
    );
    let differs =
        |change: fn(&mut QueueDefinition)| after(Order::Loose, |actual| change(queue_mut(actual, "academic.audit")));
    assert_eq!(
        differs(|queue| drop(queue.arguments.remove(QUEUE_TYPE))),
        [r#"NeedsMigration queue academic.audit x-queue-type "classic" -> "quorum""#]
    );
    assert_eq!(differs(|queue| queue.durable = false), ["NeedsMigration queue academic.audit durable false -> true"]);
    assert_eq!(
        differs(|queue| drop(queue.arguments.insert("x-delivery-limit".into(), 3.into()))),
        ["NeedsMigration queue academic.audit x-delivery-limit 3 -> 100"]
    );
}

#[test]
fn what_is_missing_is_made() {
    assert_eq!(
        after(Order::Loose, |actual| remove(&mut actual.definitions, &Resource::Queue("academic.audit.parked".into()))),
        [
            "Create queue academic.audit.parked",
            "Create binding queues.academic -> academic.audit.parked on academic.audit.parked"
        ]
    );
    assert_eq!(
        after(Order::Loose, |actual| drop(actual.definitions.policies.remove("fabric-work.academic"))),
        ["Create policy fabric-work.academic"]
    );
}

#[test]
fn a_binding_that_misroutes_is_not_made() {
    let missing = to_queue("events.gradebook", "academic.audit", "gradebook.#");
    let changes = after(Order::Loose, |actual| {
        actual.definitions.exchanges.get_mut("events.gradebook").unwrap().kind = "fanout".into();
        actual.definitions.bindings.remove(&missing);
    });
    assert!(changes.contains(&format!("Dangerous binding {missing}")), "{changes:?}");
}

#[test]
fn a_binding_that_nobody_wants_is_an_orphan_if_it_is_ours() {
    let table = [
        (to_queue("events.kyc", "academic.audit", "#"), true),
        (binding("events.kyc", Destination::Exchange("events.gradebook".into()), "#"), true),
        (to_queue("events.kyc", "orders", "#"), false),
        (to_queue("amq.topic", "academic.audit", "#"), false),
        (to_queue("events.kyc", "academic.tap.1", "#"), false),
    ];
    for (extra, is_orphan) in table {
        let changes = after(Order::Loose, |actual| actual.definitions.bindings.extend([extra.clone()]));
        let expected = if is_orphan { vec![format!("Orphan binding {extra}")] } else { Vec::new() };
        assert_eq!(changes, expected);
    }
}

#[test]
fn another_number_of_partitions_needs_a_migration() {
    let changes = plan(&audit(strict(2)), &standing(audit(strict(4))));
    let of = |class| changes.iter().filter(|change| change.class == class).map(|c| &c.resource).collect::<Vec<_>>();
    let slots = of(Class::NeedsMigration);
    assert!(slots.iter().all(|resource| matches!(resource, Resource::Binding(_))));
    let of_slots = |resource: &&&Resource| resource.to_string().starts_with("binding academic.audit.slots");
    let count = slots.iter().filter(of_slots).count();
    assert_eq!(count, 2 * 48, "all but those of the first quarter, where they are and where they should be");
    assert_eq!(slots.len(), count + 2, "by the others, copies go to the two queues that are left");
    assert_eq!(of(Class::Create), Vec::<&Resource>::new());
    let orphans: Vec<String> = of(Class::Orphan).into_iter().map(ToString::to_string).collect();
    assert_eq!(orphans[..2], ["queue academic.audit.partition.2", "queue academic.audit.partition.3"]);
    assert_eq!(verdict(&changes), Verdict::Dangerous);
}

#[test]
fn between_one_queue_and_partitions_there_is_a_migration() {
    let name = "academic.audit";
    let old = [to_queue("events.gradebook", name, "gradebook.#"), to_queue("queues.academic", name, name)];
    let splitter = Destination::Exchange("academic.audit.slots".to_owned());
    let new = [binding("events.gradebook", splitter, "gradebook.#")];
    let with_events = |definitions: Definitions, queue: &str| {
        let mut actual = standing(definitions);
        actual.queues.get_mut(queue).unwrap().ready = 5;
        actual
    };
    let there = plan(&audit(strict(4)), &with_events(audit(strict(1)), name));
    let back = plan(&audit(strict(1)), &with_events(audit(strict(4)), "academic.audit.partition.3"));
    for (changes, moved) in [(&there, name), (&back, "academic.audit.partition.3")] {
        let class = |resource: &Resource| {
            let found = changes.iter().find(|change| change.resource == *resource);
            found.map(|change| (change.class, change.reason.contains("fabric topology migrate academic.audit")))
        };
        for binding in old[..1].iter().chain(&new) {
            let resource = Resource::Binding(Box::new(binding.clone()));
            assert_eq!(class(&resource), Some((Class::NeedsMigration, true)), "{binding}");
        }
        assert_eq!(class(&Resource::Queue(moved.to_owned())), Some((Class::NeedsMigration, true)));
        assert_eq!(verdict(changes), Verdict::Dangerous);
    }
    let copies = Resource::Binding(Box::new(old[1].clone()));
    assert_eq!(there.iter().find(|change| change.resource == copies).map(|c| c.class), Some(Class::NeedsMigration));
    let emptied = plan(&audit(strict(4)), &standing(audit(strict(1))));
    let queue = emptied.iter().find(|change| change.resource == Resource::Queue(name.to_owned()));
    assert_eq!(queue.map(|change| change.class), Some(Class::Orphan), "there is nothing left in it to move");
}

#[test]
fn a_changed_retry_policy_makes_new_wait_queues_and_leaves_the_old_ones() {
    let mut other = subscription("academic.audit", &["gradebook.#"], Order::Loose);
    other.retry = crate::retry::RetryPolicy::try_new(3, 2_000, 2, 60_000, 0).unwrap();
    let changes = plan(&definitions(&[service("academic", vec![other])]), &standing(audit(Order::Loose)));
    let queues: Vec<String> = shown(&changes).into_iter().filter(|shown| shown.contains("queue ")).collect();
    assert_eq!(queues, ["Orphan queue academic.audit.retry.1000", "Create queue academic.audit.retry.2000"]);
    let old = changes.iter().find(|change| change.resource == Resource::Queue("academic.audit.retry.1000".into()));
    assert!(
        old.unwrap().reason.contains("it empties itself into academic.audit, and processes with the delays of before")
    );
}

#[test]
fn a_migration_under_way_is_left_to_itself() {
    let table: [fn(&mut Definitions); 3] = [
        |_| (),
        |standing| {
            standing.bindings.remove(&to_queue("events.gradebook", "academic.audit", "gradebook.#"));
        },
        |standing| remove(standing, &Resource::Queue("academic.audit".into())),
    ];
    for happens in table {
        let changes = after(Order::Loose, |actual| {
            let standing = &mut actual.definitions;
            standing.queues.insert("academic.audit.standby".into(), standing.queues["academic.audit"].clone());
            standing.bindings.insert(to_queue("events.gradebook", "academic.audit.standby", "gradebook.#"));
            happens(standing);
        });
        assert!(
            !changes.is_empty() && changes.iter().all(|change| change.starts_with("NeedsMigration")),
            "{changes:?}"
        );
    }
}
