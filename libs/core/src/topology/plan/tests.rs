mod applying;

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
fn a_removed_service_leaves_orphans_until_they_are_empty() {
    let wanted = definitions(&[]);
    let mut actual = standing(audit(Order::Loose));
    actual.queues.get_mut("academic.audit.retry.1000").unwrap().ready = 1;
    let first = plan(&wanted, &actual);
    assert_eq!(verdict(&first), Verdict::Changes);
    let kept =
        |name: &str, actual: &Actual| prunable(&whole(Resource::Queue(name.into()), Class::Orphan, ""), &[], actual);
    assert_eq!(
        kept("academic.audit.retry.1000", &actual),
        Err(Keep::Holds { ready: 1, unacknowledged: 0, dead_lettering: 0 })
    );
    assert_eq!(kept("academic.audit", &actual), Err(Keep::Fed { from: "academic.audit.retry.1000".into() }));
    let mut pruned = applied(actual, &wanted, &first);
    let left: Vec<&String> = pruned.definitions.queues.keys().collect();
    assert_eq!(
        left,
        ["academic.audit", "academic.audit.parked", "academic.audit.retry.1000", "events.unrouted", "fabric.control"]
    );
    let second = plan(&wanted, &pruned);
    assert_eq!(
        shown(&second),
        [
            "Orphan exchange queues.academic",
            "Orphan queue academic.audit",
            "Orphan queue academic.audit.parked",
            "Orphan queue academic.audit.retry.1000",
            "Orphan binding queues.academic -> events.unrouted on events.unrouted",
            "Orphan policy fabric-parked.academic",
            "Orphan policy fabric-wait.academic",
            "Orphan policy fabric-work.academic",
        ],
        "its exchange with its binding still tells that the queues are ours"
    );
    pruned.queues.get_mut("academic.audit.retry.1000").unwrap().ready = 0;
    let mut last = applied(pruned.clone(), &wanted, &second);
    assert_eq!(shown(&plan(&wanted, &last)), Vec::<String>::new());
    last.definitions = pruned.definitions;
    last.definitions.queues.remove("academic.audit");
    let gone = kept("academic.audit.retry.1000", &refreshed(last));
    assert_eq!(gone, Err(Keep::NoWayOut { to: "academic.audit".into() }));
}

#[test]
fn what_is_used_is_kept() {
    let mut actual = standing(audit(Order::Loose));
    let orphan = |resource| whole(resource, Class::Orphan, "");
    let queue = orphan(Resource::Queue("academic.audit".into()));
    assert_eq!(prunable(&whole(queue.resource.clone(), Class::Noop, ""), &[], &actual), Err(Keep::NotOrphan));
    actual.queues.get_mut("academic.audit").unwrap().consumers =
        vec![ConsumerState { user: "academic".into(), ..ConsumerState::default() }];
    assert_eq!(prunable(&queue, &[], &actual), Err(Keep::Consumed { consumers: 1 }));
    let user = orphan(Resource::User("academic".into()));
    assert_eq!(prunable(&user, &[], &actual), Err(Keep::Connected { queue: "academic.audit".into() }));
    let exchange = orphan(Resource::Exchange("events.gradebook".into()));
    assert_eq!(prunable(&exchange, &[], &actual), Err(Keep::Bound { bindings: 1 }));
    let bound = to_queue("events.gradebook", "academic.audit", "gradebook.#");
    let bound = orphan(Resource::Binding(Box::new(bound)));
    let leads = Keep::LeadsToConsumed { queue: "academic.audit".into(), consumers: 1 };
    assert_eq!(prunable(&bound, std::slice::from_ref(&queue), &actual), Err(leads), "an old process is at work");
    assert_eq!(prunable(&bound, &[], &actual), Ok(()), "the queue is wanted, what comes by it is not");
    let policy = orphan(Resource::Policy("fabric-work.academic".into()));
    assert_eq!(prunable(&policy, &[], &actual), Err(Keep::Counts { queue: "academic.audit".into() }));
    actual.queues.remove("academic.audit");
    assert_eq!(prunable(&queue, &[], &actual), Err(Keep::Unknown));
}

/// A broker that lacks some of its nodes answers that a queue is empty when it cannot ask it, and deletes it all the same.
#[test]
fn a_queue_that_may_hold_more_than_is_seen_is_kept() {
    type Happens = fn(&mut QueueState);
    let queue = whole(Resource::Queue("academic.audit".into()), Class::Orphan, "");
    let table: [(Happens, Result<(), Keep>); 6] = [
        (|_| (), Ok(())),
        (|state| state.state = "idle".into(), Ok(())),
        (|state| state.state = "down".into(), Err(Keep::NotRunning("down".into()))),
        (|state| state.online = Some((1, 3)), Err(Keep::MemberDown { online: 1, members: 3 })),
        (|state| state.unacknowledged = 2, Err(Keep::Holds { ready: 0, unacknowledged: 2, dead_lettering: 0 })),
        (|state| state.dead_lettering = 3, Err(Keep::Holds { ready: 0, unacknowledged: 0, dead_lettering: 3 })),
    ];
    for (happens, expected) in table {
        let mut actual = standing(audit(Order::Loose));
        actual.definitions.queues.retain(|name, _| !name.contains(".retry."));
        happens(actual.queues.get_mut("academic.audit").unwrap());
        assert_eq!(prunable(&queue, &[], &actual), expected);
        actual.nodes[0].running = false;
        assert_eq!(prunable(&queue, &[], &actual), Err(Keep::NodeDown("rabbit@one".into())));
    }
}

