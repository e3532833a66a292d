//! What is particular about an experiment.

use std::{net::SocketAddr, time::Duration};

use crate::load::Mix;

/// What is particular about an experiment.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the driver connects to, through its relay.
    pub publish_to: SocketAddr,
    /// Where the workers connect to, through theirs.
    pub consume_from: SocketAddr,
    /// The virtual host.
    pub vhost: String,
    /// How many workers there are.
    pub workers: usize,
    /// After twice this without a word from the broker its connection is given up, in seconds.
    pub heartbeat_s: u16,
    /// The longest that a handler takes, in milliseconds.
    pub handle_ms: u64,
    /// How long a handler may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long stopping may take, in milliseconds.
    pub grace_ms: u64,
    /// What is published.
    pub mix: Mix,
    /// How long things may take to go on after the fault.
    pub recovery_max: Duration,
    /// The longest time without a confirm, if that is bounded.
    pub gap_max: Option<Duration>,
    /// Whether events may be handled twice.
    pub duplicates: bool,
    /// How long it may take from then until everything is accounted for.
    pub settle_max: Duration,
}

impl Setup {
    /// The usual experiment at a broker.
    pub fn at(addr: SocketAddr, vhost: &str) -> Self {
        Self {
            publish_to: addr,
            consume_from: addr,
            vhost: vhost.to_owned(),
            workers: 2,
            heartbeat_s: 5,
            handle_ms: 5,
            timeout_ms: 5_000,
            grace_ms: 10_000,
            mix: Mix::default(),
            recovery_max: Duration::from_secs(10),
            gap_max: None,
            duplicates: true,
            settle_max: Duration::from_secs(45),
        }
    }
}
