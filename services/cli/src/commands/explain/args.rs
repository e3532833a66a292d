//! The arguments of `fabric explain`.

use fabric::{Topic, core::PartitionKey};

/// `fabric explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The event's topic, such as `gradebook.grade.posted`.
    #[arg(value_parser = Topic::try_new, required_unless_present = "queue")]
    pub topic: Option<Topic>,
    /// Its partition key: then only the queues that this event goes to are shown.
    #[arg(long, requires = "topic", value_parser = PartitionKey::try_new)]
    pub key: Option<PartitionKey>,
    /// Say instead what can reach this queue, and what becomes of what is in it.
    #[arg(long, value_name = "QUEUE", conflicts_with_all = ["topic", "key"])]
    pub queue: Option<String>,
}