#[test]
fn a_cap_is_dangerous_where_a_queue_holds_more() {
    let caps = |work_bytes_max| Caps { work_bytes_max, ..Caps::default() };
    let services = two_services();
    let of = |stands: u64, should: u64, holds: u64| {
        let mut actual = standing(wanted(&topology(&services), &caps(stands)));
        let state = actual.queues.get_mut("academic.audit").unwrap();
        state.bytes = holds;
        state.effective.insert("max-length-bytes".into(), i64::try_from(stands).unwrap().into());
        let mut changes = shown(&plan(&wanted(&topology(&services), &caps(should)), &actual));
        changes.retain(|change| !change.contains(".kyc-2"));
        changes
    };
    assert_eq!(of(100, 200, 0), ["Safe policy fabric-work.academic max-length-bytes 100 -> 200"]);
    assert_eq!(of(100, 200, 250), ["Safe policy fabric-work.academic max-length-bytes 100 -> 200"]);
    assert_eq!(of(200, 100, 100), ["Safe policy fabric-work.academic max-length-bytes 200 -> 100"]);
    assert_eq!(of(200, 100, 101), ["Dangerous policy fabric-work.academic max-length-bytes 200 -> 100"]);
    let missing = after(Order::Loose, |actual| {
        actual.definitions.policies.remove("fabric-work.academic");
        actual.queues.get_mut("academic.audit").unwrap().bytes = 2 << 30;
    });
    assert_eq!(missing, ["Dangerous policy fabric-work.academic"]);
}

#[test]
fn policies_of_others_are_dangerous_when_they_win() {
    let changes = after(Order::Loose, |actual| {
        actual.queues.get_mut("academic.audit").unwrap().policy = Some("everything".into());
        let policy = PolicyDefinition { priority: 99, ..actual.definitions.policies["fabric-work.academic"].clone() };
        actual.definitions.policies.insert("everything".into(), policy.clone());
        actual.definitions.policies.insert("fabric-old".into(), policy);
    });
    assert_eq!(
        changes,
        [r#"Dangerous queue academic.audit policy "everything" -> "fabric-work.academic""#, "Orphan policy fabric-old"]
    );
    // A weaker one counts until ours is made, and is shown a little longer.
    for is_made in [true, false] {
        let expected = if is_made { vec![] } else { vec!["Create policy fabric-work.academic".to_owned()] };
        let seen = after(Order::Loose, |actual| {
            let (ours, policies) = ("fabric-work.academic", &mut actual.definitions.policies);
            let weaker = PolicyDefinition { priority: 0, ..policies[ours].clone() };
            policies.insert("everything".into(), weaker);
            if !is_made {
                policies.remove(ours);
            }
            actual.queues.get_mut("academic.audit").unwrap().policy = Some("everything".into());
        });
        assert_eq!(seen, expected);
    }
}

#[test]
fn users_get_exactly_their_rights() {
    let services = two_services();
    let wanted = Definitions {
        users: users(&services.iter().collect::<Vec<_>>(), &[] as &[Descriptor], Declaring::Never),
        ..definitions(&services)
    };
    let with = |happens: fn(&mut BTreeMap<String, UserDefinition>)| {
        let mut actual = standing(wanted.clone());
        happens(&mut actual.definitions.users);
        shown(&plan(&wanted, &actual))
    };
    assert_eq!(with(|_| ()), Vec::<String>::new());
    assert_eq!(with(|users| drop(users.remove("academic"))), ["Create user academic"]);
    assert_eq!(with(|users| drop(users.insert("guest".into(), users["fabric"].clone()))), Vec::<String>::new());
    let tagged = with(|users| users.get_mut("academic").unwrap().tags.extend(["administrator".into()]));
    assert_eq!(tagged, [r#"Dangerous user academic tags "administrator" -> """#]);
    let more = with(|users| {
        users.get_mut("academic").unwrap().permission.as_mut().unwrap().configure = ".*".into();
    });
    assert_eq!(more, [r#"Safe user academic permission.configure ".*" -> "^academic\\.tap\\..*$""#]);
    let useless = with(|users| {
        let topics = &mut users.get_mut("academic").unwrap().topics;
        topics.insert("amq.topic".into(), TopicPermission { write: "^$".into(), read: ".*".into() });
    });
    assert_eq!(useless, [r#"Safe user academic topics.amq.topic.read ".*" -> "^$""#]);
    let open = with(|users| users.get_mut("academic").unwrap().topics.clear());
    assert_eq!(
        open,
        [
            r#"Safe user academic topics.events.fabric.read  -> "^(fabric\\.subscription\\.\\*)$""#,
            r#"Safe user academic topics.events.fabric.write  -> "^$""#
        ]
    );
    let fewer = services.iter().filter(|service| service.name().as_str() == "kyc-2").collect::<Vec<_>>();
    let fewer = Definitions { users: users(&fewer, &[] as &[Descriptor], Declaring::Never), ..wanted.clone() };
    let mut actual = standing(wanted.clone());
    assert_eq!(shown(&plan(&fewer, &actual)), ["Orphan user academic"]);
    let academic = actual.definitions.users.get_mut("academic").unwrap();
    (academic.permission, academic.topics) = (None, BTreeMap::new());
    assert_eq!(shown(&plan(&fewer, &actual)), Vec::<String>::new(), "it can do nothing here");
    let unwanted = Definitions { users: BTreeMap::new(), ..wanted.clone() };
    assert_eq!(shown(&plan(&unwanted, &standing(wanted.clone()))), Vec::<String>::new(), "users are not compared");
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
