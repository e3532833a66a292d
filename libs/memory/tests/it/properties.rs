//! What holds whatever happens, in whatever order.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fabric_core::{
    ack_ledger::{Settlement, Tag},
    topology::Topology,
};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{Answer, ChannelId, Model, Place, PublishId, Publishing},
};
use proptest::prelude::*;

use crate::{
    routes::{FIRST, ROUTES, Route, SECOND},
    world::{
        COPIES, EXCHANGE, OTHER, PARKED, SLOTLESS, SPLITTER, UNROUTED, WAIT, WORK, World, ack_up_to, id_of, in_order,
        message, partitioned, slotted,
    },
};

const QUEUES: [&str; 7] = [WORK, OTHER, FIRST, SECOND, WAIT, PARKED, UNROUTED];
/// Into these a message comes once, and never from another queue.
const IN_ORDER: [&str; 5] = [OTHER, FIRST, SECOND, WAIT, UNROUTED];
/// These have a single active consumer.
const SINGLE_ACTIVE: [&str; 4] = [OTHER, FIRST, SECOND, PARKED];
const EXCHANGES: [&str; 4] = [EXCHANGE, COPIES, SPLITTER, SLOTLESS];

#[derive(Debug, Clone)]
enum Step {
    Publish { route: usize },
    Consume { queue: usize, prefetch: u16 },
    Acknowledge { channel: usize, tag: usize, multiple: bool },
    GiveBack { channel: usize, tag: usize },
    SettleUnknown { channel: usize },
    Close { channel: usize },
    LoseConnection,
    Reconnect,
    Restart,
    Crash,
    DeleteQueue { queue: usize },
    DeleteExchange { exchange: usize },
    Restore,
    Block,
    Unblock,
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0..ROUTES.len()).prop_map(|route| Step::Publish { route }),
        4 => (0..QUEUES.len(), 1_u16..5).prop_map(|(queue, prefetch)| Step::Consume { queue, prefetch }),
        8 => (0..8_usize, 0..5_usize, any::<bool>())
            .prop_map(|(channel, tag, multiple)| Step::Acknowledge { channel, tag, multiple }),
        5 => (0..8_usize, 0..5_usize).prop_map(|(channel, tag)| Step::GiveBack { channel, tag }),
        1 => (0..8_usize).prop_map(|channel| Step::SettleUnknown { channel }),
        2 => (0..8_usize).prop_map(|channel| Step::Close { channel }),
        1 => Just(Step::LoseConnection),
        3 => Just(Step::Reconnect),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
        1 => (0..QUEUES.len()).prop_map(|queue| Step::DeleteQueue { queue }),
        1 => (0..EXCHANGES.len()).prop_map(|exchange| Step::DeleteExchange { exchange }),
        2 => Just(Step::Restore),
        1 => Just(Step::Block),
        3 => Just(Step::Unblock),
        4 => (0..1_500_u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

/// Two partitions, and another queue with a single active consumer.
fn topology() -> Topology {
    let mut topology = partitioned(2);
    topology.queues.iter_mut().filter(|queue| queue.name == OTHER).for_each(|queue| queue.role = in_order());
    topology
}

/// Small queues and a delivery limit, so that everything happens often.
fn options() -> BrokerOptions {
    let queue = QueueOptions { length_max: 8, ..QueueOptions::default() };
    let queues = [
        (WORK, QueueOptions { delivery_limit: Some(2), ..queue.clone() }),
        (PARKED, QueueOptions { length_max: 2, ..queue.clone() }),
    ];
    let queues = queues.map(|(name, queue)| (name.to_owned(), queue)).into();
    BrokerOptions { queue, queues, held_max: 4, ..BrokerOptions::default() }
}

/// A consumer as the test knows it.
struct Reader {
    queue: &'static str,
    prefetch: u16,
    out: BTreeMap<Tag, String>,
}

/// What the test knows besides the model: who consumes what, what is out, and what has become of each message.
struct History {
    world: World,
    readers: BTreeMap<ChannelId, Reader>,
    /// What was deleted and has not come back.
    gone: BTreeSet<&'static str>,
    /// The messages that wait for their answer.
    held: BTreeMap<PublishId, (String, Route)>,
    /// How many copies of each answered message there are, acknowledged ones included, deleted ones not.
    copies: BTreeMap<String, usize>,
    acknowledged: BTreeMap<String, usize>,
    /// The last message that each queue gave out for the first time.
    last_fresh: BTreeMap<&'static str, String>,
}

impl History {
    fn new() -> Self {
        Self {
            world: World::of(&topology(), options()),
            readers: BTreeMap::new(),
            gone: BTreeSet::new(),
            held: BTreeMap::new(),
            copies: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            last_fresh: BTreeMap::new(),
        }
    }

    fn act(&mut self, step: &Step) {
        let client = self.world.client;
        match *step {
            Step::Publish { route } => self.publish(ROUTES[route]),
            Step::Consume { queue, prefetch } => self.consume(QUEUES[queue], prefetch),
            Step::Acknowledge { channel, tag, multiple } => {
                if let Some((channel, tag)) = self.pick(channel, tag) {
                    self.settle(channel, Settlement::Ack { tag, multiple });
                }
            }
            Step::GiveBack { channel, tag } => {
                if let Some((channel, tag)) = self.pick(channel, tag) {
                    self.settle(channel, Settlement::GiveBack { tag });
                }
            }
            Step::SettleUnknown { channel } => {
                if let Some(channel) = self.reader(channel) {
                    self.settle(channel, ack_up_to(Tag::MAX));
                }
            }
            Step::Close { channel } => {
                if let Some(channel) = self.reader(channel) {
                    self.readers.remove(&channel);
                    self.world.step(|model| model.close_channel(channel));
                }
            }
            Step::LoseConnection => self.world.step(|model| model.lose_connection(client)),
            Step::Reconnect => self.connect_again(|model| model.reconnect(client)),
            Step::Restart => self.connect_again(Model::restart),
            Step::Crash => {
                self.world.step(|model| model.leave(client));
                self.take_news();
                self.world.client = self.world.step(Model::connect);
                self.declare();
            }
            Step::DeleteQueue { queue } => self.delete_queue(QUEUES[queue]),
            Step::DeleteExchange { exchange } => {
                let stood = self.world.step(|model| model.delete_exchange(EXCHANGES[exchange]));
                assert_eq!(self.gone.insert(EXCHANGES[exchange]), stood);
            }
            Step::Restore => {
                self.world.step(|model| model.restore(client)).unwrap();
                self.gone.clear();
            }
            Step::Block => self.world.step(|model| model.block("memory")),
            Step::Unblock => self.world.step(Model::unblock),
            Step::Pass { ms } => self.world.pass(Duration::from_millis(ms)),
        }
        // What came back with its time over expires at once.
        self.world.pass(Duration::ZERO);
        self.take_news();
        self.check();
    }

    fn declare(&mut self) {
        let client = self.world.client;
        self.world.step(|model| model.declare(client, &topology())).unwrap();
        self.gone.clear();
    }

    /// Does what lets a connection that was lost stand again, and with it everything that was declared.
    fn connect_again(&mut self, act: impl FnOnce(&mut Model)) {
        let reconnects = |world: &World| world.model.status(world.client).reconnects;
        let before = reconnects(&self.world);
        self.world.step(act);
        if reconnects(&self.world) > before {
            self.gone.clear();
        }
    }

    fn delete_queue(&mut self, queue: &'static str) {
        for (_, content) in self.world.model.contents(queue) {
            *self.copies.get_mut(&id_of(&content)).unwrap() -= 1;
        }
        let stood = self.world.step(|model| model.delete_queue(queue));
        assert_eq!(self.gone.insert(queue), stood);
    }

    fn publish(&mut self, route: Route) {
        let id = format!("{:06}", self.copies.len() + self.held.len());
        match self.world.publish(slotted(message(route.exchange, route.key, &id), route.slot)) {
            Publishing::Answered { answer, .. } => self.answered(id, route, answer),
            Publishing::NotSent { .. } => self.answered(id, route, Answer::Unknown),
            Publishing::Held(publish) => {
                self.held.insert(publish, (id, route));
            }
        }
    }

    fn answered(&mut self, id: String, route: Route, answer: Answer) {
        let copies = self.copies_of(&id);
        let reached = route.reached(&self.gone);
        let count = reached.as_ref().map_or(0, Vec::len);
        match answer {
            Answer::Routed => {
                let holds = |queue: &&str| self.world.model.contents(queue).iter().any(|(_, one)| id_of(one) == id);
                let holding: BTreeSet<&str> = QUEUES.into_iter().filter(holds).collect();
                assert_eq!((holding, copies), (reached.into_iter().flatten().collect(), count), "{id} routed");
                assert!(count > 0, "{id} routed");
            }
            Answer::Unrouted => assert_eq!((copies, reached), (0, Some(Vec::new())), "{id} unrouted"),
            Answer::Refused => assert!(reached.is_none() || copies < count, "{id} refused: {copies} of {count}"),
            Answer::Unknown => assert_eq!(copies, 0, "{id} was lost with the connection, or never sent"),
        }
        self.copies.insert(id, copies);
    }

    fn consume(&mut self, queue: &'static str, prefetch: u16) {
        let client = self.world.client;
        if let Ok(channel) = self.world.step(|model| model.consume(client, queue, prefetch)) {
            self.readers.insert(channel, Reader { queue, prefetch, out: BTreeMap::new() });
        }
    }

    fn reader(&self, index: usize) -> Option<ChannelId> {
        self.readers.keys().nth(index).copied()
    }

    /// A delivery that is out.
    fn pick(&self, channel: usize, tag: usize) -> Option<(ChannelId, Tag)> {
        let channel = self.reader(channel)?;
        Some((channel, *self.readers[&channel].out.keys().nth(tag)?))
    }

    fn settle(&mut self, channel: ChannelId, settlement: Settlement) {
        assert!(self.world.settle(channel, settlement));
        let out = &mut self.readers.get_mut(&channel).unwrap().out;
        let is_settled = |tag: Tag| match settlement {
            Settlement::Ack { tag: last, multiple } => tag == last || (multiple && tag < last && last != Tag::MAX),
            Settlement::GiveBack { tag: one } => tag == one,
        };
        let settled: Vec<String> = out.extract_if(.., |tag, _| is_settled(*tag)).map(|(_, id)| id).collect();
        if let Settlement::Ack { .. } = settlement {
            for id in settled {
                *self.acknowledged.entry(id).or_default() += 1;
            }
        }
    }

    /// Follows what the model said since the last step.
    fn take_news(&mut self) {
        for (channel, delivery) in std::mem::take(&mut self.world.deliveries) {
            let reader = self.readers.get_mut(&channel).unwrap();
            let id = id_of(&delivery.content);
            if delivery.returns == 0 && IN_ORDER.contains(&reader.queue) {
                let before = self.last_fresh.insert(reader.queue, id.clone());
                assert!(before < Some(id.clone()), "{} gave {id} after {before:?}", reader.queue);
            }
            reader.out.insert(delivery.tag, id);
        }
        for (channel, _) in std::mem::take(&mut self.world.closed) {
            self.readers.remove(&channel);
        }
        for (publish, answer) in std::mem::take(&mut self.world.answers) {
            let (id, route) = self.held.remove(&publish).unwrap();
            self.answered(id, route, answer);
        }
    }

    fn copies_of(&self, id: &str) -> usize {
        let contents = QUEUES.iter().flat_map(|queue| self.world.model.contents(queue));
        let stored = contents.filter(|(_, content)| id_of(content) == id).count();
        stored + self.acknowledged.get(id).copied().unwrap_or_default()
    }

    fn check(&self) {
        for (id, copies) in &self.copies {
            assert_eq!(self.copies_of(id), *copies, "copies of {id}");
        }
        for reader in self.readers.values() {
            assert!(
                reader.out.len() <= usize::from(reader.prefetch),
                "prefetch {} of {}",
                reader.prefetch,
                reader.queue
            );
        }
        for queue in QUEUES {
            self.check_queue(queue);
        }
        let at_work =
            [WORK, OTHER, FIRST, SECOND, WAIT].iter().any(|queue| !self.world.model.contents(queue).is_empty());
        assert_eq!(self.world.model.is_idle(), !at_work && self.held.is_empty());
        let dead = QUEUES.iter().any(|queue| !self.world.at(Place::Dead, queue).is_empty());
        let waits = !self.world.ready(WAIT).is_empty();
        assert_eq!(self.world.model.deadline().is_some(), dead || waits);
        assert!(self.world.model.deadline().is_none_or(|at| at > self.world.now), "nothing is overdue");
    }

    fn check_queue(&self, queue: &str) {
        let readers: Vec<&Reader> = self.readers.values().filter(|reader| reader.queue == queue).collect();
        let mut out: Vec<&String> = readers.iter().flat_map(|reader| reader.out.values()).collect();
        let mut unacked = self.world.at(Place::Unacked, queue);
        out.sort();
        unacked.sort();
        assert_eq!(unacked.iter().collect::<Vec<_>>(), out, "out at consumers of {queue}");

        let ready = self.world.ready(queue);
        if IN_ORDER.contains(&queue) {
            assert!(ready.is_sorted(), "{queue} is in order: {ready:?}");
        }
        let has_room = |reader: &&Reader| reader.out.len() < usize::from(reader.prefetch);
        let single = SINGLE_ACTIVE.contains(&queue);
        let idle = if single { readers.first().is_some_and(has_room) } else { readers.iter().any(has_room) };
        assert!(!single || readers.iter().skip(1).all(|reader| reader.out.is_empty()), "{queue} has one active reader");
        assert!(ready.is_empty() || !idle, "{queue} keeps {ready:?} from a consumer with room");
        let depth = self.world.model.depth(queue).map(|depth| (depth.ready, depth.consumers));
        let expected = (ready.len() as u64, readers.len() as u64);
        assert_eq!(depth, Some(expected).filter(|_| !self.gone.contains(queue)), "{queue}");
    }

    /// Once nothing goes wrong any more, consumers of every queue get everything.
    fn finish(&mut self) {
        self.act(&Step::Unblock);
        self.act(&Step::Reconnect);
        self.act(&Step::Restore);
        (0..QUEUES.len()).for_each(|queue| self.act(&Step::Consume { queue, prefetch: 100 }));
        for _ in 0..200 {
            while let Some((channel, last)) =
                self.readers.iter().find_map(|(channel, reader)| Some((*channel, *reader.out.keys().next_back()?)))
            {
                self.settle(channel, ack_up_to(last));
                self.take_news();
                self.check();
            }
            if QUEUES.iter().all(|queue| self.world.model.contents(queue).is_empty()) {
                break;
            }
            self.act(&Step::Pass { ms: 200_000 });
        }
        let expected: BTreeMap<&String, usize> =
            self.copies.iter().filter(|(_, copies)| **copies > 0).map(|(id, copies)| (id, *copies)).collect();
        let acknowledged: BTreeMap<&String, usize> = self.acknowledged.iter().map(|(id, count)| (id, *count)).collect();
        assert_eq!(acknowledged, expected);
        assert!(self.world.model.is_idle());
    }
}

proptest! {
    #[test]
    fn every_copy_is_in_one_place_in_order_and_within_the_prefetch(steps in proptest::collection::vec(step(), 1..80)) {
        let mut history = History::new();
        for step in &steps {
            history.act(step);
        }
        history.finish();
    }

    #[test]
    fn the_same_inputs_come_to_the_same(steps in proptest::collection::vec(step(), 1..60)) {
        let run = || {
            let mut history = History::new();
            for step in &steps {
                history.act(step);
            }
            let out: Vec<_> = history.readers.into_values().map(|reader| (reader.queue, reader.out)).collect();
            let contents = QUEUES.map(|queue| history.world.model.contents(queue));
            (out, contents, history.world.model.activity(), history.copies, history.acknowledged)
        };
        prop_assert_eq!(run(), run());
    }
}
