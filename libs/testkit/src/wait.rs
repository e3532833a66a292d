//! Waiting without sleeping: the only place in the tests where pauses live.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep_until, timeout_at};

/// The first pause between two looks; each next one is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// Pauses grow no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// Ports are taken from below Linux's range for outgoing connections (32768 and up): there no client can be given the
/// port of a server that is down for a moment.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// What a look at the world can answer: a plain `bool`, or a `Result<bool, _>` whose error means "not yet, because".
pub trait Condition {
    /// Whether the condition holds, or why that could not be found out.
    fn holds(self) -> anyhow::Result<bool>;
}

impl Condition for bool {
    fn holds(self) -> anyhow::Result<bool> {
        Ok(self)
    }
}

impl<E: Into<anyhow::Error>> Condition for Result<bool, E> {
    fn holds(self) -> anyhow::Result<bool> {
        self.map_err(Into::into)
    }
}

/// Looks at `condition` again and again, with short growing pauses, until it holds.
///
/// Fails when it does not hold within `deadline`; the error names `what` was waited for and quotes the last error of the
/// condition. A look that hangs is given up at the deadline too. It follows tokio's clock, so it works on paused time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// use std::time::Duration;
///
/// let file = std::env::temp_dir();
/// let exists = async || tokio::fs::try_exists(&file).await;
/// fabric_testkit::wait::eventually(Duration::from_secs(5), "the file to exist", exists).await?;
/// # Ok(())
/// # }
/// ```
pub async fn eventually<F, L>(deadline: Duration, what: &str, mut condition: F) -> anyhow::Result<()>
where
    // Not `AsyncFnMut`: the future of a function that takes one is not `Send`, and tests spawn.
    F: FnMut() -> L,
    L: Future<Output: Condition>,
{
    let end = Instant::now() + deadline;
    let mut pause = FIRST_PAUSE;
    loop {
        let last_error = match timeout_at(end, condition()).await.map(Condition::holds) {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => None,
            Ok(Err(error)) => Some(error),
            Err(_elapsed) => bail!("waited {deadline:?} for {what}: the last look did not return"),
        };
        let now = Instant::now();
        if now >= end {
            let missed = format!("waited {deadline:?} for {what}");
            return match last_error {
                Some(error) => Err(error.context(missed)),
                None => bail!(missed),
            };
        }
        sleep_until(end.min(now + pause)).await;
        pause = LONGEST_PAUSE.min(pause * 3 / 2);
    }
}

/// A TCP port of 127.0.0.1 that nobody listens on and that no other caller of this function is given, in whichever
/// process of this machine, until this process ends.
pub fn free_port() -> anyhow::Result<u16> {
    // A claim is a UDP socket bound to the same number: the servers use TCP only, and the kernel lets go of the claim
    // with the process, however that ends.
    static CLAIMS: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

    let mut claims = CLAIMS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for port in PORTS {
        let Ok(claim) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            claims.push(claim);
            return Ok(port);
        }
    }
    None.with_context(|| format!("no free port in {PORTS:?}"))
}
