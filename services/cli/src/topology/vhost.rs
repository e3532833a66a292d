//! The virtual host that a broker's URL names.

use fabric::config::SecretUrl;
use percent_encoding::percent_decode_str;

/// The virtual host of an AMQP URL as the driver understands it: the path without its first slash, unescaped; `/` where there is no
/// path. None when it is no text.
pub fn vhost(url: &SecretUrl) -> Option<String> {
    let rest = url.expose().split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.strip_prefix('/') {
        Some(name) => Some(percent_decode_str(name).decode_utf8().ok()?.into_owned()),
        None => Some("/".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_comes_after_the_host() {
        let table = [
            ("amqp://guest:guest@localhost:5672/%2f", "/"),
            ("amqp://guest:guest@one,two:5672/school?heartbeat=10", "school"),
            ("amqps://broker/a%20b", "a b"),
            ("amqp://broker", "/"),
            ("amqp://broker?heartbeat=10", "/"),
            ("amqp://broker/", ""),
        ];
        for (url, expected) in table {
            assert_eq!(vhost(&SecretUrl::from(url)).as_deref(), Some(expected), "{url}");
        }
        assert_eq!(vhost(&SecretUrl::from("amqp://broker/%ff")), None);
    }
}
