//! Publishing with confirms.
//!
//! The way of a publish: it is prepared and put into the bounded queue of one publisher, chosen by its key; that publisher takes what is
//! queued as a window, writes all of it, and answers each publish when all confirms of the window are in. The caller waits for its
//! answer until its own deadline and can tell, when it gives up, whether the publish was ever handed to the driver.

mod publisher;
mod ticket;
mod window;

use std::sync::Arc;

use deadpool_lapin::{Config, Pool, PoolConfig, Runtime, Timeouts};
use fabric_core::{message::Outgoing, seed::stable_hash, topology::names};
use fabric_runtime::ports::{Confirmed, PublishError};
use lapin::{ConnectionProperties, types::ShortString};
use tokio::{
    sync::mpsc,
    task::unconstrained,
    time::{Duration, Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::{
    publisher::Publisher,
    ticket::{Job, Outcome},
};
use crate::{
    endpoint::Endpoint, error::ConnectError, options::RabbitOptions, reconnect::Reconnect, standing::Standing,
    status::StatusBoard, wire::Prepared,
};

/// The header that says which events must stay in order.
const PARTITION_KEY: &str = "cloudEvents_partitionkey";

/// The queues in front of the publishers.
pub(crate) struct Publishers {
    queues: Vec<mpsc::Sender<Job>>,
    user: ShortString,
    standing: Arc<Standing>,
    deadline: Duration,
}

/// The publishers' tasks. They end when their queues are closed and empty, or with this value.
pub(crate) type PublisherTasks = Vec<AbortOnDropHandle<()>>;

impl Publishers {
    /// Starts a publisher for each connection of the options. They drain when `closing` is cancelled.
    pub fn start(
        options: &RabbitOptions,
        endpoints: &Arc<[Endpoint]>,
        board: &Arc<StatusBoard>,
        standing: &Arc<Standing>,
        closing: &CancellationToken,
    ) -> Result<(Self, PublisherTasks), ConnectError> {
        let pools: Arc<[Pool]> = endpoints.iter().map(|endpoint| pool(options, endpoint)).collect::<Result<_, _>>()?;
        let (queues, tasks) = (0..options.publish_connections)
            .map(|_| {
                let (queue, jobs) = mpsc::channel(options.queue_capacity);
                let reporter = board.reporter();
                let reconnect = Reconnect::new(options, Arc::clone(endpoints), reporter.clone());
                let standing = Arc::clone(standing);
                let publisher =
                    Publisher::new(options, Arc::clone(&pools), jobs, reconnect, reporter, standing, closing.clone());
                (queue, AbortOnDropHandle::new(tokio::spawn(publisher.run())))
            })
            .unzip();
        // All hosts of a URL have the same user.
        let user = endpoints.first().map(Endpoint::user).unwrap_or_default();
        let user = crate::wire::short(user).map_err(|reason| ConnectError::BadUrl { reason })?;
        Ok((Self { queues, user, standing: Arc::clone(standing), deadline: options.publish_deadline }, tasks))
    }

    /// Publishes and waits for what became of it.
    pub async fn publish(&self, outgoing: Outgoing) -> Result<Confirmed, PublishError> {
        let is_for_a_queue = names::leads_to_one_queue(&outgoing.exchange);
        let outcome = self.handed_over(outgoing).await;
        // A topic that nobody wants is usual, a queue of our own that is not there is not.
        if is_for_a_queue && outcome == Ok(Confirmed::Unrouted) {
            self.standing.miss();
        }
        outcome
    }

    async fn handed_over(&self, outgoing: Outgoing) -> Outcome {
        let deadline = Instant::now() + self.deadline;
        let not_sent = |reason| Err(PublishError::NotSent { reason });
        let Some(queue) = self.queue_for(&outgoing) else { return not_sent("there is no connection") };
        let (job, ticket) = match Prepared::new(outgoing, &self.user) {
            Ok(prepared) => ticket::issue(prepared),
            Err(reason) => return not_sent(reason),
        };
        // Its first poll must take the place in the queue. Tokio would make the 129th publish of a task wait without one, and others
        // would overtake it.
        match timeout_at(deadline, unconstrained(queue.send(job))).await {
            Ok(Ok(())) => ticket.answer(deadline).await,
            Ok(Err(_closed)) => not_sent("the connection is being closed"),
            Err(_elapsed) => not_sent("too much is waiting to be sent already"),
        }
    }

    /// Events of the same key always go the same way, so that their order is kept.
    fn queue_for(&self, outgoing: &Outgoing) -> Option<&mpsc::Sender<Job>> {
        let key = outgoing.message.headers.text(PARTITION_KEY).unwrap_or(&outgoing.routing_key);
        let count = u64::try_from(self.queues.len()).ok().filter(|count| *count > 0)?;
        self.queues.get(usize::try_from(stable_hash(key.as_bytes()) % count).ok()?)
    }
}

/// The pool that the publish connections to one host are taken from: it never waits without a limit.
fn pool(options: &RabbitOptions, endpoint: &Endpoint) -> Result<Pool, ConnectError> {
    let limit = Some(options.connect_timeout);
    let config = Config {
        url: Some(endpoint.secret_url()),
        pool: Some(PoolConfig {
            timeouts: Timeouts { wait: limit, create: limit, recycle: limit },
            ..PoolConfig::new(options.publish_connections)
        }),
    };
    let name = format!("{} publish", options.connection_name);
    let properties = move || ConnectionProperties::default().with_connection_name(name.as_str().into());
    config
        .create_pool(properties, Runtime::Tokio1)
        .map_err(|_| ConnectError::BadOption { option: "publish_connections", allowed: "poolable on this runtime" })
}
