//! Lost connections, restarts and alarms, in the model.

use fabric_core::Pattern;
use fabric_memory::{
    BrokerOptions,
    model::{Answer, CannotConsume, CloseReason, GivenUp, Line, Place, Publishing},
};

use crate::world::{DELAY, EXCHANGE, OTHER, WAIT, WORK, World, ack, ack_up_to, message, to_queue};

#[test]
fn what_was_out_on_a_lost_connection_comes_again_in_order() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WORK, &["1", "2", "3", "4", "5", "6"]);
    let channels = [world.consume(WORK, 2), world.consume(WORK, 2)];
    world.settle(channels[0], ack(1));
    let client = world.client;
    world.step(|model| model.lose_connection(client));
    assert_eq!(world.closed, channels.map(|channel| (channel, CloseReason::ConnectionLost)));
    assert_eq!(world.ready(WORK), ["2", "3", "4", "5", "6"]);
    assert_eq!(
        world.model.activity().given_back,
        4,
        "each went back once, and none to a channel that was about to end"
    );
    assert!(!world.settle(channels[0], ack(2)));

    assert_eq!(world.step(|model| model.consume(client, WORK, 9)), Err(CannotConsume::Away));
    world.step(|model| model.reconnect(client));
    let channel = world.consume(WORK, 9);
    let returns: Vec<u32> = world.delivered(channel).into_iter().map(|(_, _, returns)| returns).collect();
    assert_eq!(returns, [1, 1, 1, 1, 0]);
}

#[test]
fn another_client_keeps_its_channels_and_takes_over() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WORK, &["1", "2", "3"]);
    let lost = world.consume(WORK, 2);
    let other = world.step(fabric_memory::model::Model::connect);
    let kept = world.step(|model| model.consume(other, WORK, 2)).unwrap();
    assert_eq!((world.ids(lost), world.ids(kept)), (vec!["1".to_owned(), "2".to_owned()], vec!["3".to_owned()]));
    let client = world.client;
    world.step(|model| model.leave(client));
    assert_eq!(world.delivered(kept), [("1".to_owned(), 2, 1)]);
    assert_eq!((world.model.line(client), world.model.line(other)), (Line::Closed, Line::Up));
    assert_eq!(world.publish(to_queue(WORK, "4")), Publishing::NotSent { reason: "the connection is closed" });
}

#[test]
fn a_restart_keeps_what_is_durable() {
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    let tap = world.step(|model| model.tap(client, &[(EXCHANGE.to_owned(), Pattern::everything())], 9)).unwrap();
    world.fill(WAIT, &["waiting"]);
    world.publish(message(EXCHANGE, "gradebook.grade.posted", "1"));
    let channel = world.consume(WORK, 9);
    world.step(fabric_memory::model::Model::restart);
    assert_eq!(world.closed, [tap, channel].map(|channel| (channel, CloseReason::ConnectionLost)));
    assert_eq!((world.ready(WORK), world.ready(OTHER)), (vec!["1".to_owned()], vec!["1".to_owned()]));
    assert_eq!(world.step(|model| model.take(tap)), None);
    let status = world.model.status(client);
    assert_eq!((status.connected, status.reconnects), (true, 1));

    world.publish(message(EXCHANGE, "gradebook.grade.posted", "2"));
    world.pass(DELAY);
    assert_eq!(world.ready(WORK), ["1", "2", "waiting"], "exchanges, bindings and timers are as they were");
}

#[test]
fn publishes_wait_for_a_connection_in_their_order() {
    let mut world = World::new(BrokerOptions { held_max: 3, ..BrokerOptions::default() });
    let client = world.client;
    world.step(|model| model.lose_connection(client));
    let held: Vec<Publishing> = ["1", "2", "3", "4"].map(|id| world.publish(to_queue(WORK, id))).into();
    let [Publishing::Held(one), Publishing::Held(two), Publishing::Held(three), Publishing::NotSent { .. }] = held[..]
    else {
        panic!("{held:?}")
    };
    assert!(!world.model.is_idle());
    assert_eq!(world.step(|model| model.give_up(two)), GivenUp::NotSent);
    world.step(|model| model.reconnect(client));
    assert_eq!(world.answers, [(one, Answer::Routed), (three, Answer::Routed)]);
    assert_eq!(world.ready(WORK), ["1", "3"]);
    assert_eq!(world.step(|model| model.give_up(one)), GivenUp::Unknown, "it has its answer");
}

