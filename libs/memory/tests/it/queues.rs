//! What time does: wait queues and dead letters.

use std::time::Duration;

use fabric_core::{
    message::HeaderValue,
    topology::{Queue, QueueRole, Topology},
};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{DEATH, FIRST_DEATH_QUEUE, FIRST_DEATH_REASON, Model, Place},
};

use crate::world::{DELAY, PARKED, WAIT, WORK, World, ack, give_back, to_queue, with_queue, work};

const RETRY: Duration = Duration::from_mins(3);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_waiting_message_returns_to_its_work_queue_when_its_time_is_over() {
    let mut world = World::new(BrokerOptions::default());
    assert_eq!(world.model.deadline(), None);
    world.fill(WAIT, &["1"]);
    world.pass(ms(400));
    world.fill(WAIT, &["2"]);
    assert_eq!(world.model.deadline(), Some(DELAY));
    world.pass(ms(599));
    assert_eq!((world.ready(WAIT).len(), world.ready(WORK).len()), (2, 0));
    world.pass(ms(1));
    assert_eq!((world.ready(WAIT), world.ready(WORK)), (vec!["2".to_owned()], vec!["1".to_owned()]));
    assert_eq!(world.model.deadline(), Some(DELAY + ms(400)));
    world.pass(ms(400));
    assert_eq!((world.ready(WAIT).len(), world.ready(WORK)), (0, vec!["1".to_owned(), "2".to_owned()]));
    assert_eq!((world.model.deadline(), world.model.activity().expired), (None, 2));
}

#[test]
fn a_dead_letter_comes_through_the_default_exchange_and_says_where_it_died() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WAIT, &["1"]);
    let channel = world.consume(WORK, 1);
    world.pass(DELAY);
    let delivery = world.take_deliveries(channel).remove(0).into_incoming();
    assert_eq!((delivery.exchange.as_str(), delivery.routing_key.as_str(), delivery.redelivered), ("", WORK, false));
    let headers = &delivery.message.headers;
    assert_eq!(headers.text(FIRST_DEATH_QUEUE), Some(WAIT));
    assert_eq!(headers.text(FIRST_DEATH_REASON), Some("expired"));
    assert_eq!(headers.get(DEATH), Some(&HeaderValue::Other));
}

#[test]
fn only_what_is_ready_expires() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WAIT, &["1", "2"]);
    let channel = world.consume(WAIT, 1);
    world.pass(DELAY * 2);
    assert_eq!(world.at(Place::Unacked, WAIT), ["1"], "it is out at a consumer");
    assert_eq!(world.ready(WORK), ["2"]);
    world.step(|model| model.close_channel(channel));
    world.pass(Duration::ZERO);
    assert_eq!(world.ready(WORK), ["2", "1"], "its time was over before it came back");
}

#[test]
fn time_that_passes_at_once_happens_in_its_order() {
    let mut model = Model::new(BrokerOptions::default());
    let client = model.connect();
    let wait = |name: &str, delay, work: &str| Queue {
        name: name.to_owned(),
        role: QueueRole::Wait { delay: ms(delay), work: work.to_owned() },
    };
    let end = Queue { name: "end".to_owned(), role: work() };
    let queues = vec![wait("long", 50, "end"), wait("first", 20, "then"), wait("then", 20, "end"), end];
    model.declare(client, &Topology { queues, ..Topology::default() }).unwrap();
    for queue in ["long", "first", "then"] {
        model.publish(client, to_queue(queue, queue));
    }
    model.pass_time(ms(1_000));
    let order: Vec<String> = model.contents("end").iter().map(|(_, content)| crate::world::id_of(content)).collect();
    assert_eq!(order, ["then", "first", "long"], "at 20, 40 and 50 ms");
}

