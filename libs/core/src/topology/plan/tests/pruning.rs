//! What is taken away, and what is kept.

use super::*;

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
