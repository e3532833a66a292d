//! Where the mail server is, and how to speak to it.

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

use super::MailerError;

/// A mail server.
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who we are there, if that is asked.
    pub credentials: Option<Credentials>,
    /// When the connection is encrypted.
    pub encryption: Encryption,
}

/// When a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never.
    None,
    /// Before mail is spoken of, with STARTTLS.
    StartTls,
    /// From the start.
    FromStart,
}

impl Server {
    /// Reads `smtp://` or `smtps://`, the latter encrypted from the start; `smtp://…?tls=required` is encrypted with
    /// STARTTLS. What is wrong is not quoted: the URL may hold a password.
    pub fn parse(url: &str) -> Result<Self, MailerError> {
        let url = Url::parse(url).map_err(|_| MailerError::Url)?;
        let mut parameters = url.query_pairs();
        let encryption = match (url.scheme(), parameters.next(), parameters.next()) {
            ("smtp", None, None) => Encryption::None,
            ("smtp", Some((name, value)), None) if name == "tls" && value == "required" => Encryption::StartTls,
            ("smtps", None, None) => Encryption::FromStart,
            _ => return Err(MailerError::Url),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailerError::Url)?;
        let port = url.port().unwrap_or(match encryption {
            Encryption::None => 25,
            Encryption::StartTls => 587,
            Encryption::FromStart => 465,
        });
        let decoded = |text| percent_decode_str(text).decode_utf8().map_err(|_| MailerError::Url);
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?.into(), decoded(password)?.into())),
            None if url.username().is_empty() => None,
            None => return Err(MailerError::Url),
        };
        // The resolver takes an IPv6 address without its brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, credentials, encryption })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_how() {
        let secret = || Some(Credentials::new("ada@example.edu".into(), "s3cret/?".into()));
        let table = [
            ("smtp://mail", Some(("mail", 25, None))),
            ("smtp://127.0.0.1:2525", Some(("127.0.0.1", 2525, None))),
            ("smtp://[::1]:2525/", Some(("::1", 2525, None))),
            ("smtp://ada%40example.edu:s3cret%2F%3F@mail", Some(("mail", 25, secret()))),
            ("http://mail", None),
            ("mail", None),
            ("mail:25", None),
            ("smtp://", None),
            ("smtp://mail:99999", None),
            ("smtp://ada@mail", None),
            ("smtp://mail?tls=perhaps", None),
            ("smtp://mail?timeout=1", None),
        ];
        for (url, expected) in table {
            let read = Server::parse(url).map(|server| (server.host, server.port, server.credentials));
            let read = read.map_err(|error| error.to_string());
            let expected = expected.map(|(host, port, credentials)| (host.to_owned(), port, credentials));
            assert_eq!(read.ok(), expected, "{url}");
        }
    }

    #[test]
    fn a_url_asks_for_encryption() {
        let table = [
            ("smtp://mail", Encryption::None, 25),
            ("smtp://mail?tls=required", Encryption::StartTls, 587),
            ("smtps://mail", Encryption::FromStart, 465),
        ];
        for (url, encryption, port) in table {
            let server = Server::parse(url).map_err(|error| error.to_string());
            assert_eq!(server.map(|server| (server.encryption, server.port)), Ok((encryption, port)), "{url}");
        }
    }
}
