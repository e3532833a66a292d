//! Prefetch, turns, settlements and their errors.

use fabric_core::topology::{QueueRole, RETURNS_MAX, Topology};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{CloseReason, DELIVERY_COUNT, Place},
};

use crate::world::{PARKED, UNROUTED, WAIT, WORK, World, ack, ack_up_to, give_back, in_order, topology, with_queue};

/// The topology with another role for one queue.
fn with_role(name: &str, role: &QueueRole) -> Topology {
    let mut topology = topology();
    topology.queues.iter_mut().filter(|queue| queue.name == name).for_each(|queue| queue.role = role.clone());
    topology
}

fn filled(options: BrokerOptions) -> World {
    let mut world = World::new(options);
    world.fill(WORK, &["1", "2", "3", "4", "5", "6"]);
    world
}

#[test]
fn no_more_is_out_than_the_prefetch() {
    for (prefetch, first, second) in [(1, 1, 1), (2, 2, 1), (6, 6, 0), (100, 6, 0), (0, 6, 0)] {
        let mut world = filled(BrokerOptions::default());
        let channel = world.consume(WORK, prefetch);
        assert_eq!(world.ids(channel).len(), first, "prefetch {prefetch}");
        world.settle(channel, ack(1));
        assert_eq!(world.ids(channel).len(), second, "prefetch {prefetch}, after one acknowledgement");
    }
}

#[test]
fn an_acknowledgement_settles_one_or_all_up_to_its_tag() {
    let table = [
        (ack(2), vec!["1", "3", "4"]),
        (ack_up_to(1), vec!["2", "3", "4"]),
        (ack_up_to(3), vec!["4"]),
        (ack_up_to(4), vec![]),
        (ack_up_to(0), vec![]),
    ];
    for (settlement, left) in table {
        let mut world = World::new(BrokerOptions::default());
        world.fill(WORK, &["1", "2", "3", "4"]);
        let channel = world.consume(WORK, 4);
        assert!(world.settle(channel, settlement));
        assert_eq!(world.at(Place::Unacked, WORK), left, "{settlement:?}");
        assert_eq!(world.closed, []);
    }
}

#[test]
fn settling_what_is_not_out_closes_the_channel() {
    for settlement in [ack(9), ack_up_to(9), give_back(9), ack(1), ack_up_to(1), give_back(1), ack(0), give_back(0)] {
        let tag = match settlement {
            fabric_core::ack_ledger::Settlement::Ack { tag, .. }
            | fabric_core::ack_ledger::Settlement::GiveBack { tag } => tag,
        };
        let mut world = filled(BrokerOptions::default());
        let channel = world.consume(WORK, 3);
        world.settle(channel, ack(1));
        assert_eq!(world.ids(channel).len(), 4);
        assert!(world.settle(channel, settlement), "it was written");
        assert_eq!(world.closed, [(channel, CloseReason::UnknownTag(tag))], "{settlement:?}");
        assert!(!world.settle(channel, ack(2)), "the channel is gone");
        assert_eq!(world.ready(WORK), ["2", "3", "4", "5", "6"], "everything that was out is back");
        assert_eq!(world.model.depth(WORK).unwrap().consumers, 0);
    }
}

#[test]
fn tags_belong_to_their_channel() {
    let mut world = filled(BrokerOptions::default());
    let (one, other) = (world.consume(WORK, 2), world.consume(WORK, 2));
    assert_eq!(world.delivered(one), [("1".to_owned(), 1, 0), ("2".to_owned(), 2, 0)]);
    assert_eq!(world.delivered(other), [("3".to_owned(), 1, 0), ("4".to_owned(), 2, 0)]);
    world.settle(other, ack_up_to(2));
    assert_eq!(world.at(Place::Unacked, WORK), ["1", "2", "5", "6"]);
}

#[test]
fn what_goes_back_comes_again_where_it_was() {
    let mut world = filled(BrokerOptions::default());
    let channel = world.consume(WORK, 4);
    assert_eq!(world.ids(channel), ["1", "2", "3", "4"]);
    world.settle(channel, give_back(3));
    assert_eq!(world.delivered(channel), [("3".to_owned(), 5, 1)], "before everything newer, and marked");
    world.settle(channel, give_back(5));
    assert_eq!(world.delivered(channel), [("3".to_owned(), 6, 2)]);
    world.step(|model| model.close_channel(channel));
    assert_eq!(world.ready(WORK), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(world.closed, [], "the consumer closed it and knows");
    let channel = world.consume(WORK, 6);
    let returns: Vec<(String, u32)> =
        world.delivered(channel).into_iter().map(|(id, _, returns)| (id, returns)).collect();
    let expected = [("1", 1), ("2", 1), ("3", 3), ("4", 1), ("5", 0), ("6", 0)];
    assert_eq!(returns, expected.map(|(id, returns)| (id.to_owned(), returns)));
}

#[test]
fn a_delivery_tells_how_often_it_came_back() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WORK, &["1"]);
    let channel = world.consume(WORK, 1);
    world.settle(channel, give_back(1));
    let mut incoming = world.take_deliveries(channel).into_iter().map(fabric_memory::model::Delivery::into_incoming);
    let (first, second) = (incoming.next().unwrap(), incoming.next().unwrap());
    let count = |incoming: &fabric_core::message::Incoming| {
        incoming.message.headers.get(DELIVERY_COUNT).and_then(fabric_core::message::HeaderValue::as_int)
    };
    assert_eq!((first.redelivered, count(&first)), (false, None));
    assert_eq!((second.redelivered, count(&second)), (true, Some(1)));
    assert_eq!((second.exchange.as_str(), second.routing_key.as_str()), ("", WORK));
}

