//! Why connecting failed, and what the broker's own errors mean.

use std::time::Duration;

use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError},
};

/// Why there is no connection to the broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be used. The text never quotes it: it may hold a password.
    #[error("the broker's URL cannot be used: {reason}")]
    BadUrl {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `amqps://` in a build without TLS.
    #[error("amqps:// needs TLS, and this build has none: build it with the feature `tls`")]
    NoTls,
    /// An option has a value that cannot work.
    #[error("the option {option} must be {allowed}")]
    BadOption {
        /// Its name.
        option: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
    /// The broker is there and refuses the user, the password or the virtual host. Trying again does not help.
    #[error("the broker refuses the connection: {detail}")]
    Refused {
        /// What it said.
        detail: String,
    },
    /// There was no connection in time.
    #[error("the broker was not reached within {waited:?}: {detail}")]
    Away {
        /// How long it was tried.
        waited: Duration,
        /// What the last attempt met.
        detail: String,
    },
}

/// What a broker refuses on a channel. It closes the channel with it, and the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub kind: RefusalKind,
    /// What the broker said: names of exchanges, queues and arguments, never payloads.
    pub detail: String,
}

/// The refusals that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    NotFound,
    Forbidden,
    /// It is exclusive to another connection, or to another consumer of this one.
    InUse,
    Other,
}

impl Refusal {
    /// The refusal in a driver's error, if it is one.
    pub fn of(error: &lapin::Error) -> Option<Self> {
        let ErrorKind::ProtocolError(error) = error.kind() else { return None };
        let AMQPErrorKind::Soft(soft) = error.kind() else { return None };
        let kind = match soft {
            AMQPSoftError::NOTFOUND => RefusalKind::NotFound,
            AMQPSoftError::RESOURCELOCKED => RefusalKind::InUse,
            AMQPSoftError::ACCESSREFUSED if error.get_message().as_str().ends_with("in exclusive use") => {
                RefusalKind::InUse
            }
            AMQPSoftError::ACCESSREFUSED => RefusalKind::Forbidden,
            _ => RefusalKind::Other,
        };
        Some(Self { kind, detail: error.get_message().to_string() })
    }
}

/// What the broker said when it refused a connection for good: wrong user or password, or a virtual host that is not there or not
/// theirs.
pub(crate) fn refused_connection(error: &lapin::Error) -> Option<String> {
    let ErrorKind::ProtocolError(error) = error.kind() else { return None };
    let is_refusal = matches!(
        error.kind(),
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)
            | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED | AMQPHardError::INVALIDPATH)
    );
    is_refusal.then(|| error.get_message().to_string())
}

#[cfg(test)]
mod tests {
    use lapin::protocol::AMQPError;

    use super::*;

    fn error(id: u16) -> lapin::Error {
        ErrorKind::ProtocolError(AMQPError::from_id(id, "said".into()).unwrap()).into()
    }

    #[test]
    fn a_channels_refusal_is_told_from_a_lost_connection() {
        let kinds = [404, 403, 406, 320].map(|id| Refusal::of(&error(id)).map(|refusal| refusal.kind));
        assert_eq!(kinds, [Some(RefusalKind::NotFound), Some(RefusalKind::Forbidden), Some(RefusalKind::Other), None]);
        assert_eq!(Refusal::of(&ErrorKind::MissingHeartbeatError.into()), None);
    }

    #[test]
    fn bad_credentials_and_a_missing_virtual_host_are_final() {
        assert_eq!([403, 530, 320].map(|id| refused_connection(&error(id)).is_some()), [true, true, false]);
    }
}
