//! The one task that owns a publish connection and its confirm channel.

use std::{collections::VecDeque, time::Duration};

use deadpool_lapin::{Object, Pool, PoolError};
use lapin::{Channel, Connection, options::ConfirmSelectOptions};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    ticket::Job,
    window::{Window, WindowEnd, WindowLimits},
};
use crate::{
    link::{self, Link},
    options::RabbitOptions,
    pipeline::CLOSED_NORMALLY,
    reconnect::{OpenError, Reconnect},
    status::Reporter,
};

/// Takes publishes from its queue, window by window, for as long as the queue is open.
pub(super) struct Publisher {
    pool: Pool,
    jobs: mpsc::Receiver<Job>,
    /// Taken from the queue, and not yet in a window.
    waiting: VecDeque<Job>,
    limits: WindowLimits,
    /// How many publishes go alone before windows grow again.
    alone: usize,
    patience: Duration,
    operation_timeout: Duration,
    reconnect: Reconnect,
    reporter: Reporter,
    closing: CancellationToken,
}

/// Why a connection is no longer served.
enum ServiceEnd {
    Lost(String),
    Drained,
}

impl Publisher {
    pub fn new(
        options: &RabbitOptions,
        pool: Pool,
        jobs: mpsc::Receiver<Job>,
        reconnect: Reconnect,
        reporter: Reporter,
        closing: CancellationToken,
    ) -> Self {
        Self {
            pool,
            jobs,
            waiting: VecDeque::with_capacity(options.window_max),
            limits: WindowLimits { count_max: options.window_max, bytes_max: options.window_bytes_max },
            alone: 0,
            patience: options.publish_deadline,
            operation_timeout: options.operation_timeout,
            reconnect,
            reporter,
            closing,
        }
    }

    /// Runs until the queue is closed and empty, or, without a connection, until it is told to close: what still waits then is
    /// dropped, which tells its callers that it was not sent.
    pub async fn run(mut self) {
        while let Some((connection, channel)) = self.open().await {
            let mut link = Link::listen(&connection, self.reporter.clone());
            self.reporter.connected();
            let end = self.serve(&connection, channel, &mut link).await;
            self.reporter.lost();
            // Taken out of the pool for good: the pool would hand a half-broken one out again.
            let connection = Object::take(connection);
            match end {
                ServiceEnd::Lost(reason) => {
                    tracing::warn!(reason, "a publish connection is lost");
                    link::give_up(&connection).await;
                }
                ServiceEnd::Drained => return link::close(&connection, self.operation_timeout).await,
            }
        }
    }

    /// A connection with a confirm channel; none when it is told to close first.
    async fn open(&mut self) -> Option<(Object, Channel)> {
        let (pool, within) = (&self.pool, self.operation_timeout);
        tokio::select! {
            biased;
            () = self.closing.cancelled() => None,
            opened = self.reconnect.until_open(|| Box::pin(open(pool, within))) => Some(opened),
        }
    }

    async fn serve(&mut self, connection: &Connection, mut channel: Channel, link: &mut Link) -> ServiceEnd {
        loop {
            match self.wait_for_jobs(link).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(reason) => return ServiceEnd::Lost(reason),
            }
            let limits = self.next_limits();
            let window = Window::take(&mut self.waiting, limits);
            let count = window.len();
            self.alone = self.alone.saturating_sub(count);
            if count == 0 {
                continue;
            }
            match window.publish(&channel, link, self.patience).await {
                WindowEnd::Answered => {}
                WindowEnd::Broken(reason) => return ServiceEnd::Lost(reason.to_owned()),
                WindowEnd::ChannelClosed(refusal) => {
                    tracing::warn!(
                        detail = refusal.detail,
                        count,
                        "the broker refused a publish and closed its channel"
                    );
                    // One of them is to blame and cannot be told from the others, so their callers do not know. When they try
                    // again, it must not spoil the others' window once more.
                    self.alone = if count > 1 { count } else { self.alone };
                    match confirm_channel(connection, self.operation_timeout).await {
                        Ok(fresh) => channel = fresh,
                        Err(error) => return ServiceEnd::Lost(error.to_string()),
                    }
                }
            }
        }
        let (code, text) = CLOSED_NORMALLY;
        match timeout(self.operation_timeout, channel.close(code, text.into())).await {
            Ok(Ok(())) => ServiceEnd::Drained,
            Ok(Err(error)) => ServiceEnd::Lost(error.to_string()),
            Err(_elapsed) => ServiceEnd::Lost("its channel did not close in time".to_owned()),
        }
    }

    /// Waits until something is to be sent and the broker takes messages. False when the queue is closed and empty; fails with the
    /// reason when the connection is lost.
    async fn wait_for_jobs(&mut self, link: &mut Link) -> Result<bool, String> {
        let mut taken = Vec::new();
        while self.waiting.is_empty() && taken.is_empty() {
            tokio::select! {
                biased;
                reason = link.lost() => return Err(reason),
                () = self.closing.cancelled(), if !self.jobs.is_closed() => self.jobs.close(),
                count = self.jobs.recv_many(&mut taken, self.limits.count_max) => if count == 0 { return Ok(false) },
            }
        }
        self.waiting.extend(taken);
        // While the broker takes nothing, everything stays unclaimed: a caller who gives up then knows that it was not sent.
        link.takes_messages().await?;
        while self.waiting.len() < self.limits.count_max
            && let Ok(job) = self.jobs.try_recv()
        {
            self.waiting.push_back(job);
        }
        Ok(true)
    }

    fn next_limits(&self) -> WindowLimits {
        let count_max = if self.alone > 0 { 1 } else { self.limits.count_max };
        WindowLimits { count_max, ..self.limits }
    }
}

async fn open(pool: &Pool, within: Duration) -> Result<(Object, Channel), OpenError> {
    let connection = pool.get().await.map_err(pool_error)?;
    match confirm_channel(&connection, within).await {
        Ok(channel) => Ok((connection, channel)),
        Err(error) => {
            link::give_up(&Object::take(connection)).await;
            Err(error)
        }
    }
}

async fn confirm_channel(connection: &Connection, within: Duration) -> Result<Channel, OpenError> {
    let open = async {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok::<Channel, lapin::Error>(channel)
    };
    timeout(within, open).await.map_err(|_elapsed| OpenError::TimedOut)?.map_err(OpenError::from)
}

fn pool_error(error: PoolError) -> OpenError {
    match error {
        PoolError::Backend(error) => error.into(),
        PoolError::Timeout(_) => OpenError::TimedOut,
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            OpenError::Failed("the pool of publish connections is closed".to_owned())
        }
    }
}
