//! A TCP relay that breaks the network on demand.
//!
//! It stands between a client and a server and forwards bytes both ways until told otherwise. [`Relay::heal`] undoes
//! every fault. Faults that shape the traffic are deterministic: the same seed and the same chunks give the same delays.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let server_addr = server.local_addr()?;
//! use fabric_testkit::relay::Relay;
//!
//! let relay = Relay::start(server_addr).await?;
//! let client = tokio::net::TcpStream::connect(relay.addr()).await?;
//! relay.delay(20, 10, 1); // 20 to 30 ms each way
//! relay.cut().await?; // connections are closed, new ones refused
//! relay.heal().await?;
//! # Ok(())
//! # }
//! ```

mod connection;
mod door;
mod fuse;
mod line;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::sync::{mpsc, oneshot, watch};

use crate::wait::free_port;
use door::{Door, Order, Verb};
use fuse::Fuse;
use line::{Delay, Faults};

/// Orders that wait for the door at once; each waits for its answer, so this is the number of concurrent callers.
const WAITING_ORDERS: usize = 8;

/// A relay in front of one server; dropping it closes everything.
#[derive(Debug)]
pub struct Relay {
    addr: SocketAddr,
    orders: mpsc::Sender<Order>,
    faults: watch::Sender<Faults>,
    fuse: Arc<Fuse>,
    meters: Arc<Meters>,
}

/// What has passed a relay since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayCounts {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections that exist now.
    pub open: usize,
    /// From the clients to the server.
    pub to_server: Flow,
    /// From the server to the clients.
    pub to_client: Flow,
}

/// What went in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Bytes forwarded.
    pub bytes: u64,
    /// Writes they were forwarded in.
    pub writes: u64,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1 and forwards to `target`, which need not be up yet: a client is reset when the
    /// server does not take its connection.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let (orders, taken) = mpsc::channel(WAITING_ORDERS);
        let faults = watch::Sender::new(Faults::default());
        let (fuse, meters) = (Arc::new(Fuse::default()), Arc::new(Meters::default()));
        let line =
            SharedLine { target, faults: faults.subscribe(), fuse: Arc::clone(&fuse), meters: Arc::clone(&meters) };
        tokio::spawn(Door::open(addr, line).await?.run(taken));
        Ok(Self { addr, orders, faults, fuse, meters })
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes all connections and refuses new ones until [`Relay::heal`].
    pub async fn cut(&self) -> Result<()> {
        self.order(Verb::Cut).await
    }

    /// Aborts all connections with a TCP reset. New ones are accepted.
    pub async fn reset(&self) -> Result<()> {
        self.order(Verb::Reset).await
    }

    /// Lets exactly so many more bytes go to the server and then aborts the connection that they went by with a TCP reset,
    /// so that a frame arrives in part. Bytes of all connections count, later ones go on; it happens once.
    pub fn reset_after_bytes(&self, bytes: u64) {
        self.fuse.set(Some(bytes));
    }

    /// Lifts every fault and accepts connections again. Connections that a black hole held go on where they were.
    pub async fn heal(&self) -> Result<()> {
        self.faults.send_replace(Faults::default());
        self.fuse.set(None);
        self.order(Verb::Heal).await
    }

    /// Delays every chunk of bytes by `delay_ms` plus up to `jitter_ms`, each way, drawn from `seed`. Order is kept, and
    /// chunks under way do not wait for one another: it is latency, not throughput.
    pub fn delay(&self, delay_ms: u64, jitter_ms: u64, seed: u64) {
        self.faults.send_modify(|faults| faults.delay = Some(Delay { base_ms: delay_ms, jitter_ms, seed }));
    }

    /// Lets at most so many bytes a second pass, per connection and direction; 0 counts as 1.
    pub fn bandwidth(&self, bytes_per_s: u64) {
        self.faults.send_modify(|faults| faults.bytes_per_s = Some(bytes_per_s.max(1)));
    }

    /// Keeps connections open, accepts new ones, and forwards nothing, not even their end.
    pub fn black_hole(&self) {
        self.faults.send_modify(|faults| faults.black_hole = true);
    }

    /// Forwards in writes of at most so many bytes, so that frames arrive in pieces; 0 counts as 1.
    pub fn slice(&self, max_bytes: usize) {
        self.faults.send_modify(|faults| faults.slice = Some(max_bytes.max(1)));
    }

    /// What has passed so far.
    pub fn counts(&self) -> RelayCounts {
        let meters = &self.meters;
        RelayCounts {
            accepted: meters.accepted.load(Ordering::Relaxed),
            open: meters.open.load(Ordering::Relaxed),
            to_server: meters.to_server.read(),
            to_client: meters.to_client.read(),
        }
    }

    async fn order(&self, verb: Verb) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.orders.send(Order { verb, done }).await.ok().context("the relay has stopped")?;
        answer.await.context("the relay has stopped")?
    }
}

/// What all connections of a relay have in common.
#[derive(Clone, Debug)]
struct SharedLine {
    target: SocketAddr,
    faults: watch::Receiver<Faults>,
    fuse: Arc<Fuse>,
    meters: Arc<Meters>,
}

#[derive(Debug, Default)]
struct Meters {
    accepted: AtomicU64,
    open: AtomicUsize,
    to_server: FlowMeter,
    to_client: FlowMeter,
}

#[derive(Debug, Default)]
struct FlowMeter {
    bytes: AtomicU64,
    writes: AtomicU64,
}

impl FlowMeter {
    fn wrote(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Flow {
        Flow { bytes: self.bytes.load(Ordering::Relaxed), writes: self.writes.load(Ordering::Relaxed) }
    }
}
