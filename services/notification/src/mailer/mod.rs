//! Sends e-mails: by SMTP, or, where no server is configured, as files into a folder.

mod outbox;
mod server;
mod smtp;

use std::{path::PathBuf, time::SystemTime};

use fabric::{EventId, config::Config};
use fabric_catalog::values::EmailAddress;
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
};

use outbox::Outbox;
use smtp::Smtp;

/// Sends e-mails.
#[derive(Debug)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Smtp(Smtp),
    Outbox(Outbox),
}

/// An e-mail: plain text to one person.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The event that asked for it. The same event always makes the same mail.
    pub cause: EventId,
    /// When that was.
    pub at: Timestamp,
    /// Whom it goes to.
    pub to: &'a EmailAddress,
    /// The subject. Line breaks in it become spaces.
    pub subject: &'a str,
    /// The text.
    pub body: &'a str,
}

/// An e-mail that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The message's id, as it stands in its header.
    pub message_id: String,
    /// To whom: `smtp` or `outbox`.
    pub provider: &'static str,
}

/// Why there is no mailer.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// Nobody could answer.
    #[error("mail.from must be a mail address, such as `school@example.edu` or `School <school@example.edu>`")]
    From,
    /// There is no such server.
    #[error("mail.smtp_url must be smtp://HOST, smtp://HOST:PORT or smtp://USER:PASSWORD@HOST:PORT")]
    Url,
    /// It would have to be encrypted.
    #[error("mail.smtp_url asks for TLS, which this build cannot do")]
    Tls,
}

/// Why an e-mail was not handed over. Nothing that a server said is in it: servers quote addresses.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never be taken.
    #[error("the mail will never be taken: {code}")]
    Refused {
        /// Why, such as `smtp_550`.
        code: String,
    },
    /// It was not taken this time, or perhaps it was: trying again may deliver it twice, under the same message id.
    #[error("the mail was not taken this time: {code}")]
    NotNow {
        /// Why, such as `smtp_451` or `connection`.
        code: String,
    },
    /// The folder cannot be written to.
    #[error("the mail could not be written into the outbox: {0}")]
    Outbox(std::io::ErrorKind),
}

impl Mailer {
    /// The mailer that the configuration names: its mail server, or the outbox in the data folder when there is none.
    pub fn from_config(config: &Config) -> Result<Self, MailerError> {
        let url = &config.mail.smtp_url;
        if url.is_empty() {
            Self::outbox(config.outbox_folder(), &config.mail.from)
        } else {
            Self::smtp(url.expose(), &config.mail.from)
        }
    }

    /// A mailer that hands mails to the server at this URL.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailerError> {
        Ok(Self { from: mailbox(from)?, transport: Transport::Smtp(Smtp::try_new(url)?) })
    }

    /// A mailer that writes each mail as a file, `{id of the event}.eml`, into this folder, which is made when it is
    /// missing.
    pub fn outbox(folder: impl Into<PathBuf>, from: &str) -> Result<Self, MailerError> {
        Ok(Self { from: mailbox(from)?, transport: Transport::Outbox(Outbox::new(folder.into())) })
    }

    /// Hands over a mail.
    pub async fn send(&self, mail: Mail<'_>) -> Result<HandedOver, MailError> {
        let message_id = format!("<{}@{}>", mail.cause, self.from.email.domain());
        let message = self.message(mail, &message_id)?;
        let provider = match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&message).await.map(|()| "smtp")?,
            Transport::Outbox(outbox) => outbox.write(mail.cause, message.formatted()).await.map(|()| "outbox")?,
        };
        Ok(HandedOver { message_id, provider })
    }

    fn message(&self, mail: Mail<'_>, message_id: &str) -> Result<Message, MailError> {
        let refused = |code: &str| MailError::Refused { code: code.to_owned() };
        let to: Address = mail.to.as_str().parse().map_err(|_| refused("bad_address"))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(mail.subject))
            .date(SystemTime::from(mail.at))
            .message_id(Some(message_id.to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.to_owned())
            .map_err(|_| refused("bad_message"))
    }
}

impl MailError {
    /// What failed, as the event of a failed delivery says it: nothing where trying again may help.
    pub fn permanent_code(&self) -> Option<&str> {
        match self {
            Self::Refused { code } => Some(code),
            Self::NotNow { .. } | Self::Outbox(_) => None,
        }
    }
}

fn mailbox(from: &str) -> Result<Mailbox, MailerError> {
    from.parse().map_err(|_| MailerError::From)
}

/// A header has one line.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
