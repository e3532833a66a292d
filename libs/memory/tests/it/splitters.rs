//! How a partitioned subscription's messages are spread over its queues.

use fabric_core::{
    message::HeaderValue,
    partition::{Partitions, SLOTS},
    resend::SLOT,
    topology::{Splitter, Target, Topology},
};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{Answer, Model, Publishing},
};

use crate::world::{
    EXCHANGE, OTHER, PARTITIONS, SLOTLESS, SPLITTER, WORK, World, message, partitioned, slotted, topology, with_queue,
};

fn world() -> World {
    World::of(&partitioned(4), BrokerOptions::default())
}

/// In which partitions a message is.
fn partitions(world: &World) -> Vec<usize> {
    (0..4).filter(|partition| !world.ready(PARTITIONS[*partition]).is_empty()).collect()
}

#[test]
fn each_slot_has_one_queue_and_gets_there_once() {
    let four = Partitions::try_new(4).unwrap();
    for slot in 0..SLOTS {
        let mut world = world();
        let posted = message(EXCHANGE, "gradebook.grade.posted", "m");
        let publishing = world.publish(slotted(posted, i64::from(slot)));
        assert_eq!(publishing, Publishing::Answered { answer: Answer::Routed, backlog: 0 });
        let partition = usize::from(four.of_slot(slot));
        assert_eq!(partitions(&world), [partition], "slot {slot}");
        assert_eq!(world.ready(PARTITIONS[partition]), ["m"], "once, though two bindings match");
        assert_eq!((world.ready(WORK), world.ready(OTHER)), (vec!["m".to_owned()], vec!["m".to_owned()]));
    }
}

#[test]
fn what_has_no_slot_goes_to_the_first_queue() {
    let values = [
        None,
        Some(HeaderValue::Int(64)),
        Some(HeaderValue::Int(-1)),
        Some(HeaderValue::Int(i64::MAX)),
        Some(HeaderValue::Text("63".to_owned())),
        Some(HeaderValue::Bool(true)),
        Some(HeaderValue::Other),
    ];
    for value in values {
        let mut world = world();
        let mut outgoing = message(EXCHANGE, "gradebook.grade.posted", "m");
        if let Some(value) = value.clone() {
            outgoing.message.headers.set(SLOT, value);
        }
        world.publish(outgoing);
        assert_eq!(partitions(&world), [0], "{value:?}");
        assert_eq!(world.ready(PARTITIONS[0]), ["m"], "{value:?}");
    }
}

#[test]
fn only_what_matches_comes_to_the_splitter() {
    let table: [(&str, &str, &[usize], Answer); 6] = [
        (EXCHANGE, "gradebook.grade.changed", &[3], Answer::Routed),
        (EXCHANGE, "kyc.document.posted", &[3], Answer::Routed),
        (EXCHANGE, "gradebook.category.defined", &[], Answer::Routed),
        (EXCHANGE, "kyc.document.verified", &[], Answer::Unrouted),
        (SPLITTER, "straight.to.it", &[3], Answer::Routed),
        (SLOTLESS, "straight.to.it", &[0], Answer::Routed),
    ];
    for (exchange, key, reached, answer) in table {
        let mut world = world();
        let publishing = world.publish(slotted(message(exchange, key, "m"), 63));
        assert_eq!(publishing, Publishing::Answered { answer, backlog: 0 }, "{exchange} {key}");
        assert_eq!(partitions(&world), reached, "{exchange} {key}");
    }
}

#[test]
fn what_would_go_round_ends() {
    let mut topology = partitioned(4);
    let mut round = topology.bindings[0].clone();
    (round.exchange, round.target) = (SLOTLESS.to_owned(), Target::Splitter(SPLITTER.to_owned()));
    topology.bindings.push(round);
    topology.exchanges.insert(SLOTLESS.to_owned());
    let mut world = World::of(&topology, BrokerOptions::default());
    world.publish(message(SPLITTER, "gradebook.grade.posted", "1"));
    assert_eq!(partitions(&world), [0]);
}

#[test]
fn a_full_partition_refuses_and_the_others_take() {
    let small = QueueOptions { length_max: 1, ..QueueOptions::default() };
    let mut world = World::of(&partitioned(4), with_queue(PARTITIONS[3], small));
    let mut answer = |slot, id| match world.publish(slotted(message(SPLITTER, "", id), slot)) {
        Publishing::Answered { answer, .. } => answer,
        other => panic!("{other:?}"),
    };
    let answers = [answer(63, "1"), answer(63, "2"), answer(0, "3")];
    assert_eq!(answers, [Answer::Routed, Answer::Refused, Answer::Routed]);
}

#[test]
fn a_partition_has_a_single_active_consumer() {
    let mut world = world();
    let channels = [world.consume(PARTITIONS[3], 2), world.consume(PARTITIONS[3], 2)];
    for id in ["1", "2", "3"] {
        world.publish(slotted(message(SPLITTER, "", id), 63));
    }
    assert_eq!(channels.map(|channel| world.ids(channel)), [vec!["1", "2"], vec![]]);
    world.step(|model| model.close_channel(channels[0]));
    assert_eq!(world.ids(channels[1]), ["1", "2"]);
}

#[test]
fn a_splitter_needs_its_queues_and_a_name_of_its_own() {
    let splitter = || partitioned(2).splitters;
    let bound = |name: &str| {
        let mut binding = partitioned(2).bindings.remove(0);
        binding.target = Target::Splitter(name.to_owned());
        binding
    };
    let named = |name: &str| Splitter { subscription: name.parse().unwrap(), partitions: Partitions::ONE };
    let exchange = |name: &str| [name.to_owned()].into();
    let table: Vec<(Topology, &str)> = vec![
        (Topology { splitters: vec![named("user.none")], ..Topology::default() }, "user.none.partition.0"),
        (Topology { bindings: vec![bound("none")], ..Topology::default() }, "none"),
        (Topology { bindings: vec![bound(EXCHANGE)], ..Topology::default() }, EXCHANGE),
        (Topology { exchanges: exchange(SPLITTER), ..Topology::default() }, SPLITTER),
        (Topology { exchanges: exchange(SPLITTER), ..partitioned(2) }, SPLITTER),
    ];
    for (topology, resource) in table {
        let mut world = World::of(&partitioned(4), BrokerOptions::default());
        let client = world.client;
        let declared = world.step(|model| model.declare(client, &topology));
        assert_eq!(declared.map_err(|error| error.resource), Err(resource.to_owned()));
    }
    let mut model = Model::new(BrokerOptions::default());
    let client = model.connect();
    let taken = Topology { exchanges: exchange(SPLITTER), ..Topology::default() };
    model.declare(client, &taken.union(topology())).unwrap();
    let declared = model.declare(client, &partitioned(4));
    assert_eq!(declared.map_err(|error| error.resource), Err(SPLITTER.to_owned()));
    assert_eq!(model.depth(PARTITIONS[0]), None, "nothing of it was declared");
    let alone = Topology { splitters: splitter(), ..Topology::default() };
    assert!(model.declare(client, &alone).is_err());
}
