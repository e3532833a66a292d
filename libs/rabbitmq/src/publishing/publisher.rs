//! The one task that owns a publish connection and its confirm channel.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use deadpool_lapin::{Object, Pool, PoolError};
use lapin::{Channel, Connection, options::ConfirmSelectOptions};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    ticket::Job,
    window::{Window, WindowEnd, WindowLimits},
};
use crate::{
    error::RefusalKind,
    flaw::Flaws,
    link::{self, Link},
    options::RabbitOptions,
    pipeline::CLOSED_NORMALLY,
    reconnect::{OpenError, Reconnect},
    standing::Standing,
    status::Reporter,
};

/// Takes publishes from its queue, window by window, for as long as the queue is open.
pub(super) struct Publisher {
    /// One for each host.
    pools: Arc<[Pool]>,
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
    standing: Arc<Standing>,
    flaws: Flaws,
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
        pools: Arc<[Pool]>,
        jobs: mpsc::Receiver<Job>,
        reconnect: Reconnect,
        reporter: Reporter,
        standing: Arc<Standing>,
        closing: CancellationToken,
    ) -> Self {
        Self {
            pools,
            jobs,
            waiting: VecDeque::with_capacity(options.window_max),
            limits: WindowLimits { count_max: options.window_max, bytes_max: options.window_bytes_max },
            alone: 0,
            patience: options.publish_deadline,
            operation_timeout: options.operation_timeout,
            reconnect,
            reporter,
            standing,
            flaws: Flaws::of(options),
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
        let Self { pools, operation_timeout, reconnect, standing, flaws, closing, .. } = self;
        let (pools, standing, within, flaws) = (&**pools, &**standing, *operation_timeout, *flaws);
        tokio::select! {
            biased;
            () = closing.cancelled() => None,
            opened = reconnect.until_open(|host| Box::pin(open(pools.get(host), within, standing, flaws))) => Some(opened),
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
            match window.publish(&channel, link, self.patience, self.flaws).await {
                WindowEnd::Answered => {}
                WindowEnd::Broken(reason) => return ServiceEnd::Lost(reason.to_owned()),
                WindowEnd::ChannelClosed(refusal) => {
                    tracing::warn!(
                        detail = refusal.detail,
                        count,
                        "the broker refused a publish and closed its channel"
                    );
                    if refusal.kind == RefusalKind::NotFound {
                        self.standing.miss();
                    }
                    // One of them is to blame and cannot be told from the others, so their callers do not know. When they try
                    // again, it must not spoil the others' window once more.
                    self.alone = if count > 1 { count } else { self.alone };
                    match confirm_channel(connection, self.operation_timeout, &self.standing, self.flaws).await {
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

async fn open(
    pool: Option<&Pool>,
    within: Duration,
    standing: &Standing,
    flaws: Flaws,
) -> Result<(Object, Channel), OpenError> {
    let pool = pool.ok_or_else(|| OpenError::Failed("there is no such host".to_owned()))?;
    let connection = pool.get().await.map_err(pool_error)?;
    match confirm_channel(&connection, within, standing, flaws).await {
        Ok(channel) => Ok((connection, channel)),
        Err(error) => {
            link::give_up(&Object::take(connection)).await;
            Err(error)
        }
    }
}

async fn confirm_channel(
    connection: &Connection,
    within: Duration,
    standing: &Standing,
    flaws: Flaws,
) -> Result<Channel, OpenError> {
    let open = async {
        let channel = match flaws.shared_connection(standing).await {
            None => connection.create_channel().await?,
            Some(shared) => shared.map_err(OpenError::Failed)?.create_channel().await?,
        };
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    };
    timeout(within, open).await.map_err(|_elapsed| OpenError::TimedOut)?
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
