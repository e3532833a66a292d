//! One server process under a supervisor that ends it with the value or with the test process, whichever goes first.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::wait::eventually;

const SUPERVISOR: &str = include_str!("supervisor.sh");
/// How much of the log an error quotes.
const QUOTED_LOG_LINES: usize = 60;

/// The user that a server runs as.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub uid: u32,
    pub gid: u32,
}

/// What to run and how.
#[derive(Debug)]
pub(super) struct Launch {
    /// The server's name, for messages.
    pub name: &'static str,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Variables beside `PATH` and `LANG`; nothing else is inherited, so the machine's settings cannot leak in.
    pub env: Vec<(&'static str, OsString)>,
    /// Somebody else than the caller.
    pub user: Option<User>,
    /// What [`Drop`] sends: `KILL`, or a signal on which the server tidies up at once.
    pub ending: &'static str,
}

/// A server that is started, killed and started again in one folder, which goes away with it.
///
/// Orders block the thread for as long as a process takes to fork or to die, which is milliseconds.
#[derive(Debug)]
pub(super) struct Process {
    name: &'static str,
    folder: PathBuf,
    supervisor: Child,
    /// Closed to end the supervisor; `None` only while dropping.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    server: Option<Pid>,
}

/// A new folder for a server, owned by `user`.
pub(super) fn new_folder(name: &str, user: Option<User>) -> Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("fabric-{name}-"))
        .tempdir()
        .with_context(|| format!("no folder for {name}"))?;
    if let Some(User { uid, gid }) = user {
        chown(folder.path(), Some(uid), Some(gid)).with_context(|| format!("cannot give {name} its folder"))?;
    }
    Ok(folder)
}

/// A command with nothing of this process's environment but the search path.
pub(super) fn bare_command(
    program: impl AsRef<OsStr>,
    env: &[(&'static str, OsString)],
    user: Option<User>,
) -> Command {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    let mut command = Command::new(program);
    command.env_clear().env("PATH", path).env("LANG", "C.UTF-8").envs(env.iter().map(|(name, value)| (name, value)));
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

impl Process {
    /// Starts the supervisor, not yet the server. From here on the folder belongs to the supervisor.
    pub fn supervise(folder: TempDir, launch: Launch) -> Result<Self> {
        let script = folder.path().join("supervisor.sh");
        std::fs::write(&script, SUPERVISOR).with_context(|| format!("cannot write {}", script.display()))?;
        let mut supervisor = bare_command("sh", &launch.env, launch.user)
            .arg(script)
            .arg(folder.path())
            .arg(launch.ending)
            .args(launch.command)
            .current_dir(folder.path())
            // Its own group: Ctrl-C in the terminal must reach the test only, whose end then ends the server in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start the supervisor of {}", launch.name))?;
        let (orders, answers) = (supervisor.stdin.take(), supervisor.stdout.take());
        Ok(Self {
            name: launch.name,
            folder: folder.keep(),
            supervisor,
            orders,
            answers: BufReader::new(answers.context("the supervisor has no output")?),
            server: None,
        })
    }

    /// The folder with configuration, data and log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The id of the server process; `None` after [`Process::kill`].
    pub fn pid(&self) -> Option<u32> {
        self.server.map(|pid| pid.as_raw_pid().unsigned_abs())
    }

    /// Starts the server and waits until `ready` says so. Fails with the end of its log when it ends before that or is
    /// not ready within `deadline`.
    pub async fn start<F, L>(&mut self, deadline: Duration, ready: F) -> Result<()>
    where
        F: Fn() -> L,
        L: Future<Output = Result<bool>>,
    {
        ensure!(self.server.is_none(), "{} already runs", self.name);
        let answer = self.order("start")?;
        self.server = Some(parse_pid(&answer).with_context(|| format!("{answer:?} is not a process id"))?);

        let what = format!("{} to be ready", self.name);
        let waited = eventually(deadline, &what, async || {
            // There is nothing to wait for once it has ended.
            if self.is_running() { ready().await } else { Ok(true) }
        })
        .await;
        waited.with_context(|| self.log_tail())?;
        ensure!(self.is_running(), "{} ended while it started\n{}", self.name, self.log_tail());
        Ok(())
    }

    /// Kills the server and its children with `SIGKILL` and waits until they are gone. The folder stays.
    pub fn kill(&mut self) -> Result<()> {
        ensure!(self.server.is_some(), "{} does not run", self.name);
        let answer = self.order("kill")?;
        ensure!(answer == "gone", "the supervisor of {} answered {answer:?}", self.name);
        self.server = None;
        Ok(())
    }

    /// Asks the server to end (`SIGTERM`) and waits until it has, then sees to it that its children are gone too. Fails
    /// when it takes longer than `deadline`; it may then still be on its way down.
    pub async fn stop(&mut self, deadline: Duration) -> Result<()> {
        self.signal(Signal::TERM)?;
        let what = format!("the end of {}", self.name);
        let waited = eventually(deadline, &what, async || !self.is_running()).await;
        waited.with_context(|| self.log_tail())?;
        self.kill()
    }

    /// Sends a signal to the server process alone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let Some(pid) = self.server else { bail!("{} does not run", self.name) };
        kill_process(pid, signal).with_context(|| format!("cannot send {signal:?} to {}", self.name))
    }

    /// The last lines of what the server wrote.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.folder.join("server.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(QUOTED_LOG_LINES)..];
        format!("the log of {} ends with:\n{}", self.name, tail.join("\n"))
    }

    /// Whether the server process exists; a frozen one does.
    pub fn is_running(&self) -> bool {
        self.pid().is_some_and(is_alive)
    }

    /// Whether the server process was stopped by a signal (`SIGSTOP`) and waits to go on.
    pub fn is_frozen(&self) -> bool {
        self.pid().and_then(state) == Some('T')
    }

    fn order(&mut self, order: &str) -> Result<String> {
        let mut answer = String::new();
        self.orders
            .as_mut()
            .context("the supervisor was dismissed")
            .and_then(|orders| Ok(writeln!(orders, "{order}")?))
            .and_then(|()| Ok(self.answers.read_line(&mut answer)?))
            .with_context(|| format!("the supervisor of {} does not take the order {order:?}", self.name))?;
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Err(error) = self.supervisor.wait() {
            tracing::error!(server = self.name, %error, "cannot wait for the supervisor");
        }
    }
}

/// Whether a process exists and is more than a zombie.
pub fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| !['Z', 'X'].contains(&state))
}

/// What the kernel says that a process is doing, as the letter that `ps` shows.
fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The state follows the command's name, which stands in parentheses and may contain anything.
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next())
}

fn parse_pid(answer: &str) -> Result<Pid> {
    Pid::from_raw(answer.parse()?).context("process 0 is nobody")
}
