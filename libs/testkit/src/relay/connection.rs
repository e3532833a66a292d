//! One relayed connection: a line of chunks each way.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::line::{Faults, Line};
use super::{FlowMeter, Meters};

/// The most that is read at once.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks under way in one direction; beyond that the sender feels it.
const CHUNKS_UNDER_WAY: usize = 256;

/// How a connection goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// In order, with a FIN.
    Close,
    /// With a RST, and whatever was under way is lost.
    Reset,
}

pub(super) struct Connection {
    pub number: u64,
    pub target: SocketAddr,
    pub faults: watch::Receiver<Faults>,
    pub meters: Arc<Meters>,
}

/// Bytes and the moment when they arrive at the other end.
type Chunk = (Instant, Vec<u8>);

impl Connection {
    /// Carries bytes until both sides have finished, one of them fails, or an ending is ordered.
    pub async fn carry(self, mut client: TcpStream, mut endings: watch::Receiver<Option<Ending>>) {
        let _open = OpenGuard::new(&self.meters);
        let mut server = None;
        let ending = tokio::select! {
            ending = ordered(&mut endings) => ending,
            result = self.connect_and_pump(&mut client, &mut server) => match result {
                Ok(()) => Ending::Close,
                Err(_) => Ending::Reset, // a failure on one side looks like one on the other
            },
        };
        if ending == Ending::Reset {
            for stream in server.iter().chain([&client]) {
                if let Err(error) = stream.set_zero_linger() {
                    tracing::debug!(%error, "the connection was already down");
                }
            }
        }
    }

    async fn connect_and_pump(&self, client: &mut TcpStream, server: &mut Option<TcpStream>) -> io::Result<()> {
        out_of_black_hole(&mut self.faults.clone()).await?;
        let server = server.insert(TcpStream::connect(self.target).await?);
        for stream in [&*client, &*server] {
            stream.set_nodelay(true)?; // or the kernel would put slices together again
        }
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::try_join!(
            self.pump(from_client, to_server, Line::new(self.number, 0), &self.meters.to_server),
            self.pump(from_server, to_client, Line::new(self.number, 1), &self.meters.to_client),
        )?;
        Ok(())
    }

    async fn pump(&self, from: ReadHalf<'_>, to: WriteHalf<'_>, line: Line, meter: &FlowMeter) -> io::Result<()> {
        let (queue, chunks) = mpsc::channel(CHUNKS_UNDER_WAY);
        tokio::try_join!(
            take(from, queue, line, self.faults.clone()),
            deliver(chunks, to, self.faults.clone(), meter)
        )?;
        Ok(())
    }
}

/// Reads chunks and puts them on the line until the sender has finished.
async fn take(
    mut from: ReadHalf<'_>,
    queue: mpsc::Sender<Chunk>,
    mut line: Line,
    faults: watch::Receiver<Faults>,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let faults = *faults.borrow();
        for slice in buffer[..length].chunks(faults.slice.unwrap_or(CHUNK_BYTES)) {
            let due = line.due(Instant::now(), slice.len(), &faults);
            queue.send((due, slice.to_vec())).await.map_err(io::Error::other)?;
        }
    }
}

/// Writes chunks when they are due, and the end after the last one.
async fn deliver(
    mut chunks: mpsc::Receiver<Chunk>,
    mut to: WriteHalf<'_>,
    mut faults: watch::Receiver<Faults>,
    meter: &FlowMeter,
) -> io::Result<()> {
    while let Some((due, bytes)) = chunks.recv().await {
        if due > Instant::now() {
            sleep_until(due).await;
        }
        out_of_black_hole(&mut faults).await?;
        to.write_all(&bytes).await?;
        meter.wrote(bytes.len());
    }
    out_of_black_hole(&mut faults).await?;
    to.shutdown().await
}

async fn out_of_black_hole(faults: &mut watch::Receiver<Faults>) -> io::Result<()> {
    faults.wait_for(|faults| !faults.black_hole).await.map(drop).map_err(io::Error::other)
}

async fn ordered(endings: &mut watch::Receiver<Option<Ending>>) -> Ending {
    // Without a relay nobody orders any more, and everything is being dropped anyway.
    endings.wait_for(Option::is_some).await.ok().and_then(|ending| *ending).unwrap_or(Ending::Close)
}

/// Counts a connection as open for as long as it is carried, also when its task is aborted.
struct OpenGuard<'a>(&'a Meters);

impl<'a> OpenGuard<'a> {
    fn new(meters: &'a Meters) -> Self {
        meters.open.fetch_add(1, Ordering::Relaxed);
        Self(meters)
    }
}

impl Drop for OpenGuard<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
