//! Limits and addresses. Every key has its unit in its name, a range, and a default in `config/fabric.toml`, which explains them all.
//!
//! Three layers lie one over the other: the defaults, which are compiled in; a file; the environment. A key that nobody knows, a
//! value of the wrong type and a value out of range are errors that name the key and where it stands. Nothing here prints a
//! password: not an error, not [`Config::describe`], not `Debug`.
//!
//! ```
//! use fabric::config::Config;
//!
//! let environment = [("FABRIC__BROKER__PUBLISH_CONNECTIONS", "2"), ("FABRIC_LOG_EVENTS", "true")];
//! let config = Config::load(None, environment.map(|(name, value)| (name.into(), value.into())))?;
//! assert_eq!((config.broker.publish_connections, config.log.events), (2, true));
//!
//! let environment = [("FABRIC__BROKER__PUBLISH_CONNECTIONS".into(), "9".into())];
//! let error = Config::load(None, environment).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "`broker.publish_connections` in the environment variable FABRIC__BROKER__PUBLISH_CONNECTIONS must be a whole number, 1 to 4"
//! );
//! # Ok::<(), fabric::config::ConfigError>(())
//! ```

mod error;
mod layer;
mod rule;
mod secret_url;
mod section;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use toml::Value;

pub use error::{ConfigError, Place};
use layer::{Layers, Origin};
use rule::Rule;
pub use secret_url::SecretUrl;
pub use section::{
    AtStart, AuthSection, BreakerSection, BrokerSection, CacheSection, DataSection, DrainSection, HttpSection,
    ImportSection, LogFormat, LogSection, MailSection, RetrySection, SubscriberSection, TopologySection,
};

/// The defaults with their explanations: a file to start one's own from.
pub const DEFAULTS: &str = include_str!("../../../../config/fabric.toml");

/// The environment variable that names a file where the command line names none.
pub const FILE_VARIABLE: &str = "FABRIC_CONFIG";

/// More than any configuration has.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The whole configuration. It comes from [`Config::load`] only, so what is in it has been checked.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The message broker.
    pub broker: BrokerSection,
    /// What has to stand on the broker.
    pub topology: TopologySection,
    /// The cache of last known events.
    pub cache: CacheSection,
    /// The service's routes, health and metrics.
    pub http: HttpSection,
    /// What a subscription gets when it does not say otherwise.
    pub subscriber: SubscriberSection,
    /// How often a failing event is tried again.
    pub retry: RetrySection,
    /// When to stop calling a handler that fails all the time.
    pub breaker: BreakerSection,
    /// Shutting down.
    pub drain: DrainSection,
    /// Files that the service makes.
    pub data: DataSection,
    /// Who may call.
    pub auth: AuthSection,
    /// Outgoing mail.
    pub mail: MailSection,
    /// Importing bundles of school data.
    pub import: ImportSection,
    /// Logs.
    pub log: LogSection,
    #[serde(skip)]
    settings: Vec<Setting>,
}

/// One key as it was loaded, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key, such as `broker.url`.
    pub key: &'static str,
    /// Its value as text, without passwords.
    pub value: String,
    /// Where the value comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From the defaults.
    Default,
    /// From the file.
    File,
    /// From the environment.
    Environment,
}

impl Config {
    /// Loads the defaults, over them the file (the one that is given, else the one that `FABRIC_CONFIG` names, else none), and
    /// over that every `FABRIC__SECTION__KEY` of the environment. Of two pairs with the same name the later one counts, so the
    /// command line's options can be chained behind the environment.
    ///
    /// Fails on the first thing that is wrong: see [`ConfigError`].
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment: BTreeMap<_, _> = environment.into_iter().collect();
        let named = environment.get(FILE_VARIABLE).filter(|path| !path.is_empty()).map(Path::new);
        let mut layers = Layers::default();
        layers.add_text(DEFAULTS, Origin::Defaults)?;
        if let Some(path) = file.or(named) {
            let text = read(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
            layers.add_text(&text, Origin::File(path))?;
        }
        layers.add_environment(&environment)?;
        layers.check_order()?;
        // The error of the conversion may quote a value, so it is not kept.
        let config: Self = layers.table().try_into().map_err(|_| ConfigError::Sections)?;
        config.retry.policy()?;
        config.breaker.policy()?;
        let settings =
            layers.iter().map(|(key, rule, value, source)| Setting { key, value: text(rule, value), source });
        Ok(Self { settings: settings.collect(), ..config })
    }

    /// What suits a service that runs by itself: where many do, one place makes what all of them need on the broker, and each of them
    /// only looks, unless it is told otherwise.
    #[must_use]
    pub fn of_one_service(mut self) -> Self {
        if self.topology.at_start == AtStart::Auto {
            self.topology.at_start = AtStart::Verify;
        }
        self
    }

    /// Every key as it was loaded, in the order of `config/fabric.toml`, without passwords.
    pub fn describe(&self) -> &[Setting] {
        &self.settings
    }

    /// Where the broker's management interface is: as configured, or at the broker's first host with its user and password, at port
    /// 15672 (15671 with TLS). None when the broker is in this process.
    pub fn management_url(&self) -> Option<SecretUrl> {
        let configured = self.topology.management_url.expose();
        if !configured.is_empty() {
            return Some(SecretUrl::from(configured));
        }
        let url = self.broker.url.expose();
        let (scheme, port) = match self.broker.url.scheme() {
            "amqp" => ("http", 15_672),
            "amqps" => ("https", 15_671),
            _ => return None,
        };
        let rest = url.split_once("://")?.1;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let first = hosts.split(',').next().unwrap_or_default();
        let host = match first.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => first,
        };
        let user = if user.is_empty() { "guest:guest" } else { user };
        Some(SecretUrl::from(format!("{scheme}://{user}@{host}:{port}").as_str()))
    }

    /// The file with the key that signs tokens.
    pub fn key_file(&self) -> PathBuf {
        if self.auth.key_file.as_os_str().is_empty() {
            self.data.folder.join("auth.key")
        } else {
            self.auth.key_file.clone()
        }
    }

    /// The folder that mails go to where no mail server is configured.
    pub fn outbox_folder(&self) -> PathBuf {
        self.data.folder.join("outbox")
    }
}

/// The environment of this process, for [`Config::load`]. Text that is not UTF-8 becomes text that no key takes.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("broker", &self.broker)
            .field("topology", &self.topology)
            .field("cache", &self.cache)
            .field("http", &self.http)
            .field("subscriber", &self.subscriber)
            .field("retry", &self.retry)
            .field("breaker", &self.breaker)
            .field("drain", &self.drain)
            .field("data", &self.data)
            .field("auth", &self.auth)
            .field("mail", &self.mail)
            .field("import", &self.import)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        })
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let length = File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length <= FILE_BYTES_MAX) {
        Ok(text)
    } else {
        Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"))
    }
}

/// A value for people to look at.
fn text(rule: Rule, value: &Value) -> String {
    match value {
        Value::String(url) if rule.is_secret() => SecretUrl::from(url.as_str()).to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
