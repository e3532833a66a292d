//! The arguments of `fabric doctor`.

/// `fabric doctor`.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Only this subscription, such as `social.feed_projection`, or this queue; without one, everything.
    #[arg(value_name = "SUBSCRIPTION|QUEUE")]
    pub target: Option<String>,
}
