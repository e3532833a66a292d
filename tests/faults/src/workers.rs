//! Worker processes, started and ended by the experiment.

use std::{
    fs::File,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use fabric_testkit::wait::eventually;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

use crate::{
    crash::At,
    mutant::Mutant,
    worker::{READY, WorkerArgs},
};

/// With the broker away a worker starts after its operations have timed out.
const START_DEADLINE: Duration = Duration::from_mins(1);
/// How long the answer to a signal may take.
const SIGNAL_DEADLINE: Duration = Duration::from_secs(5);

/// How the workers of an experiment are started.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The broker, or the relay before it.
    pub url: String,
    /// The folder of the experiment.
    pub folder: PathBuf,
    /// The longest that a handler takes.
    pub handle_ms: u64,
    /// How long a handler may take.
    pub timeout_ms: u64,
    /// How long stopping may take.
    pub grace_ms: u64,
    /// What they do wrong.
    pub mutant: Option<Mutant>,
}

/// The worker processes of one experiment, by place.
#[derive(Debug)]
pub struct Workers {
    recipe: Recipe,
    places: Vec<Option<Worker>>,
    started: u32,
}

/// A process that ends with this value.
#[derive(Debug)]
struct Worker {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Workers {
    /// None yet, with this many places.
    pub fn new(recipe: Recipe, places: usize) -> Self {
        Self { recipe, places: (0..places).map(|_| None).collect(), started: 0 }
    }

    /// Starts a worker at every empty place, and waits until they are ready.
    pub async fn start_all(&mut self) -> Result<()> {
        let empty: Vec<usize> = (0..self.places.len()).filter(|place| self.places[*place].is_none()).collect();
        for place in empty {
            self.start(place, None).await?;
        }
        Ok(())
    }

    /// Starts a worker, which dies there if anywhere, and waits until it is ready. It may be dead by then.
    pub async fn start(&mut self, place: usize, crash: Option<At>) -> Result<()> {
        ensure!(self.places[place].is_none(), "there is a worker at place {place}");
        self.started += 1;
        let recipe = &self.recipe;
        let name = format!("worker-{place}-{}", self.started);
        let args = WorkerArgs {
            url: recipe.url.clone(),
            folder: recipe.folder.clone(),
            name: name.clone(),
            parent: rustix::process::getpid().as_raw_pid(),
            handle_ms: recipe.handle_ms,
            timeout_ms: recipe.timeout_ms,
            grace_ms: recipe.grace_ms,
            crash,
            mutant: recipe.mutant,
        };
        self.places[place] = Some(Worker::start(name, &args.command_line(), &recipe.folder).await?);
        Ok(())
    }

    /// Kills a worker with `SIGKILL`, and returns when it is gone.
    pub async fn kill(&mut self, place: usize) -> Result<()> {
        let mut worker = self.take(place)?;
        worker.signal(Signal::KILL)?;
        worker.child.wait().await?;
        Ok(())
    }

    /// Waits until a worker has killed itself. Without that within the deadline it is still there, and the answer is no.
    pub async fn died(&mut self, place: usize, deadline: Duration) -> Result<bool> {
        let worker = self.places[place].as_mut().context("there is no worker")?;
        let Ok(status) = timeout(deadline, worker.child.wait()).await else { return Ok(false) };
        let status = status?;
        ensure!(status.signal() == Some(Signal::KILL.as_raw()), "{} ended by itself: {status}", worker.name);
        self.places[place] = None;
        Ok(true)
    }

    /// Asks a worker to end, and gives how it did and how long it took. Fails when it takes much longer than its grace time.
    pub async fn stop(&mut self, place: usize) -> Result<(ExitStatus, Duration)> {
        let mut worker = self.take(place)?;
        let started = Instant::now();
        worker.signal(Signal::TERM)?;
        let deadline = Duration::from_millis(self.recipe.grace_ms) + Duration::from_secs(10);
        let Ok(status) = timeout(deadline, worker.child.wait()).await else {
            bail!("{} did not end within {deadline:?} after SIGTERM", worker.name)
        };
        Ok((status?, started.elapsed()))
    }

    /// Tells a worker twice to end, and gives how it did and how long that took.
    pub async fn stop_at_once(&mut self, place: usize) -> Result<(ExitStatus, Duration)> {
        let mut worker = self.take(place)?;
        let started = Instant::now();
        // Signals of a kind that come together count as one, so the second one follows the answer to the first.
        worker.signal(Signal::TERM)?;
        eventually(SIGNAL_DEADLINE, "the worker to be stopping", async || worker.says("stopping:")).await?;
        worker.signal(Signal::TERM)?;
        let status = timeout(SIGNAL_DEADLINE, worker.child.wait()).await.context("it goes on")??;
        Ok((status, started.elapsed()))
    }

    /// Asks all to end, and says who did not do so with success.
    pub async fn stop_all(&mut self) -> Result<Vec<String>> {
        let mut failures = Vec::new();
        for place in 0..self.places.len() {
            if self.places[place].is_none() {
                continue;
            }
            let (status, _) = self.stop(place).await?;
            if !status.success() {
                failures.push(format!("worker {place} ended with {status} instead of 0 after SIGTERM"));
            }
        }
        Ok(failures)
    }

    fn take(&mut self, place: usize) -> Result<Worker> {
        self.places[place].take().with_context(|| format!("there is no worker at place {place}"))
    }
}

impl Worker {
    async fn start(name: String, line: &[String], folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let mut child = Command::new(std::env::current_exe()?)
            .args(line)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .context("a worker cannot be started")?;
        let mut said = BufReader::new(child.stdout.take().context("a worker has no output")?).lines();
        let line =
            timeout(START_DEADLINE, said.next_line()).await.with_context(|| format!("{name} is not ready"))??;
        // One that was told to die early says nothing.
        ensure!(line.is_none() || line.as_deref() == Some(READY), "{name} said {line:?}");
        Ok(Self { name, child, log })
    }

    /// Whether its log has these words.
    fn says(&self, words: &str) -> Result<bool> {
        Ok(std::fs::read_to_string(&self.log)?.contains(words))
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).context("it has ended")?;
        kill_process(pid, signal).with_context(|| format!("{} cannot be sent {signal:?}", self.name))
    }
}
