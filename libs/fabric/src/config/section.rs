//! The sections of the configuration. What each key means, its range and its default stand in `config/fabric.toml`.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf};

use fabric_core::{
    TenantId,
    breaker::{BreakerPolicy, InvalidBreaker},
    retry::{InvalidRetry, RetryPolicy},
};
use serde::{Deserialize, Deserializer, de::Error};

use super::SecretUrl;

/// `[broker]`: the message broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerSection {
    /// Where it is.
    pub url: SecretUrl,
    /// Connections to publish on.
    pub publish_connections: usize,
    /// Publications that may wait for their confirm at a time, per connection.
    pub publish_window_max: usize,
    /// Publications that may wait for a place in the window, per connection.
    pub publish_queue_max: usize,
    /// How long a publish may take before its outcome counts as unknown.
    pub publish_deadline_ms: u64,
    /// How long one attempt to connect may take.
    pub connect_timeout_ms: u64,
    /// How long the broker may take to answer anything else.
    pub operation_timeout_ms: u64,
    /// The pause before the first attempt to connect again.
    pub reconnect_min_ms: u64,
    /// The longest pause between attempts to connect.
    pub reconnect_max_ms: u64,
}

/// `[topology]`: what has to stand on the broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopologySection {
    /// What a process does about it at its start.
    pub at_start: AtStart,
    /// The broker's management interface; empty for the broker's host at its usual port. See
    /// [`Config::management_url`](super::Config::management_url).
    pub management_url: SecretUrl,
    /// The bytes that a work queue may hold.
    pub work_bytes_max: u64,
    /// The bytes that a wait queue may hold.
    pub wait_bytes_max: u64,
    /// The bytes that a parked queue may hold.
    pub parked_bytes_max: u64,
    /// The bytes that the queue of unrouted events may hold.
    pub unrouted_bytes_max: u64,
}

/// What a process does at its start about what has to stand on the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtStart {
    /// What suits it: a service of its own verifies, everything else creates. With `memory://` nobody else could.
    Auto,
    /// It makes what is missing.
    Create,
    /// It looks whether all of it is there.
    Verify,
}

/// `[cache]`: the cache of last known events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSection {
    /// Where it is.
    pub url: SecretUrl,
    /// How many of the most recent events of each topic are kept.
    pub recent_max: usize,
    /// The longest that an event waits to be written.
    pub write_delay_max_ms: u64,
    /// How long one command may take.
    pub command_timeout_ms: u64,
    /// How long one attempt to connect may take.
    pub connect_timeout_ms: u64,
    /// Commands that may wait for their answers at a time.
    pub command_buffer_max: usize,
    /// How long the server may keep silent before the connection counts as dead.
    pub unresponsive_timeout_ms: u64,
    /// The generation of the event log.
    pub epoch: u64,
    /// Topics whose newest event may wait to be written while the cache is away.
    pub pending_topics_max: usize,
}

/// `[http]`: the service's routes, health and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSection {
    /// Where to listen.
    pub address: SocketAddr,
    /// The largest request body.
    pub body_bytes_max: usize,
    /// How long a request may take.
    pub request_timeout_ms: u64,
}

/// `[subscriber]`: what a subscription gets when it does not say otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriberSection {
    /// Deliveries that the broker may have out at a time.
    pub prefetch: u16,
    /// Deliveries that are handled at a time.
    pub concurrency: u16,
    /// How long a handler may take.
    pub handler_timeout_ms: u64,
    /// Finished deliveries that are acknowledged together.
    pub ack_count_max: usize,
    /// The longest that a finished delivery waits for others to be acknowledged with.
    pub ack_delay_max_ms: u64,
    /// The tenants that are served; none named means all.
    #[serde(deserialize_with = "tenants")]
    pub tenants: BTreeSet<TenantId>,
}

/// `[retry]`: how often a failing event is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrySection {
    /// Attempts in all, the first included.
    pub attempts_max: u32,
    /// How many of the further attempts follow at once.
    pub immediate: u32,
    /// The pause after the first failed attempt.
    pub first_delay_ms: u64,
    /// By how much the pause grows with each further attempt.
    pub factor: u32,
    /// The longest pause.
    pub delay_max_ms: u64,
    /// How far chance may move a pause.
    pub jitter_percent: u32,
}

impl RetrySection {
    /// The policy that these numbers make. It cannot fail for a section as it was loaded.
    pub fn policy(&self) -> Result<RetryPolicy, InvalidRetry> {
        RetryPolicy::try_new(
            self.attempts_max,
            self.first_delay_ms,
            self.factor,
            self.delay_max_ms,
            self.jitter_percent,
        )?
        .immediate(self.immediate)
    }
}

/// `[breaker]`: when to stop calling a handler that fails all the time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerSection {
    /// How many of the last attempts count.
    pub window: u32,
    /// The share of them that must have failed for the circuit to open.
    pub failures_percent: u32,
    /// How long it stays open.
    pub open_ms: u64,
    /// The longest that it stays open.
    pub open_max_ms: u64,
}

impl BreakerSection {
    /// The policy that these numbers make. It cannot fail for a section as it was loaded.
    pub fn policy(&self) -> Result<BreakerPolicy, InvalidBreaker> {
        BreakerPolicy::try_new(self.window, self.failures_percent, self.open_ms, self.open_max_ms)
    }
}

/// `[drain]`: shutting down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrainSection {
    /// How long a stopping service may finish what it has in hand.
    pub grace_ms: u64,
}

/// `[data]`: files that the service makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// The folder for them.
    pub folder: PathBuf,
}

/// `[auth]`: who may call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSection {
    /// The file with the key that signs tokens; empty for the one in the data folder. See [`Config::key_file`](super::Config::key_file).
    pub key_file: PathBuf,
    /// The longest that a token may be valid.
    pub token_lifetime_max_hours: u32,
}

/// `[mail]`: outgoing mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    /// The server; empty for files in a folder. See [`Config::outbox_folder`](super::Config::outbox_folder).
    pub smtp_url: SecretUrl,
    /// The address that mails come from.
    pub from: String,
}

/// `[import]`: importing bundles of school data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSection {
    /// Rejected rows that are written to the rejects file.
    pub rejects_max: u64,
    /// The most bytes that a zip file may unpack to.
    pub zip_bytes_max: u64,
    /// The most that a zip file may grow by when it is unpacked, as a multiple of its size.
    pub zip_ratio_max: u64,
    /// Rows that are published at a time.
    pub concurrency: usize,
}

/// `[log]`: logs, on standard error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// What is logged, such as `info,fabric_rabbitmq=debug`.
    pub filter: String,
    /// How it looks.
    pub format: LogFormat,
    /// Whether each event is logged with its topic, id and outcome.
    pub events: bool,
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

fn tenants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<TenantId>, D::Error> {
    read_tenants(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not the names of tenants"))
}

/// Tenants separated by commas. None when one of them is not a tenant's name.
pub(super) fn read_tenants(text: &str) -> Option<BTreeSet<TenantId>> {
    let names = text.split(',').map(str::trim);
    if text.trim().is_empty() {
        return Some(BTreeSet::new());
    }
    names.map(|name| TenantId::try_new(name).ok()).collect()
}
