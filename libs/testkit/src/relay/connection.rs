//! One relayed connection: a line of chunks each way.

use std::io;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::fuse::{Fuse, Passage};
use super::line::{Faults, Line};
use super::{FlowMeter, Meters, SharedLine};

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
    pub shared: SharedLine,
}

/// What lies at the far end of one direction.
struct Exit<'a> {
    faults: watch::Receiver<Faults>,
    fuse: Option<&'a Fuse>,
    meter: &'a FlowMeter,
}

/// Bytes and the moment when they arrive at the other end.
type Chunk = (Instant, Vec<u8>);

impl Connection {
    /// Carries bytes until both sides have finished, one of them fails, or an ending is ordered.
    pub async fn carry(self, mut client: TcpStream, mut endings: watch::Receiver<Option<Ending>>) {
        let _open = OpenGuard::new(&self.shared.meters);
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
        let SharedLine { target, faults, fuse, meters } = &self.shared;
        out_of_black_hole(&mut faults.clone()).await?;
        let server = server.insert(TcpStream::connect(*target).await?);
        for stream in [&*client, &*server] {
            stream.set_nodelay(true)?; // or the kernel would put slices together again
        }
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let server_exit = Exit { faults: faults.clone(), fuse: Some(fuse), meter: &meters.to_server };
        let client_exit = Exit { faults: faults.clone(), fuse: None, meter: &meters.to_client };
        tokio::try_join!(
            pump(from_client, to_server, Line::new(self.number, 0), server_exit),
            pump(from_server, to_client, Line::new(self.number, 1), client_exit),
        )?;
        Ok(())
    }
}

async fn pump(from: ReadHalf<'_>, to: WriteHalf<'_>, line: Line, exit: Exit<'_>) -> io::Result<()> {
    let (queue, chunks) = mpsc::channel(CHUNKS_UNDER_WAY);
    let faults = exit.faults.clone();
    tokio::try_join!(take(from, queue, line, faults), exit.deliver(chunks, to))?;
    Ok(())
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

impl Exit<'_> {
    /// Writes chunks when they are due, and the end after the last one.
    async fn deliver(mut self, mut chunks: mpsc::Receiver<Chunk>, mut to: WriteHalf<'_>) -> io::Result<()> {
        while let Some((due, bytes)) = chunks.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            out_of_black_hole(&mut self.faults).await?;
            self.write(&mut to, &bytes).await?;
        }
        out_of_black_hole(&mut self.faults).await?;
        to.shutdown().await
    }

    async fn write(&self, to: &mut WriteHalf<'_>, bytes: &[u8]) -> io::Result<()> {
        let passage = self.fuse.map_or(Passage::Whole, |fuse| fuse.pass(bytes.len()));
        let passing = match passage {
            Passage::Whole => bytes,
            Passage::Part(length) => &bytes[..length],
        };
        to.write_all(passing).await?;
        self.meter.wrote(passing.len());
        if passage == Passage::Whole { Ok(()) } else { Err(io::ErrorKind::ConnectionReset.into()) }
    }
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
