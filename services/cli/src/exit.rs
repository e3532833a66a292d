//! How a command ends: every failure has an exit code that a script can rely on.

use std::{fmt, process::ExitCode};

use fabric::{PublishFailure, ReadError, http::ServeError, runtime::ports::PublishError};

/// The table of exit codes, as `--help` shows it.
pub const TABLE: &str = "\
Exit codes:
  0  done
  1  failed in a way that none of the others says
  2  the command line is wrong
  3  the input was refused: nothing was published
  4  the fabric, its broker or its cache could not be reached: nothing was published
  5  it is not known whether the broker took an event: doing the same again is right and harmless
  6  the fabric is reachable but not ready
  7  done, but some rows were rejected
  8  stopped early: the rest is as it was
  9  a schema breaks its contract, or that of an older version is missing: a new version and an upcaster are needed
  10 the broker does not stand as it should: `fabric topology apply` changes that
  11 somebody has to look at the broker: a change is dangerous or needs `fabric topology migrate`";

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// In a way that none of the others says.
    Other(String),
    /// The command line is wrong in a way that its parser cannot see.
    Usage(String),
    /// The input was refused.
    Refused(String),
    /// Something could not be reached.
    Unreachable(String),
    /// Nobody knows whether it was done.
    Unknown(String),
    /// Reachable, but not ready.
    NotReady(String),
    /// Done, with rejected rows.
    SomeRejected(String),
    /// It stopped before everything was done, and left the rest as it was.
    StoppedEarly(String),
    /// An event's schema breaks what others rely on.
    Broken(String),
    /// The broker does not stand as it should, and can be brought there.
    Drifted(String),
    /// What it takes to bring the broker there is dangerous, or needs a migration.
    Dangerous(String),
    /// Whoever read the output has seen enough, and has gone.
    Finished,
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Finished => 0,
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Unreachable(_) => 4,
            Self::Unknown(_) => 5,
            Self::NotReady(_) => 6,
            Self::SomeRejected(_) => 7,
            Self::StoppedEarly(_) => 8,
            Self::Broken(_) => 9,
            Self::Drifted(_) => 10,
            Self::Dangerous(_) => 11,
        })
    }
}

impl Failure {
    /// Something that has to stand on the broker does not.
    pub fn missing(error: &impl fmt::Display) -> Self {
        Self::Drifted(format!("{error}; next: fabric topology apply"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(text)
            | Self::Usage(text)
            | Self::Refused(text)
            | Self::Unreachable(text)
            | Self::Unknown(text)
            | Self::NotReady(text)
            | Self::SomeRejected(text)
            | Self::StoppedEarly(text)
            | Self::Broken(text)
            | Self::Drifted(text)
            | Self::Dangerous(text) => f.write_str(text),
            Self::Finished => Ok(()),
        }
    }
}

impl From<PublishFailure> for Failure {
    fn from(failure: PublishFailure) -> Self {
        let text = failure.to_string();
        match failure {
            PublishFailure::Rejected(_) => Self::Refused(text),
            PublishFailure::Unconfirmed(PublishError::Unknown { .. }) => Self::Unknown(text),
            PublishFailure::Unconfirmed(error @ PublishError::NoExchange { .. }) => Self::missing(&error),
            PublishFailure::Unconfirmed(PublishError::Forbidden { .. }) => Self::Unreachable(format!(
                "{text}; next: fabric topology apply --users FILE, or --amqp with another user"
            )),
            PublishFailure::Unconfirmed(PublishError::Refused | PublishError::NotSent { .. }) => {
                Self::Unreachable(text)
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let text = error.to_string();
        match error {
            ServeError::Connect(error) if error.is_away() => Self::Unreachable(text),
            ServeError::Config(_) | ServeError::Connect(_) => Self::Usage(text),
            _ => Self::Other(text),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
