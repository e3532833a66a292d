//! What reaches which queue, and what the publisher is told.

use fabric_core::{
    Pattern,
    message::Outgoing,
    topology::{Binding, DirectBinding, Queue, QueueRole, Target, Topology},
};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{Answer, Model, Publishing},
};

use crate::world::{
    COPIES, EXCHANGE, OTHER, PARKED, UNROUTED, WORK, World, direct, message, to_queue, topology, with_queue,
};

#[test]
fn a_message_reaches_each_matching_queue_once() {
    let queues = [WORK, OTHER, PARKED, UNROUTED];
    let table: &[(&str, &str, &[&str], Answer)] = &[
        (EXCHANGE, "gradebook.grade.posted", &[WORK, OTHER], Answer::Routed),
        (EXCHANGE, "gradebook.grade.changed", &[WORK, OTHER], Answer::Routed),
        (EXCHANGE, "gradebook.category.defined", &[WORK], Answer::Routed),
        (EXCHANGE, "gradebook", &[WORK], Answer::Routed),
        (EXCHANGE, "kyc.document.posted", &[OTHER], Answer::Routed),
        (EXCHANGE, "kyc.document.verified", &[], Answer::Unrouted),
        (EXCHANGE, "", &[], Answer::Unrouted),
        (COPIES, WORK, &[WORK], Answer::Routed),
        (COPIES, UNROUTED, &[UNROUTED], Answer::Routed),
        (COPIES, OTHER, &[], Answer::Unrouted),
        (COPIES, "gradebook.grade.posted", &[], Answer::Unrouted),
        ("", WORK, &[WORK], Answer::Routed),
        ("", UNROUTED, &[UNROUTED], Answer::Routed),
        ("", "no.such.queue", &[], Answer::Unrouted),
        ("events.nowhere", "gradebook.grade.posted", &[], Answer::Refused),
    ];
    for (exchange, key, reached, expected) in table {
        let mut world = World::new(BrokerOptions::default());
        let publishing = world.publish(message(exchange, key, "m"));
        assert_eq!(publishing, Publishing::Answered { answer: *expected, backlog: 0 }, "{exchange} {key}");
        for queue in queues {
            let expected: &[&str] = if reached.contains(&queue) { &["m"] } else { &[] };
            assert_eq!(world.ready(queue), expected, "{exchange} {key} in {queue}");
        }
    }
}

#[test]
fn a_full_queue_refuses_and_the_others_take() {
    let small = QueueOptions { length_max: 1, ..QueueOptions::default() };
    let mut world = World::new(with_queue(OTHER, small));
    assert_eq!(world.fill(OTHER, &["1", "2"]), [Answer::Routed, Answer::Refused]);
    let publishing = world.publish(message(EXCHANGE, "gradebook.grade.posted", "3"));
    assert_eq!(publishing, Publishing::Answered { answer: Answer::Refused, backlog: 0 });
    assert_eq!((world.ready(OTHER), world.ready(WORK)), (vec!["1".to_owned()], vec!["3".to_owned()]));

    // What is out at a consumer does not count to the length.
    let channel = world.consume(OTHER, 1);
    assert_eq!(world.ids(channel), ["1"]);
    assert_eq!(world.fill(OTHER, &["4", "5"]), [Answer::Routed, Answer::Refused]);
}

#[test]
fn every_queue_has_a_length_limit() {
    let options =
        BrokerOptions { queue: QueueOptions { length_max: 2, ..QueueOptions::default() }, ..BrokerOptions::default() };
    for queue in [WORK, OTHER, PARKED, UNROUTED] {
        let mut world = World::new(options.clone());
        assert_eq!(world.fill(queue, &["1", "2", "3"]), [Answer::Routed, Answer::Routed, Answer::Refused], "{queue}");
    }
}

#[test]
fn the_publisher_learns_how_much_its_consumers_have_yet_to_get() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WORK, &["1", "2"]);
    world.fill(PARKED, &["3", "4"]);
    let backlog = |publishing| match publishing {
        Publishing::Answered { backlog, .. } => backlog,
        other => panic!("{other:?}"),
    };
    assert_eq!(backlog(world.publish(to_queue(WORK, "5"))), 0, "nobody consumes it, so nobody can catch up");
    world.consume(WORK, 1);
    world.consume(PARKED, 1);
    assert_eq!(backlog(world.publish(message(EXCHANGE, "gradebook.grade.posted", "6"))), 3);
    assert_eq!(backlog(world.publish(to_queue(PARKED, "7"))), 0, "a parked queue is not worked off");
}

