//! The task that lets time pass when nobody calls.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify, task::JoinHandle, time::Instant};

use super::server::Server;

/// The longest sleep. A deadline may lie further ahead than an instant can say.
const SLEEP_MAX: Duration = Duration::from_hours(24);

/// Wakes the model up at its deadlines. The task is started when there is one for the first time, and ends with the server.
#[derive(Debug, Default)]
pub(super) struct Timer {
    /// Says that the deadline is earlier than the task knows, or that the server is gone.
    changed: Arc<Notify>,
    armed: Mutex<Armed>,
}

#[derive(Debug, Default)]
struct Armed {
    at: Option<Duration>,
    task: Option<JoinHandle<()>>,
}

impl Timer {
    /// Makes sure that the model is woken up at the deadline or before. Outside of a runtime nothing can wait: then the next call from
    /// within one arms the timer.
    pub(super) fn arm(&self, server: &Arc<Server>, deadline: Duration) {
        let mut armed = self.lock();
        // A runtime that ended has taken the task with it.
        let runs = armed.task.as_ref().is_some_and(|task| !task.is_finished());
        if runs && armed.at.is_some_and(|at| at <= deadline) {
            return;
        }
        armed.at = Some(deadline);
        if runs {
            self.changed.notify_one();
        } else if let Ok(runtime) = Handle::try_current() {
            armed.task = Some(runtime.spawn(run(Arc::downgrade(server), Arc::clone(&self.changed))));
        }
    }

    pub(super) fn end(&self) {
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Armed> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run(server: Weak<Server>, changed: Arc<Notify>) {
    // The server is held only between two waits: this task must not keep it alive.
    while let Some(wake_at) = server.upgrade().map(|server| wake_at(&server)) {
        match wake_at {
            None => changed.notified().await,
            Some(instant) => tokio::select! {
                biased;
                () = changed.notified() => {}
                () = tokio::time::sleep_until(instant) => {
                    if let Some(server) = server.upgrade() {
                        server.timer.lock().at = None;
                        // The step arms the timer for what comes next.
                        server.step(|_| ());
                    }
                }
            },
        }
    }
}

fn wake_at(server: &Server) -> Option<Instant> {
    let at = server.timer.lock().at?;
    Some(server.clock.instant_at(at.min(server.clock.elapsed() + SLEEP_MAX)))
}
