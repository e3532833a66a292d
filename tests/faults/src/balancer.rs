//! What stands before a cluster: it gives each connection to the first node that takes it.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Duration, timeout},
};
use tokio_util::task::AbortOnDropHandle;

/// A node that does not take a connection within this is passed over.
const CONNECT_DEADLINE: Duration = Duration::from_millis(500);

/// Balances until it is dropped.
#[derive(Debug)]
pub struct Balancer {
    addr: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Balancer {
    /// Stands before these nodes, of which the first is preferred.
    pub async fn start(nodes: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, nodes.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { addr, _task: AbortOnDropHandle::new(task) })
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// Without a node that takes it the client's connection is closed.
async fn forward(mut client: TcpStream, nodes: Vec<SocketAddr>) {
    for node in nodes {
        if let Ok(Ok(mut server)) = timeout(CONNECT_DEADLINE, TcpStream::connect(node)).await {
            if let Err(error) = copy_bidirectional(&mut client, &mut server).await {
                tracing::debug!(%error, "a connection through the balancer was lost");
            }
            return;
        }
    }
}