#[test]
fn a_dead_letter_without_room_stays_and_is_tried_again() {
    let small = QueueOptions { length_max: 1, ..QueueOptions::default() };
    let mut world = World::new(with_queue(WORK, small));
    world.fill(WORK, &["first"]);
    world.fill(WAIT, &["1", "2"]);
    world.pass(DELAY);
    assert_eq!((world.ready(WAIT).len(), world.at(Place::Dead, WAIT)), (0, vec!["1".to_owned(), "2".to_owned()]));
    assert_eq!(world.model.depth(WAIT).unwrap().ready, 0, "dead letters are invisible to the depth");
    assert_eq!(world.model.deadline(), Some(DELAY + RETRY));

    // Room alone does not bring them: only the next attempt does. Each attempt goes as far as there is room.
    let channel = world.consume(WORK, 1);
    assert_eq!(world.ids(channel), ["first"]);
    world.pass(RETRY);
    assert_eq!((world.ready(WORK), world.at(Place::Dead, WAIT)), (vec!["1".to_owned()], vec!["2".to_owned()]));
    assert!(!world.model.is_idle());
    world.settle(channel, ack(1));
    world.pass(RETRY);
    world.settle(channel, ack(2));
    world.settle(channel, ack(3));
    assert!(world.model.is_idle());
    assert_eq!(world.model.deadline(), None);
}

#[test]
fn dead_letters_count_to_the_length_of_their_queue() {
    use fabric_memory::model::Answer::{Refused, Routed};
    let mut options = with_queue(WORK, QueueOptions { length_max: 1, ..QueueOptions::default() });
    options.queues.insert(WAIT.to_owned(), QueueOptions { length_max: 2, ..QueueOptions::default() });
    let mut world = World::new(options);
    world.fill(WORK, &["first"]);
    world.fill(WAIT, &["1"]);
    world.pass(DELAY);
    assert_eq!(world.fill(WAIT, &["2", "3"]), [Routed, Refused]);
}

#[test]
fn a_parked_queue_without_room_holds_the_dead_letter_back() {
    let mut options = with_queue(WORK, QueueOptions { delivery_limit: Some(0), ..QueueOptions::default() });
    options.queues.insert(PARKED.to_owned(), QueueOptions { length_max: 1, ..QueueOptions::default() });
    let mut world = World::new(options);
    world.fill(WORK, &["1", "2"]);
    let channel = world.consume(WORK, 2);
    world.settle(channel, give_back(1));
    world.settle(channel, give_back(2));
    assert_eq!((world.ready(PARKED), world.at(Place::Dead, WORK)), (vec!["1".to_owned()], vec!["2".to_owned()]));
    let parked = world.consume(PARKED, 1);
    world.settle(parked, ack(1));
    world.pass(RETRY);
    assert_eq!((world.at(Place::Unacked, PARKED), world.model.is_idle()), (vec!["2".to_owned()], true));
}

#[test]
fn what_only_timers_move_does_not_go_round_for_ever() {
    for delay in [0, 10] {
        let mut model = Model::new(BrokerOptions::default());
        let client = model.connect();
        let wait = |name: &str, work: &str| Queue {
            name: name.to_owned(),
            role: QueueRole::Wait { delay: ms(delay), work: work.to_owned() },
        };
        let queues = vec![wait("one", "other"), wait("other", "one"), wait("itself", "itself")];
        model.declare(client, &Topology { queues, ..Topology::default() }).unwrap();
        model.publish(client, to_queue("one", "1"));
        model.publish(client, to_queue("itself", "2"));
        model.pass_time(ms(1_000));
        assert!(model.is_idle(), "delay {delay}");
        assert_eq!((model.activity().cycles_dropped, model.activity().dead_lettered), (2, 1));
    }
}

#[test]
fn a_time_too_long_to_end_is_no_error() {
    let mut model = Model::new(BrokerOptions::default());
    let client = model.connect();
    let role = QueueRole::Wait { delay: Duration::MAX, work: "work".to_owned() };
    model
        .declare(client, &Topology { queues: vec![Queue { name: "ever".to_owned(), role }], ..Topology::default() })
        .unwrap();
    model.pass_time(ms(1));
    model.publish(client, to_queue("ever", "1"));
    assert_eq!(model.deadline(), Some(Duration::MAX));
}
