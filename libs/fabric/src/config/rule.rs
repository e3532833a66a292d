//! What each key may hold. This table and `config/fabric.toml` must name the same keys and ranges: a test compares them.

use std::net::SocketAddr;

use fabric_core::{
    breaker::{OPEN_LIMIT_MS, WINDOW_LIMIT},
    retry::{ATTEMPTS_LIMIT, DELAY_LIMIT_MS},
};
use toml::Value;
use tracing_subscriber::EnvFilter;

use super::section::read_tenants;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// A whole number from the first to the second, both included.
    Number(i64, i64),
    /// `true` or `false`.
    Switch,
    /// A URL of one of these schemes. It may hold a password.
    Url(&'static [&'static str]),
    /// A URL of one of these schemes, or nothing.
    OptionalUrl(&'static [&'static str]),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An IP address and a port.
    Address,
    /// The name of a file or folder.
    Path,
    /// The name of a file or folder, or nothing.
    OptionalPath,
    /// A mail address.
    Mailbox,
    /// Names of tenants, separated by commas, or nothing.
    Tenants,
    /// Which logs to write.
    LogFilter,
}

use Rule::{Address, LogFilter, Mailbox, Number, OneOf, OptionalPath, OptionalUrl, Path, Switch, Tenants, Url};

/// Ten minutes: longer than anybody waits for a machine.
const WAIT_MAX_MS: i64 = 600_000;
/// How many things of one kind may be in memory at a time.
const COUNT_MAX: i64 = 1_000_000;
/// What fits into the sixteen bits that AMQP has for such numbers.
const WINDOW_MAX: i64 = 65_535;

/// How many bytes a queue may hold: one event of the largest size, or more than any disk of a broker has.
const QUEUE_BYTES: Rule = Number(1 << 20, 1 << 40);

