//! Where the management API is and who we are there.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use ureq::http::uri::Authority;

/// Where the plugin listens by default.
const PORT: u16 = 15672;
/// The same for TLS.
const TLS_PORT: u16 = 15671;

/// `http://user:password@host:port` or, with the feature `tls`, `https://…`. Without a user it is `guest`, without a port 15672, or
/// 15671 for TLS.
///
/// It never shows its password.
///
/// ```
/// use fabric_rabbitmq::management::ManagementUrl;
///
/// let url: ManagementUrl = "http://monitor:s3cret@broker.example".parse()?;
/// assert_eq!(url.to_string(), "http://monitor@broker.example:15672");
/// # Ok::<(), fabric_rabbitmq::management::ManagementUrlError>(())
/// ```
#[derive(Clone)]
pub struct ManagementUrl {
    scheme: &'static str,
    user: String,
    password: SecretString,
    host: String,
    port: u16,
}

/// Why a URL of a management API cannot be used. The text never quotes it: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManagementUrlError {
    /// It is none.
    #[error("the URL of the management API cannot be used: {reason}")]
    Bad {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `https://` in a build without TLS.
    #[error("https:// needs TLS, and this build has none: build it with the feature `tls`")]
    NoTls,
}

impl ManagementUrl {
    /// The user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user's password, for the client only.
    pub(super) fn password(&self) -> &SecretString {
        &self.password
    }

    /// The URL without user and password.
    pub(super) fn base(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }
}

impl FromStr for ManagementUrl {
    type Err = ManagementUrlError;

    fn from_str(url: &str) -> Result<Self, ManagementUrlError> {
        const FORM: ManagementUrlError =
            ManagementUrlError::Bad { reason: "it does not have the form http://user:password@host:port" };
        let (scheme, default_port, rest) = if let Some(rest) = url.strip_prefix("http://") {
            ("http", PORT, rest)
        } else if let Some(rest) = url.strip_prefix("https://") {
            ("https", TLS_PORT, rest)
        } else {
            return Err(ManagementUrlError::Bad { reason: "it must begin with http:// or https://" });
        };
        if scheme == "https" && !cfg!(feature = "tls") {
            return Err(ManagementUrlError::NoTls);
        }
        let (credentials, host) = rest.rsplit_once('@').unwrap_or(("guest:guest", rest));
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains(['/', '?', '#']) || credentials.contains(['/', '?', '#']) {
            // A password in which they stand as they are could not be told from a path.
            return Err(ManagementUrlError::Bad {
                reason: "it must end after the port, and have no / ? # in it unescaped",
            });
        }
        let (user, password) = credentials.split_once(':').ok_or(FORM)?;
        let decoded = |text| percent_decode_str(text).decode_utf8().map_err(|_| FORM);
        let (user, password) = (decoded(user)?.into_owned(), decoded(password)?.into_owned().into());
        let authority: Authority = host.parse().map_err(|_| FORM)?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str() == authority.host() => default_port,
            None => return Err(ManagementUrlError::Bad { reason: "its port is not a number from 0 to 65535" }),
        };
        if user.is_empty() || user.contains(':') || authority.host().is_empty() {
            return Err(FORM);
        }
        Ok(Self { scheme, user, password, host: authority.host().to_owned(), port })
    }
}

/// Without the password.
impl fmt::Display for ManagementUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}@{}:{}", self.scheme, self.user, self.host, self.port)
    }
}

impl fmt::Debug for ManagementUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManagementUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_url_is_read_and_shown_without_its_password() {
        let table = [
            ("http://us%65r:s%65cret@broker:15673/", "http://user@broker:15673", "secret"),
            ("http://broker", "http://guest@broker:15672", "guest"),
            ("http://u:@[::1]:80", "http://u@[::1]:80", ""),
            ("http://u:a:b@c@10.0.0.1", "http://u@10.0.0.1:15672", "a:b@c"),
        ];
        for (text, shown, password) in table {
            let url: ManagementUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.password().expose_secret()), (shown, password));
            assert_eq!(format!("{url:?}"), format!("ManagementUrl({shown})"));
            assert_eq!(url.base().replace("://", &format!("://{}@", url.user())), shown);
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_quoting_the_url() {
        let table = [
            ("", "begin"),
            ("secret", "begin"),
            ("amqp://user:secret@host", "begin"),
            ("http://", "form"),
            ("http://user:secret@", "form"),
            ("http://secret@host", "form"),
            ("http://:secret@host", "form"),
            ("http://user%3a:secret@host", "form"),
            ("http://user:%ff@host", "form"),
            ("http://user:secret@ho st", "form"),
            ("http://user:secret@host:port", "port"),
            ("http://user:secret@host:99999", "port"),
            ("http://user:secret@host/path", "end"),
            ("http://user:se/cret@host", "end"),
            ("http://user:secret@host?x=secret", "end"),
        ];
        for (url, expected) in table {
            let error = url.parse::<ManagementUrl>().unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(expected) && !text.contains("secret"), "{url}: {text}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_the_feature_is_a_clear_error() {
        assert_eq!("https://u:p@host".parse::<ManagementUrl>().unwrap_err(), ManagementUrlError::NoTls);
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_has_its_own_port() {
        assert_eq!("https://u:p@host".parse::<ManagementUrl>().unwrap().to_string(), "https://u@host:15671");
    }
}
