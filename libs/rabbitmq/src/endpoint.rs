//! Where the broker is and who we are there.

use std::{fmt, time::Duration};

use lapin::uri::{AMQPScheme, AMQPUri};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::error::ConnectError;

/// A dead peer is noticed after twice this, in seconds; the broker's own default would take two minutes.
const HEARTBEAT_S: u16 = 10;
/// AMQP's limit for a name.
const NAME_BYTES_MAX: usize = 255;
/// What a client says first.
const PROTOCOL_HEADER: &[u8; 8] = b"AMQP\x00\x00\x09\x01";

/// A checked URL.
#[derive(Clone)]
pub(crate) struct Endpoint {
    uri: AMQPUri,
}

impl Endpoint {
    /// Checks a URL that may name several hosts, the nodes of one cluster: `amqp://user:password@one:5672,two:5672/vhost`. Each host
    /// is an endpoint of its own; there is at least one.
    pub fn parse_all(url: &str) -> Result<Vec<Self>, ConnectError> {
        let Some((scheme, rest)) = url.split_once("://") else { return Ok(vec![Self::parse(url)?]) };
        let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |end| rest.split_at(end));
        let (user, hosts) = authority.rfind('@').map_or(("", authority), |at| authority.split_at(at + 1));
        hosts.split(',').map(|host| Self::parse(&format!("{scheme}://{user}{host}{path}"))).collect()
    }

    /// Checks a URL and fills in the heartbeat.
    fn parse(url: &str) -> Result<Self, ConnectError> {
        const FORM: &str = "it does not have the form amqp://user:password@host:port/vhost";
        let bad = |reason| ConnectError::BadUrl { reason };
        // What the parser says may quote the URL, and with it the password: only its kind is passed on.
        let mut uri: AMQPUri = url.parse().map_err(|error: String| match error.as_str() {
            error if error.starts_with("Invalid AMQP scheme") => bad("it must begin with amqp:// or amqps://"),
            error if error.contains("port") => bad("its port is not a number from 1 to 65535"),
            error if error.contains("digit") => bad("a parameter after its question mark is not a whole number"),
            _ => bad(FORM),
        })?;
        if !url.contains("://") {
            return Err(bad(FORM));
        }
        // The driver would take it for localhost.
        if url.split('?').next().is_some_and(|address| address.contains('[')) {
            return Err(bad("an IPv6 address is not supported: use a host name"));
        }
        if uri.vhost.len() > NAME_BYTES_MAX || uri.authority.userinfo.username.len() > NAME_BYTES_MAX {
            return Err(bad("a user or virtual host has at most 255 bytes"));
        }
        if uri.scheme == AMQPScheme::AMQPS && !cfg!(feature = "tls") {
            return Err(ConnectError::NoTls);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Ok(Self { uri })
    }

    /// The user of the connection.
    pub fn user(&self) -> &str {
        &self.uri.authority.userinfo.username
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("{}:{}", self.uri.authority.host, self.uri.authority.port)
    }

    /// The URL with the password and all parameters, for the driver only.
    pub fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }

    /// The same as text.
    pub fn secret_url(&self) -> String {
        self.uri.to_string()
    }

    /// Whether a broker answers there within `deadline`, found out with a connection that is closed again at once.
    ///
    /// The driver gives each attempt to connect a thread that never ends while the peer takes the connection and stays silent, as
    /// a stopped process does. So after an attempt that timed out, this is asked first.
    pub async fn answers(&self, deadline: Duration) -> Result<(), String> {
        let authority = &self.uri.authority;
        let knock = async {
            let mut stream = TcpStream::connect((authority.host.as_str(), authority.port)).await?;
            if self.uri.scheme == AMQPScheme::AMQP {
                stream.write_all(PROTOCOL_HEADER).await?;
                stream.read_u8().await?;
            }
            Ok::<(), std::io::Error>(())
        };
        match timeout(deadline, knock).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_elapsed) => Err("nothing answers there".to_owned()),
        }
    }
}

/// The URL as it may be logged, without the password.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AMQPUri { scheme, authority, vhost, .. } = &self.uri;
        write!(f, "{scheme}://{}@{}:{}/{vhost}", authority.userinfo.username, authority.host, authority.port)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// A URL as it may be logged, host by host: one that cannot be read is not shown at all.
pub(crate) fn redacted(url: &str) -> String {
    Endpoint::parse_all(url).map_or_else(
        |_| "(not usable)".to_owned(),
        |endpoints| endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_shown_without_its_password() {
        let endpoint = Endpoint::parse("amqp://us%65r:s%65cret@broker:5673/v%2fh?frame_max=131072").unwrap();
        assert_eq!(endpoint.user(), "user");
        assert_eq!(endpoint.to_string(), "amqp://user@broker:5673/v/h");
        assert_eq!(endpoint.secret_url(), "amqp://user:secret@broker:5673/v%2Fh?frame_max=131072&heartbeat=10");
        assert!(!format!("{endpoint:?}").contains("secret"));
        let own = Endpoint::parse("amqp://127.0.0.1/%2f?heartbeat=3").unwrap();
        assert_eq!(own.secret_url(), "amqp://guest:guest@127.0.0.1:5672/%2F?heartbeat=3");
    }

    #[test]
    fn a_url_may_name_several_hosts() {
        let endpoints = |url: &str| {
            let endpoints = Endpoint::parse_all(url)?;
            Ok::<_, ConnectError>(endpoints.iter().map(Endpoint::secret_url).collect::<Vec<_>>())
        };
        assert_eq!(
            endpoints("amqp://u:p%2Cw@one:5673,two/v?heartbeat=2").unwrap(),
            ["amqp://u:p%2Cw@one:5673/v?heartbeat=2", "amqp://u:p%2Cw@two:5672/v?heartbeat=2"]
        );
        assert_eq!(endpoints("amqp://one").unwrap(), endpoints("amqp://one:5672").unwrap());
        assert!(matches!(endpoints("amqp://one,two:port"), Err(ConnectError::BadUrl { .. })));
        assert!(matches!(endpoints("amqp://u:p@one,/v"), Err(ConnectError::BadUrl { .. })));
        assert_eq!(redacted("amqp://u:secret@one,two/v"), "amqp://u@one:5672/v, amqp://u@two:5672/v");
    }

    #[test]
    fn what_is_wrong_is_told_without_quoting_the_url() {
        let table = [
            ("", "form"),
            ("localhost:5672", "amqp://"),
            ("user:secret@host", "form"),
            ("amqp:secret", "form"),
            ("http://user:secret@host", "begin"),
            ("amqp://user:secret@host:port/", "port"),
            ("amqp://user:secret@host:99999/", "port"),
            ("amqp://user:secret@host/?heartbeat=soon", "number"),
            ("amqp://user:secret@[::1]:5672/", "IPv6"),
            ("amqp://user:%ff@host/", "form"),
        ];
        for (url, expected) in table {
            let error = Endpoint::parse(url).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(matches!(error, ConnectError::BadUrl { .. }) && text.contains(expected), "{url}: {text}");
            assert!(!text.contains("secret"), "{text}");
            assert_eq!(redacted(url), "(not usable)");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_the_feature_is_a_clear_error() {
        assert_eq!(Endpoint::parse("amqps://host/").unwrap_err(), ConnectError::NoTls);
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_has_its_own_port() {
        assert_eq!(Endpoint::parse("amqps://user@host/v").unwrap().to_string(), "amqps://user@host:5671/v");
    }
}