#[test]
fn declaring_again_changes_nothing_and_a_contradiction_declares_nothing() {
    let mut model = Model::new(BrokerOptions::default());
    let client = model.connect();
    model.declare(client, &topology()).unwrap();
    let before: Vec<String> = model.queue_names().map(str::to_owned).collect();
    model.declare(client, &topology()).unwrap();
    assert_eq!(model.queue_names().collect::<Vec<_>>(), before);

    let work = |parked: &str| Queue {
        name: WORK.to_owned(),
        role: QueueRole::Work { parked: parked.to_owned(), single_active: false },
    };
    let new = Queue { name: "new".to_owned(), role: QueueRole::Parked };
    let binding = topology().bindings.remove(0);
    let table: Vec<(Topology, &str)> = vec![
        (Topology { queues: vec![new.clone(), work("elsewhere")], ..Topology::default() }, WORK),
        (
            Topology {
                queues: vec![new.clone(), Queue { role: QueueRole::Unrouted, ..new.clone() }],
                ..Topology::default()
            },
            "new",
        ),
        (
            Topology {
                queues: vec![new.clone()],
                bindings: vec![Binding { exchange: "events.none".to_owned(), ..binding.clone() }],
                ..Topology::default()
            },
            "events.none",
        ),
        (
            Topology {
                queues: vec![new],
                bindings: vec![Binding { target: Target::Queue("none".to_owned()), ..binding }],
                ..Topology::default()
            },
            "none",
        ),
        (Topology { direct: [direct("none")].into(), ..Topology::default() }, "none"),
        (Topology { exchanges: [COPIES.to_owned()].into(), ..Topology::default() }, COPIES),
        (
            Topology {
                direct: [DirectBinding { exchange: EXCHANGE.to_owned(), ..direct(WORK) }].into(),
                ..Topology::default()
            },
            EXCHANGE,
        ),
    ];
    for (topology, resource) in table {
        assert_eq!(model.declare(client, &topology).map_err(|error| error.resource), Err(resource.to_owned()));
        assert_eq!(model.queue_names().collect::<Vec<_>>(), before, "{resource}");
    }
}

#[test]
fn a_tap_keeps_the_newest_and_leaves_no_trace() {
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    let all = [(EXCHANGE.to_owned(), Pattern::everything())];
    let tap = world.step(|model| model.tap(client, &all, 2)).unwrap();
    for id in ["1", "2", "3"] {
        // A tap makes even what nobody is bound to a routed message, as any queue does.
        let publishing = world.publish(message(EXCHANGE, "kyc.document.verified", id));
        assert_eq!(publishing, Publishing::Answered { answer: Answer::Routed, backlog: 0 });
    }
    let mut take =
        || world.step(|model| model.take(tap)).map(|delivery| (delivery.tag, delivery.content.message.body.clone()));
    assert_eq!(take(), Some((1, "2".into())));
    assert_eq!(take(), Some((2, "3".into())));
    assert_eq!(take(), None);
    assert_eq!((world.model.activity().tap_dropped, world.model.activity().tapped), (1, 2));
    assert!(world.model.is_idle());

    world.step(|model| model.close_channel(tap));
    let publishing = world.publish(message(EXCHANGE, "kyc.document.verified", "4"));
    assert_eq!(publishing, Publishing::Answered { answer: Answer::Unrouted, backlog: 0 });
    assert_eq!(world.step(|model| model.take(tap)), None);
}

#[test]
fn a_tap_of_nothing_that_stands_and_a_consumer_of_nothing_are_refused() {
    use fabric_memory::model::CannotConsume::NoSuch;
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    let nowhere = [(EXCHANGE.to_owned(), Pattern::everything()), ("events.none".to_owned(), Pattern::everything())];
    assert_eq!(world.step(|model| model.tap(client, &nowhere, 2)), Err(NoSuch));
    assert_eq!(world.step(|model| model.consume(client, "none", 2)), Err(NoSuch));
}

#[test]
fn what_was_published_is_recorded_in_a_ring() {
    let ids = |model: &Model| -> Vec<(String, Answer)> {
        let id = |content: &Outgoing| crate::world::id_of(content);
        model.recorded().map(|recorded| (id(&recorded.content), recorded.answer)).collect()
    };
    let mut silent = World::new(BrokerOptions::default());
    silent.fill(WORK, &["1"]);
    assert_eq!(ids(&silent.model), []);

    let mut world = World::new(BrokerOptions { record: true, record_max: 2, ..BrokerOptions::default() });
    world.fill(WORK, &["1", "2"]);
    world.fill("none", &["3"]);
    assert_eq!(ids(&world.model), [("2".to_owned(), Answer::Routed), ("3".to_owned(), Answer::Unrouted)]);
    assert_eq!((world.model.activity().published, world.model.activity().unrouted), (3, 1));
}
