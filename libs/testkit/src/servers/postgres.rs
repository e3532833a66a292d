//! A private PostgreSQL.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::installed::{Server, installed};
use super::process::{Launch, Process, User, bare_command, new_folder};
use crate::wait::free_port;

const START_DEADLINE: Duration = Duration::from_mins(1);
const COMMAND_DEADLINE: Duration = Duration::from_mins(1);

/// A private PostgreSQL whose superuser `postgres` needs no password.
///
/// It runs with `fsync` off: [`Postgres::kill`] ends processes, and what they have written to the kernel stays written.
/// Started by root it runs as the user `postgres`, as it refuses to be root.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
}

impl Postgres {
    /// Creates a database cluster, starts its server and waits until it answers. Fails when PostgreSQL is not
    /// installed or does not come up within a minute.
    pub async fn start() -> Result<Self> {
        let programs = installed(Server::Postgres)?;
        let port = free_port()?;
        let user = unprivileged_user()?;
        let folder = new_folder("postgres", user)?;
        let data = folder.path().join("data");
        initdb(programs, &data, user).await?;

        let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "logging_collector=off"];
        let mut command: Vec<OsString> = vec![programs.join("postgres").into(), "-D".into(), data.into()];
        command.extend(["-p".into(), port.to_string().into()]);
        command.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
        let process = Process::supervise(
            folder,
            // Killed, it would leave its System V shared memory behind for ever; on SIGQUIT it removes that at once.
            Launch { name: "postgres", command, env: Vec::new(), user, ending: "QUIT" },
        )?;
        let mut postgres = Self { process, port };
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// `postgres://postgres@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> String {
        self.url_at(self.addr())
    }

    /// The same by way of another address, a [`Relay`](crate::relay::Relay)'s for instance.
    pub fn url_at(&self, addr: SocketAddr) -> String {
        format!("postgres://postgres@{addr}/postgres")
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port of [`Postgres::addr`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The folder of its data and log, removed with the value.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// Runs statements with `psql` and returns the rows: one a line, columns parted by `|`. Fails with psql's message at
    /// the first statement that fails.
    pub async fn sql(&self, statements: &str) -> Result<String> {
        let psql = installed(Server::Postgres)?.join("psql");
        let mut command = bare_command(psql, &[], None);
        command.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]);
        command.args(["--dbname", &self.url(), "--command", statements]);
        run(command).await.context("psql")
    }

    /// Kills the server and its backends with `SIGKILL`; they are gone on return.
    #[expect(clippy::unused_async, reason = "alike on all servers, and free to wait later")]
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts the killed server again on the same port with the same data.
    pub async fn start_again(&mut self) -> Result<()> {
        let addr = self.addr();
        self.process.start(START_DEADLINE, || accepts_sessions(addr)).await
    }
}

async fn initdb(programs: &Path, data: &Path, user: Option<User>) -> Result<()> {
    let mut command = bare_command(programs.join("initdb"), &[], user);
    command.arg("--pgdata").arg(data);
    command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    command.current_dir(data.parent().unwrap_or(data));
    run(command).await.context("initdb")?;
    Ok(())
}

/// Runs a command to its end and returns its standard output.
async fn run(command: Command) -> Result<String> {
    let mut command = tokio::process::Command::from(command);
    let finished = timeout(COMMAND_DEADLINE, command.kill_on_drop(true).output()).await;
    let Output { status, stdout, stderr } = finished.context("did not end in time")??;
    ensure!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr).trim_end());
    Ok(String::from_utf8(stdout)?.trim_end().to_owned())
}

/// Whom the server runs as when the caller is root.
fn unprivileged_user() -> Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let id = |kind: &str| -> Result<u32> {
        let output = Command::new("id").args([kind, "postgres"]).output()?;
        ensure!(output.status.success(), "there is no user `postgres` to run as instead of root");
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    };
    Ok(Some(User { uid: id("-u")?, gid: id("-g")? }))
}

/// Whether a session can be opened: a start-up message is answered with an `R` (authentication), while a server that
/// still recovers answers `E` (error).
async fn accepts_sessions(addr: SocketAddr) -> Result<bool> {
    const PROTOCOL_3_0: u32 = 196_608;
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(8 + parameters.len())?;

    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(&[&length.to_be_bytes(), &PROTOCOL_3_0.to_be_bytes(), &parameters[..]].concat()).await?;
    Ok(stream.read_u8().await? == b'R')
}
