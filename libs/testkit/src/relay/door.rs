//! The task behind a relay: it owns the listening socket and all connections, and takes orders.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::SharedLine;
use super::connection::{Connection, Ending};

/// What the door is told to do, and where it says that it is done.
#[derive(Debug)]
pub(super) struct Order {
    pub verb: Verb,
    pub done: oneshot::Sender<Result<()>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    Cut,
    Reset,
    Heal,
}

pub(super) struct Door {
    addr: SocketAddr,
    line: SharedLine,
    /// `None` while the network is cut: without a listener the kernel refuses connections.
    listener: Option<TcpListener>,
    connections: JoinSet<()>,
    /// Tells the present connections how to end; replaced for those to come.
    endings: watch::Sender<Option<Ending>>,
}

impl Door {
    pub async fn open(addr: SocketAddr, line: SharedLine) -> Result<Self> {
        let listener = Some(listen(addr).await?);
        let (connections, endings) = (JoinSet::new(), watch::Sender::new(None));
        Ok(Self { addr, line, listener, connections, endings })
    }

    /// Serves until the relay is dropped.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(Order { verb, done }) = order else { return };
                    // Whoever gave the order may have stopped waiting, which changes nothing.
                    let _ = done.send(self.obey(verb).await);
                }
                client = accept(self.listener.as_ref()) => match client {
                    Ok(client) => self.admit(client),
                    Err(error) => {
                        tracing::error!(%error, "the relay cannot accept and closes its door");
                        self.listener = None;
                    }
                },
                Some(_ended) = self.connections.join_next() => {}
            }
        }
    }

    async fn obey(&mut self, verb: Verb) -> Result<()> {
        match verb {
            Verb::Cut => {
                self.listener = None;
                self.end_all(Ending::Close).await;
            }
            Verb::Reset => self.end_all(Ending::Reset).await,
            Verb::Heal if self.listener.is_none() => self.listener = Some(listen(self.addr).await?),
            Verb::Heal => {}
        }
        Ok(())
    }

    async fn end_all(&mut self, ending: Ending) {
        self.endings.send_replace(Some(ending));
        while self.connections.join_next().await.is_some() {}
        self.endings = watch::Sender::new(None);
    }

    fn admit(&mut self, client: TcpStream) {
        let number = self.line.meters.accepted.fetch_add(1, Ordering::Relaxed);
        let connection = Connection { number, shared: self.line.clone() };
        self.connections.spawn(connection.carry(client, self.endings.subscribe()));
    }
}

async fn listen(addr: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| format!("the relay cannot listen on {addr}"))
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<TcpStream> {
    match listener {
        Some(listener) => Ok(listener.accept().await?.0),
        None => std::future::pending().await,
    }
}