/// Every key with its rule, in the order of `config/fabric.toml`.
pub(super) const RULES: &[(&str, Rule)] = &[
    ("broker.url", Url(&["memory", "amqp", "amqps"])),
    ("broker.publish_connections", Number(1, 4)),
    ("broker.publish_window_max", Number(1, WINDOW_MAX)),
    ("broker.publish_queue_max", Number(1, COUNT_MAX)),
    ("broker.publish_deadline_ms", Number(1, WAIT_MAX_MS)),
    ("broker.connect_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("broker.operation_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("broker.reconnect_min_ms", Number(1, WAIT_MAX_MS)),
    ("broker.reconnect_max_ms", Number(1, WAIT_MAX_MS)),
    ("topology.at_start", OneOf(&["auto", "create", "verify"])),
    ("topology.management_url", OptionalUrl(&["http", "https"])),
    ("topology.work_bytes_max", QUEUE_BYTES),
    ("topology.wait_bytes_max", QUEUE_BYTES),
    ("topology.parked_bytes_max", QUEUE_BYTES),
    ("topology.unrouted_bytes_max", QUEUE_BYTES),
    ("cache.url", Url(&["memory", "redis", "rediss"])),
    ("cache.recent_max", Number(1, 10_000)),
    ("cache.write_delay_max_ms", Number(1, 10_000)),
    ("cache.command_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("cache.connect_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("cache.command_buffer_max", Number(1, COUNT_MAX)),
    ("cache.unresponsive_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("cache.epoch", Number(0, u32::MAX as i64)),
    ("cache.pending_topics_max", Number(1, COUNT_MAX)),
    ("http.address", Address),
    ("http.body_bytes_max", Number(1_024, 64 << 20)),
    ("http.request_timeout_ms", Number(1, WAIT_MAX_MS)),
    ("subscriber.prefetch", Number(1, WINDOW_MAX)),
    ("subscriber.concurrency", Number(1, WINDOW_MAX)),
    ("subscriber.handler_timeout_ms", Number(1, 3_600_000)),
    ("subscriber.ack_count_max", Number(1, WINDOW_MAX)),
    ("subscriber.ack_delay_max_ms", Number(0, 10_000)),
    ("subscriber.tenants", Tenants),
    ("retry.attempts_max", Number(1, ATTEMPTS_LIMIT as i64)),
    ("retry.immediate", Number(0, ATTEMPTS_LIMIT as i64 - 1)),
    ("retry.first_delay_ms", Number(1, DELAY_LIMIT_MS.cast_signed())),
    ("retry.factor", Number(1, 10)),
    ("retry.delay_max_ms", Number(1, DELAY_LIMIT_MS.cast_signed())),
    ("retry.jitter_percent", Number(0, 100)),
    ("breaker.window", Number(1, WINDOW_LIMIT as i64)),
    ("breaker.failures_percent", Number(1, 100)),
    ("breaker.open_ms", Number(1, OPEN_LIMIT_MS.cast_signed())),
    ("breaker.open_max_ms", Number(1, OPEN_LIMIT_MS.cast_signed())),
    ("drain.grace_ms", Number(0, WAIT_MAX_MS)),
    ("data.folder", Path),
    ("auth.key_file", OptionalPath),
    ("auth.token_lifetime_max_hours", Number(1, 8_760)),
    ("mail.smtp_url", OptionalUrl(&["smtp", "smtps"])),
    ("mail.from", Mailbox),
    ("import.rejects_max", Number(0, 10_000_000)),
    ("import.zip_bytes_max", Number(1, 1 << 40)),
    ("import.zip_ratio_max", Number(1, 10_000)),
    ("import.concurrency", Number(1, WINDOW_MAX)),
    ("log.filter", LogFilter),
    ("log.format", OneOf(&["text", "json"])),
    ("log.events", Switch),
];

/// Pairs of keys of which the first must not be above the second.
pub(super) const ORDERED: &[(&str, &str)] = &[
    ("broker.reconnect_min_ms", "broker.reconnect_max_ms"),
    ("subscriber.concurrency", "subscriber.prefetch"),
    ("retry.first_delay_ms", "retry.delay_max_ms"),
    ("breaker.open_ms", "breaker.open_max_ms"),
];

/// The key as the table has it, with its rule. None when there is no such key.
pub(super) fn find(key: &str) -> Option<(&'static str, Rule)> {
    RULES.iter().find(|(known, _)| *known == key).copied()
}

/// The known key that is most like this one.
pub(super) fn nearest(key: &str) -> &'static str {
    let alike = |known: &&str| strsim::damerau_levenshtein(key, known);
    RULES.iter().map(|(known, _)| *known).min_by_key(alike).unwrap_or_default()
}

impl Rule {
    /// What would do, to go after "must be".
    pub(super) fn wanted(self) -> String {
        match self {
            Number(min, max) => format!("a whole number, {min} to {max}"),
            Switch => "true or false".to_owned(),
            Url(schemes) => format!("a URL that begins with {}", either(schemes, "://")),
            OptionalUrl(schemes) => format!("empty or a URL that begins with {}", either(schemes, "://")),
            OneOf(words) => format!("text, {}", either(words, "")),
            Address => "text with an IP address and a port, such as 127.0.0.1:7070".to_owned(),
            Path => "text with the name of a file or folder".to_owned(),
            OptionalPath => "empty or text with the name of a file or folder".to_owned(),
            Mailbox => "text with a mail address, such as fabric@localhost".to_owned(),
            Tenants => "empty or text with the names of tenants, separated by commas".to_owned(),
            LogFilter => "text with a log level, or targets with theirs, such as info,fabric=debug".to_owned(),
        }
    }

    /// Whether the value is what it must be.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Number(min, max), Value::Integer(number)) => (min..=max).contains(number),
            (Switch, Value::Boolean(_)) => true,
            (Number(..) | Switch, _) => false,
            (rule, Value::String(text)) => rule.accepts_text(text),
            _ => false,
        }
    }

    /// Reads a value from text, as the environment has it. None when it is not of the type.
    pub(super) fn read(self, text: &str) -> Option<Value> {
        match self {
            Number(..) => text.trim().parse().ok().map(Value::Integer),
            Switch => text.trim().parse().ok().map(Value::Boolean),
            _ => Some(Value::String(text.to_owned())),
        }
    }

    /// Whether the value may hold a password.
    pub(super) fn is_secret(self) -> bool {
        matches!(self, Url(_) | OptionalUrl(_))
    }

    fn accepts_text(self, text: &str) -> bool {
        let is_url = |schemes: &[&str]| text.split_once("://").is_some_and(|(scheme, _)| schemes.contains(&scheme));
        match self {
            Number(..) | Switch => false,
            Url(schemes) => is_url(schemes),
            OptionalUrl(schemes) => text.is_empty() || is_url(schemes),
            OneOf(words) => words.contains(&text),
            Address => text.parse::<SocketAddr>().is_ok(),
            Path => !text.is_empty() && !text.contains('\0'),
            OptionalPath => !text.contains('\0'),
            Mailbox => is_mailbox(text),
            Tenants => read_tenants(text).is_some(),
            LogFilter => !text.trim().is_empty() && EnvFilter::try_new(text).is_ok(),
        }
    }
}

/// `local@domain`. Whether there is somebody only the mail server knows.
fn is_mailbox(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.len() <= 254 && text.rsplit_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

/// `a, b or c`, each followed by `end`.
fn either(words: &[&str], end: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word}{end}")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
