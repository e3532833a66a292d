//! Why there is no configuration. No message holds a value: it could be a password.

use std::{fmt, io, path::PathBuf};

use fabric_core::{breaker::InvalidBreaker, retry::InvalidRetry};

/// Why the configuration was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, may not be read, is too large or is not UTF-8.
    #[error("the configuration file {} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place} is not TOML: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong there.
        message: String,
    },
    /// A key that nobody knows.
    #[error("unknown key `{key}` in {place}: did you mean `{nearest}`?")]
    Unknown {
        /// The key.
        key: String,
        /// Where.
        place: Place,
        /// The known key that is most like it.
        nearest: &'static str,
    },
    /// A value of the wrong type or out of its range.
    #[error("`{key}` in {place} must be {wanted}")]
    Unfit {
        /// The key.
        key: String,
        /// Where.
        place: Place,
        /// What would do.
        wanted: String,
    },
    /// Two values that are fine by themselves and not together.
    #[error("`{low}` must not be above `{high}`")]
    Crossed {
        /// The key whose value is too high.
        low: &'static str,
        /// The key whose value is too low.
        high: &'static str,
    },
    /// The numbers do not make a retry policy.
    #[error(transparent)]
    Retry(#[from] InvalidRetry),
    /// The numbers do not make a circuit breaker.
    #[error(transparent)]
    Breaker(#[from] InvalidBreaker),
    /// The sections do not have the keys that the defaults have: a mistake in this crate, which its tests find.
    #[error("the sections of the configuration do not match its defaults")]
    Sections,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the defaults that are compiled in.
    Defaults {
        /// The line, from 1.
        line: usize,
    },
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// In the environment.
    Environment {
        /// The variable.
        name: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults { line } => write!(f, "the defaults, line {line}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Environment { name } => write!(f, "the environment variable {name}"),
        }
    }
}
