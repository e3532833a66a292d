//! URLs that may hold a password.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A URL that may hold a user name and a password. It shows its scheme, host and port and nothing else, whichever way it is
/// printed; its memory is wiped when it is dropped.
///
/// ```
/// use fabric::config::SecretUrl;
///
/// let url = SecretUrl::from("amqp://fabric:s3cret@rabbit:5672/%2f?heartbeat=10");
/// assert_eq!(url.to_string(), "amqp://***@rabbit:5672");
/// assert!(url.expose().contains("s3cret"));
/// ```
#[derive(Clone)]
pub struct SecretUrl(SecretString);

/// What stands where something is not shown.
const REDACTED: &str = "***";

impl SecretUrl {
    /// The whole URL, for whoever connects to it. Never print it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The scheme, such as `amqp`; empty when the text has none.
    pub fn scheme(&self) -> &str {
        self.expose().split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// Whether there is no URL at all.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(url.into())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(self.expose()))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

impl<'de> serde::Deserialize<'de> for SecretUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|url| Self(url.into()))
    }
}

/// The scheme, hosts and ports of a URL. Where it is not certain what is host and what is password, nothing but the scheme.
fn redacted(url: &str) -> String {
    if url.is_empty() {
        return String::new();
    }
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return REDACTED.to_owned();
    };
    // A password that holds a `/`, `?` or `#` unescaped ends the authority early: then an `@` comes after it.
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |end| rest.split_at(end));
    let (mark, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| ("***@", host));
    if path.contains('@') || !host.split(',').all(is_host) {
        return format!("{scheme}://{REDACTED}");
    }
    format!("{scheme}://{mark}{host}")
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 16
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// A host name, an IPv4 address or an IPv6 address in brackets, each with or without a port, or nothing. A name and a password
/// whose `@` was forgotten are not one, unless the password is a number.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, "0"),
    };
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    let is_ipv6 = |address: &str| address.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    port.parse::<u16>().is_ok() && bracketed.map_or_else(|| is_name(host), is_ipv6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        let table = [
            ("", ""),
            ("memory://", "memory://"),
            ("amqp://rabbit", "amqp://rabbit"),
            ("amqp://rabbit:5672/%2f?heartbeat=10", "amqp://rabbit:5672"),
            ("amqp://fabric:CANARY@rabbit:5672/%2f", "amqp://***@rabbit:5672"),
            ("amqp://u:CANARY@one:5672,two:5672/", "amqp://***@one:5672,two:5672"),
            ("amqp://u:CANARY,two:5672/", "amqp://***"),
            ("redis://:CANARY@10.0.0.1:6379/0", "redis://***@10.0.0.1:6379"),
            ("redis://CANARY@[::1]:6379", "redis://***@[::1]:6379"),
            ("rediss://[fe80::1]", "rediss://[fe80::1]"),
            ("smtp://u:CANARY@x@mail", "smtp://***@mail"),
            ("redis://host/0?password=CANARY", "redis://host"),
            // What is not certain is not shown.
            ("amqp://fabric:CANARY/1@rabbit", "amqp://***"),
            ("amqp://fabric:CANARY?1@rabbit", "amqp://***"),
            ("amqp://fabric:CANARY#1@rabbit", "amqp://***"),
            ("redis://host?password=CANARY@x", "redis://***"),
            ("amqp://fabric:CANARY", "amqp://***"),
            ("amqp://fabric:CANARY CANARY@ra bbit", "amqp://***"),
            ("fabric:CANARY@rabbit", "***"),
            ("CANARY", "***"),
            ("CANARY secret://x", "***"),
            ("://CANARY", "***"),
        ];
        for (url, shown) in table {
            let url = SecretUrl::from(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("SecretUrl({shown})"));
            assert!(!shown.contains("CANARY"));
        }
    }

    #[test]
    fn the_whole_url_can_be_asked_for() {
        let url = SecretUrl::from("amqp://u:p@h");
        assert_eq!((url.expose(), url.scheme(), url.is_empty()), ("amqp://u:p@h", "amqp", false));
        assert_eq!((SecretUrl::from("").scheme(), SecretUrl::from("").is_empty()), ("", true));
    }
}
