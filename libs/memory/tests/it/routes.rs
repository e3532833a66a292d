//! Ways to publish, and which queues each reaches: what a test knows besides the model.

use std::collections::BTreeSet;

use crate::world::{COPIES, EXCHANGE, OTHER, PARTITIONS, SLOTLESS, SPLITTER, UNROUTED, WAIT, WORK};

/// The two partitions.
pub const FIRST: &str = PARTITIONS[0];
pub const SECOND: &str = PARTITIONS[1];

/// A way to publish.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub exchange: &'static str,
    pub key: &'static str,
    pub slot: Option<i64>,
    /// The queues that its exchange has bindings for.
    queues: &'static [&'static str],
    /// The partition of its slot, if it comes to the splitter with one.
    partition: Option<&'static str>,
    comes_to_splitter: bool,
}

impl Route {
    /// The queues that a message reaches when some queues and exchanges are gone. None: there is no such exchange.
    pub fn reached(&self, gone: &BTreeSet<&'static str>) -> Option<Vec<&'static str>> {
        let stands = |name: &&'static str| !gone.contains(name);
        if !stands(&self.exchange) {
            return None;
        }
        let mut queues: Vec<&'static str> = self.queues.iter().copied().filter(stands).collect();
        if self.comes_to_splitter && stands(&SPLITTER) {
            let slotless = || Some(FIRST).filter(|first| stands(&SLOTLESS) && stands(first));
            queues.extend(self.partition.filter(stands).or_else(slotless));
        }
        Some(queues)
    }
}

const fn straight(queue: &'static [&'static str; 1]) -> Route {
    let [key] = *queue;
    Route { exchange: "", key, slot: None, queues: queue, partition: None, comes_to_splitter: false }
}

const fn direct(key: &'static str, queues: &'static [&'static str]) -> Route {
    Route { exchange: COPIES, key, slot: None, queues, partition: None, comes_to_splitter: false }
}

const fn posted(slot: Option<i64>, partition: Option<&'static str>) -> Route {
    let key = "gradebook.grade.posted";
    Route { exchange: EXCHANGE, key, slot, queues: &[WORK, OTHER], partition, comes_to_splitter: true }
}

const fn unsplit(key: &'static str, queues: &'static [&'static str]) -> Route {
    Route { exchange: EXCHANGE, key, slot: Some(1), queues, partition: None, comes_to_splitter: false }
}

/// Ways to publish that reach two queues, one, none, and the partitions.
pub const ROUTES: [Route; 12] = [
    posted(None, None),
    posted(Some(64), None),
    posted(Some(0), Some(FIRST)),
    posted(Some(31), Some(FIRST)),
    posted(Some(32), Some(SECOND)),
    unsplit("gradebook.category.defined", &[WORK]),
    unsplit("kyc.document.verified", &[]),
    straight(&[WAIT]),
    straight(&[OTHER]),
    straight(&[UNROUTED]),
    direct(WORK, &[WORK]),
    direct(OTHER, &[]),
];
