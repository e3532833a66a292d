//! Handing mails to a server.

use std::time::Duration;

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, transport::smtp};

use super::{
    MailError, MailerError,
    server::{Encryption, Server},
};

/// A mail server to hand mails to.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// How long handing over one mail may take. It is shorter than a handler may take, so that the cause is known.
const SEND_DEADLINE: Duration = Duration::from_secs(20);

/// Permanent answers that are about the server or our account there and not about the mail: an operator can mend them.
const ABOUT_THE_SERVER: &[u16] = &[500, 502, 503, 504, 530, 534, 535, 538];

impl Smtp {
    /// The server at a URL. It is not spoken to yet.
    pub fn try_new(url: &str) -> Result<Self, MailerError> {
        let server = Server::parse(url)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host).port(server.port);
        let mut builder = encrypted(builder, &server)?.timeout(Some(SEND_DEADLINE));
        if let Some(credentials) = server.credentials {
            builder = builder.credentials(credentials);
        }
        Ok(Self(builder.build()))
    }

    /// Hands over a mail.
    pub async fn send(&self, message: &Message) -> Result<(), MailError> {
        match tokio::time::timeout(SEND_DEADLINE, self.0.send(message.clone())).await {
            Ok(Ok(_taken)) => Ok(()),
            Ok(Err(error)) => {
                let is_ascii = message.envelope().to().iter().all(|address| AsRef::<str>::as_ref(address).is_ascii());
                Err(classify(&error, is_ascii))
            }
            Err(_elapsed) => Err(not_now("deadline")),
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp(…)")
    }
}

#[cfg(feature = "tls")]
fn encrypted(
    builder: smtp::AsyncSmtpTransportBuilder,
    server: &Server,
) -> Result<smtp::AsyncSmtpTransportBuilder, MailerError> {
    use smtp::client::{Tls, TlsParameters};

    let parameters = || TlsParameters::new(server.host.clone()).map_err(|_| MailerError::Tls);
    Ok(match server.encryption {
        Encryption::None => builder,
        Encryption::StartTls => builder.tls(Tls::Required(parameters()?)),
        Encryption::FromStart => builder.tls(Tls::Wrapper(parameters()?)),
    })
}

#[cfg(not(feature = "tls"))]
fn encrypted(
    builder: smtp::AsyncSmtpTransportBuilder,
    server: &Server,
) -> Result<smtp::AsyncSmtpTransportBuilder, MailerError> {
    match server.encryption {
        Encryption::None => Ok(builder),
        Encryption::StartTls | Encryption::FromStart => Err(MailerError::Tls),
    }
}

/// What an error means for the mail. What the server said stays out of it.
fn classify(error: &smtp::Error, is_ascii: bool) -> MailError {
    match error.status().map(u16::from) {
        Some(code) if error.is_permanent() && !ABOUT_THE_SERVER.contains(&code) => {
            MailError::Refused { code: format!("smtp_{code}") }
        }
        Some(code) => not_now(&format!("smtp_{code}")),
        // The one thing that our side refuses about a mail: the server cannot read its address.
        None if error.is_client() && !is_ascii => MailError::Refused { code: "smtp_utf8".to_owned() },
        None if error.is_timeout() => not_now("timeout"),
        None if error.is_client() => not_now("server_lacks_feature"),
        None if error.is_response() => not_now("answer_not_understood"),
        None => not_now("connection"),
    }
}

fn not_now(code: &str) -> MailError {
    MailError::NotNow { code: code.to_owned() }
}
