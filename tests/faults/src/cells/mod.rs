//! The cells of the fault matrix: what is broken in each, and how it is run.

mod broker;
mod cluster;
mod handler;
mod network;
mod redrive;
mod topology;
mod worker;

use anyhow::Result;
use clap::ValueEnum;

use crate::{lab::Lab, order::Order, report::Report};

/// A cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Cell {
    F1,
    F7,
    F9,
    F10,
    F11,
    F12,
    F13,
    F14,
    F15,
    F16,
    F17,
    F18,
    F19,
    F20,
    F22,
    F29,
    F2,
    F3,
    F4,
    F5,
    F6,
}

impl Cell {
    /// Those that take a few minutes on one node.
    pub const QUICK: [Self; 10] =
        [Self::F1, Self::F7, Self::F9, Self::F10, Self::F13, Self::F16, Self::F17, Self::F19, Self::F20, Self::F29];

    /// All of them, those of the cluster last, so that servers are started once.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Its name.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What is broken.
    pub fn what(self) -> &'static str {
        match self {
            Self::F1 => "the broker is killed (`kill -9`) and started again",
            Self::F2 => "the leader of three nodes is killed under load",
            Self::F3 => "two of three nodes are killed, and all started again",
            Self::F4 => "the leader is frozen (`SIGSTOP`) for 10 s",
            Self::F5 => "the leader is cut off from the two others for 20 s",
            Self::F6 => "every node is stopped and started, one after the other",
            Self::F7 => "workers are killed (`kill -9`) at eight named points and at random",
            Self::F9 => "workers are stopped (`SIGTERM`) under load",
            Self::F10 => "connections are reset in the middle of frames",
            Self::F11 => "a black hole: connections stay open and nothing passes",
            Self::F12 => "a slow link: 150 to 250 ms each way, 64 KB/s",
            Self::F13 => "the broker's memory alarm, with events in the queues",
            Self::F14 => "the broker's disk alarm",
            Self::F15 => "a queue at its length limit refuses",
            Self::F16 => "a binding is missing, then the exchange is deleted",
            Self::F17 => "queues are deleted, consumers cancelled, connections closed",
            Self::F18 => "handlers take longer than `consumer_timeout`: channels end with 406",
            Self::F19 => "poison of ten kinds between good events",
            Self::F20 => "every event is published 50 times at once, to two workers",
            Self::F22 => "the parked queues are missing, then full",
            Self::F29 => "a redrive is killed on the way and run twice again, under load",
        }
    }

    /// Runs it. An error says why it could not be run to its end.
    pub async fn run(self, lab: &mut Lab, order: &Order) -> Result<Report> {
        let result = match self {
            Self::F1 => broker::killed(lab, order).await,
            Self::F2 => cluster::leader_killed(lab, order).await,
            Self::F3 => cluster::majority_killed(lab, order).await,
            Self::F4 => cluster::leader_frozen(lab, order).await,
            Self::F5 => cluster::partitioned(lab, order).await,
            Self::F6 => cluster::rolling_restart(lab, order).await,
            Self::F7 => worker::killed(lab, order).await,
            Self::F9 => worker::terminated(lab, order).await,
            Self::F10 => network::reset(lab, order).await,
            Self::F11 => network::black_hole(lab, order).await,
            Self::F12 => network::slow(lab, order).await,
            Self::F13 => broker::out_of_memory(lab, order).await,
            Self::F14 => broker::out_of_disk(lab, order).await,
            Self::F15 => broker::full(lab, order).await,
            Self::F16 => topology::unroutable(lab, order).await,
            Self::F17 => topology::deleted(lab, order).await,
            Self::F18 => handler::too_slow(lab, order).await,
            Self::F19 => handler::poisoned(lab, order).await,
            Self::F20 => handler::repeated(lab, order).await,
            Self::F22 => topology::parked_away(lab, order).await,
            Self::F29 => redrive::killed(lab, order).await,
        };
        if result.as_ref().map_or(true, |report| !report.is_clean()) {
            lab.clear();
        }
        result
    }
}