#[test]
fn an_alarm_holds_publishes_and_consumers_go_on() {
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    world.fill(WORK, &["1", "2"]);
    let channel = world.consume(WORK, 1);
    world.step(|model| model.block("memory"));
    assert_eq!(world.model.status(client).blocked.as_deref(), Some("memory"));
    let Publishing::Held(held) = world.publish(to_queue(WORK, "3")) else { panic!("not held") };
    world.settle(channel, ack(1));
    assert_eq!(world.ids(channel), ["1", "2"]);
    assert_eq!(world.step(|model| model.give_up(held)), GivenUp::Unknown, "it is on its way");
    world.step(fabric_memory::model::Model::unblock);
    assert_eq!((world.answers.clone(), world.ready(WORK)), (vec![(held, Answer::Routed)], vec!["3".to_owned()]));
}

#[test]
fn a_connection_lost_during_an_alarm_takes_the_publishes_with_it() {
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    world.step(|model| model.block("disk"));
    let Publishing::Held(lost) = world.publish(to_queue(WORK, "1")) else { panic!("not held") };
    world.step(|model| model.lose_connection(client));
    assert_eq!(world.answers, [(lost, Answer::Unknown)]);
    world.step(fabric_memory::model::Model::unblock);
    world.step(|model| model.reconnect(client));
    assert_eq!(world.ready(WORK), [] as [&str; 0]);
}

#[test]
fn on_one_connection_an_alarm_holds_settlements_back() {
    let mut world = World::new(BrokerOptions { one_connection: true, ..BrokerOptions::default() });
    world.fill(WORK, &["1", "2", "3"]);
    let channel = world.consume(WORK, 2);
    world.step(|model| model.block("memory"));
    assert!(world.settle(channel, ack_up_to(2)));
    assert_eq!((world.at(Place::Unacked, WORK).len(), world.ids(channel).len()), (2, 2));
    world.step(fabric_memory::model::Model::unblock);
    assert_eq!((world.at(Place::Unacked, WORK), world.ids(channel)), (vec!["3".to_owned()], vec!["3".to_owned()]));

    world.step(|model| model.block("memory"));
    world.settle(channel, ack(3));
    let client = world.client;
    world.step(|model| model.lose_connection(client));
    world.step(fabric_memory::model::Model::unblock);
    assert_eq!(world.ready(WORK), ["3"], "the acknowledgement was lost with the connection");
}

#[test]
fn an_alarm_holds_no_more_settlements_than_there_can_be() {
    let mut world = World::new(BrokerOptions { one_connection: true, ..BrokerOptions::default() });
    world.fill(WORK, &["1"]);
    let channel = world.consume(WORK, 2);
    world.step(|model| model.block("memory"));
    world.settle(channel, ack(9));
    assert_eq!(world.closed, []);
    world.settle(channel, ack(9));
    assert_eq!(world.closed, [(channel, CloseReason::UnknownTag(9))]);
}

#[test]
fn publishes_go_wrong_as_asked() {
    let mut world = World::new(BrokerOptions::default());
    world.model.refuse_next(1);
    world.model.duplicate_next(1);
    world.model.lose_confirm_next(2);
    let answers = world.fill(WORK, &["1", "2", "3", "4"]);
    assert_eq!(answers, [Answer::Refused, Answer::Unknown, Answer::Unknown, Answer::Routed]);
    assert_eq!(world.ready(WORK), ["2", "2", "3", "4"]);
}
