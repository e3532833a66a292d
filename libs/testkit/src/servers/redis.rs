//! A private Redis.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::installed::{Server, installed};
use super::process::{Launch, Process, new_folder};
use crate::wait::free_port;

const START_DEADLINE: Duration = Duration::from_secs(20);

/// A private Redis with an append-only file, so that what it has answered survives [`Redis::kill`].
#[derive(Debug)]
pub struct Redis {
    process: Process,
    port: u16,
}

impl Redis {
    /// Starts a server and waits until it answers. Fails when Redis is not installed or does not come up within 20 s.
    pub async fn start() -> Result<Self> {
        let program = installed(Server::Redis)?;
        let port = free_port()?;
        let port_text = port.to_string();
        let folder = new_folder("redis", None)?;
        let options =
            ["--bind", "127.0.0.1", "--port", &port_text, "--daemonize", "no", "--save", "", "--appendonly", "yes"];
        let process = Process::supervise(
            folder,
            Launch {
                name: "redis-server",
                command: std::iter::once(program.into()).chain(options.map(Into::into)).collect(),
                env: Vec::new(),
                user: None,
                ending: "KILL",
            },
        )?;
        let mut redis = Self { process, port };
        redis.start_again().await?;
        Ok(redis)
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.url_at(self.addr())
    }

    /// The same by way of another address, a [`Relay`](crate::relay::Relay)'s for instance.
    pub fn url_at(&self, addr: SocketAddr) -> String {
        format!("redis://{addr}")
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port of [`Redis::addr`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The folder of its data and log, removed with the value.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// Kills the server with `SIGKILL`; it is gone on return.
    #[expect(clippy::unused_async, reason = "alike on all servers, and free to wait later")]
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts the killed server again on the same port with the same data.
    pub async fn start_again(&mut self) -> Result<()> {
        let addr = self.addr();
        self.process.start(START_DEADLINE, || ping(addr)).await
    }

    /// Freezes the server (`SIGSTOP`): connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<()> {
        self.process.signal(Signal::STOP)
    }

    /// Lets a frozen server go on.
    pub fn resume(&mut self) -> Result<()> {
        self.process.signal(Signal::CONT)
    }
}

/// Whether a Redis answers there and has finished loading its data.
async fn ping(addr: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    ensure!(&answer == b"+PONG\r\n", "answered {:?}", String::from_utf8_lossy(&answer));
    Ok(true)
}