#[test]
fn consumers_take_turns() {
    let mut world = World::new(BrokerOptions::default());
    let channels = [world.consume(WORK, 2), world.consume(WORK, 1), world.consume(WORK, 2)];
    world.fill(WORK, &["1", "2", "3", "4", "5", "6"]);
    assert_eq!(channels.map(|channel| world.ids(channel)), [vec!["1", "4"], vec!["2"], vec!["3", "5"]]);
    // Who has room again gets in line at its end.
    world.settle(channels[1], ack(1));
    assert_eq!(world.ids(channels[1]), ["6"]);
    world.settle(channels[2], ack(2));
    world.settle(channels[0], ack(1));
    world.fill(WORK, &["7", "8"]);
    assert_eq!(channels.map(|channel| world.ids(channel)), [vec!["8"], vec![], vec!["7"]]);
}

#[test]
fn with_a_single_active_consumer_the_first_one_gets_everything() {
    let mut world = World::of(&with_role(WORK, &in_order()), BrokerOptions::default());
    world.fill(WORK, &["1", "2", "3", "4", "5", "6"]);
    let channels = [world.consume(WORK, 2), world.consume(WORK, 2), world.consume(WORK, 9)];
    assert_eq!(channels.map(|channel| world.ids(channel).len()), [2, 0, 0]);
    world.settle(channels[0], ack(1));
    assert_eq!(channels.map(|channel| world.ids(channel)), [vec!["3"], vec![], vec![]]);

    world.step(|model| model.close_channel(channels[1]));
    world.step(|model| model.close_channel(channels[0]));
    assert_eq!(world.ids(channels[2]), ["2", "3", "4", "5", "6"], "the next in line, in the old order");
    assert_eq!(world.model.depth(WORK).unwrap().consumers, 1);
}

#[test]
fn what_came_back_too_often_is_parked() {
    let fragile = QueueOptions { delivery_limit: Some(2), ..QueueOptions::default() };
    let mut world = World::new(with_queue(WORK, fragile));
    world.fill(WORK, &["poison"]);
    let channel = world.consume(WORK, 1);
    for tag in 1..=3 {
        assert_eq!(world.ids(channel), ["poison"]);
        world.settle(channel, give_back(tag));
    }
    assert_eq!(world.ids(channel), [] as [&str; 0]);
    assert_eq!(world.ready(PARKED), ["poison"]);
    assert!(world.model.is_idle());
    assert_eq!(world.model.activity().dead_lettered, 1);
}

#[test]
fn a_parked_queue_has_one_reader_at_a_time() {
    let mut world = World::new(BrokerOptions::default());
    let channels = [world.consume(PARKED, 2), world.consume(PARKED, 2)];
    world.fill(PARKED, &["1", "2", "3"]);
    assert_eq!(channels.map(|channel| world.ids(channel)), [vec!["1", "2"], vec![]]);
    world.step(|model| model.close_channel(channels[0]));
    assert_eq!(world.ids(channels[1]), ["1", "2"]);
}

#[test]
fn a_work_queue_gives_up_in_the_end_and_no_other_queue_ever() {
    for (queue, gives_up) in [(WORK, true), (PARKED, false), (UNROUTED, false), (WAIT, false)] {
        let mut world = World::new(BrokerOptions::default());
        world.fill(queue, &["1"]);
        let channel = world.consume(queue, 1);
        let returns_max = u64::from(RETURNS_MAX);
        (1..=returns_max).for_each(|tag| assert!(world.settle(channel, give_back(tag))));
        assert_eq!(world.at(Place::Unacked, queue), ["1"], "{queue} after {RETURNS_MAX} returns");
        world.settle(channel, give_back(returns_max + 1));
        assert_eq!(world.at(Place::Unacked, queue).is_empty(), gives_up, "{queue} after one more");
        assert_eq!(world.ready(PARKED).len(), usize::from(gives_up));
    }
}
