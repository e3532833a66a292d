//! Handing over mails, without the rest of the service.

use std::{os::unix::fs::PermissionsExt, path::Path};

use fabric::{EventId, config::Config};
use fabric_catalog::values::EmailAddress;
use jiff::Timestamp;
use notification::{
    Mailer,
    mailer::{HandedOver, Mail, MailError, MailerError},
};
use tokio::net::TcpListener;

use crate::{
    Eml,
    smtp_server::{Saying, SmtpServer},
};

const FROM: &str = "School <school@example.edu>";

fn cause() -> EventId {
    EventId::from_parts(1_788_000_000_000, [7; 10])
}

fn mail<'a>(to: &'a EmailAddress, subject: &'a str, body: &'a str) -> Mail<'a> {
    Mail { cause: cause(), at: Timestamp::from_second(1_788_000_000).unwrap(), to, subject, body }
}

fn ada() -> EmailAddress {
    EmailAddress::try_new("ada@example.edu").unwrap()
}

async fn send(mailer: &Mailer, to: &EmailAddress) -> Result<HandedOver, MailError> {
    mailer.send(mail(to, "A new grade", "Sign in to see it.\n.\nYours, the school\n")).await
}

#[tokio::test]
async fn a_server_gets_the_mail() {
    let server = SmtpServer::start(Vec::new()).await;
    let mailer = Mailer::smtp(&server.url(), FROM).unwrap();
    let handed = send(&mailer, &ada()).await.unwrap();
    let message_id = format!("<{}@example.edu>", cause());
    assert_eq!(handed, HandedOver { message_id: message_id.clone(), provider: "smtp" });

    let taken = server.taken();
    let [taken] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(taken.from, "MAIL FROM:<school@example.edu>");
    assert_eq!(taken.to, ["RCPT TO:<ada@example.edu>"]);
    let headers = [
        ("From", "School <school@example.edu>"),
        ("To", "ada@example.edu"),
        ("Subject", "A new grade"),
        ("Message-ID", message_id.as_str()),
        ("Date", "Sat, 29 Aug 2026 10:40:00 +0000"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ];
    for (name, value) in headers {
        assert_eq!(taken.mail.header(name), value, "{name}");
    }
    assert_eq!(taken.mail.body.trim_end_matches("\r\n"), "Sign in to see it.\r\n.\r\nYours, the school");
}

#[tokio::test]
async fn somebody_who_must_say_who_they_are_does() {
    let server = SmtpServer::start(Vec::new()).await;
    let url = server.url().replace("smtp://", "smtp://school:s3cret@");
    send(&Mailer::smtp(&url, FROM).unwrap(), &ada()).await.unwrap();
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn an_error_says_whether_trying_again_may_help_and_nothing_of_the_person() {
    let table = [
        (("RCPT", "550 5.1.1 <ada@example.edu> is unknown here"), Some("smtp_550")),
        (("MAIL", "552 too much"), Some("smtp_552")),
        (("DATA", "554 no"), Some("smtp_554")),
        (("RCPT", "451 4.7.1 <ada@example.edu> greylisted, come again"), None),
        (("MAIL", "421 too busy"), None),
        (("AUTH", "535 5.7.8 school may not"), None),
        (("MAIL", "530 authenticate first"), None),
        (("EHLO", "500 what?"), None),
        (("RCPT", "nonsense"), None),
    ];
    for (told, expected) in table {
        let server = SmtpServer::start(vec![Saying::always(told.0, told.1)]).await;
        let url = server.url().replace("smtp://", "smtp://school:s3cret@");
        let error = send(&Mailer::smtp(&url, FROM).unwrap(), &ada()).await.unwrap_err();
        assert_eq!(error.permanent_code(), expected, "{told:?}: {error}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("ada@") && !said.contains("s3cret") && !said.contains("example"), "{said}");
        assert!(server.taken().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = send(&Mailer::smtp(&url, FROM).unwrap(), &ada()).await.unwrap_err();
    assert!(matches!(error, MailError::NotNow { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let error = send(&Mailer::smtp(&url, FROM).unwrap(), &ada()).await.unwrap_err();
    assert!(matches!(error, MailError::NotNow { .. }), "{error}");
}

#[tokio::test]
async fn an_address_that_the_server_cannot_read_is_refused_for_good() {
    let server = SmtpServer::start(Vec::new()).await;
    let mailer = Mailer::smtp(&server.url(), FROM).unwrap();
    let Ok(to) = EmailAddress::try_new("jürgen@example.edu") else { return };
    let error = send(&mailer, &to).await.unwrap_err();
    assert!(error.permanent_code().is_some(), "{error}");
}

#[tokio::test]
async fn an_outbox_has_a_file_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("data/outbox");
    let mailer = Mailer::outbox(&outbox, FROM).unwrap();
    let first = send(&mailer, &ada()).await.unwrap();
    let file = outbox.join(format!("{}.eml", cause()));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(first.provider, "outbox");
    assert_eq!(Eml::read(&written).header("Message-ID"), first.message_id);

    assert_eq!(send(&mailer, &ada()).await.unwrap(), first);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written, "the same event writes the same file");
    assert_eq!(Eml::all(&outbox).len(), 1);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&outbox), mode(&file)), (0o700, 0o600), "mails are for their recipients");
}

#[tokio::test]
async fn letters_of_any_language_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::outbox(folder.path(), FROM).unwrap();
    let (subject, body) = ("Neue Note für Jürgen\r\nBcc: eve@example.edu", "Sign in to see it. Schöne Grüße\n");
    mailer.send(mail(&ada(), subject, body)).await.unwrap();
    let mails = Eml::all(folder.path());
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert!(mail.header("Subject").is_ascii() && mail.header("Subject").contains("=?utf-8?"), "{mail:?}");
    assert_eq!(mail.header("Bcc"), "", "a subject cannot smuggle in a header");
    assert_eq!(mail.header("Content-Transfer-Encoding"), "quoted-printable");
    assert_eq!(mail.body.trim_end_matches("\r\n"), "Sign in to see it. Sch=C3=B6ne Gr=C3=BC=C3=9Fe");
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = send(&Mailer::outbox(file.join("outbox"), FROM).unwrap(), &ada()).await.unwrap_err();
    assert!(matches!(error, MailError::Outbox(_)), "{error}");
}

#[test]
fn the_configuration_names_the_mailer() {
    let mailer = |settings: &[(&str, &str)]| {
        let environment = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Mailer::from_config(&Config::load(None, environment).unwrap()).map(|mailer| format!("{mailer:?}"))
    };
    assert!(mailer(&[]).unwrap().contains("Outbox"));
    let url = "smtp://school:s3cret@mail:2525";
    let smtp = mailer(&[("FABRIC__MAIL__SMTP_URL", url), ("FABRIC__MAIL__FROM", "school@example.edu")]).unwrap();
    assert!(smtp.contains("Smtp") && !smtp.contains("s3cret"), "{smtp}");
    for (url, from) in [("http://mail", FROM), (url, "nobody")] {
        let error = Mailer::smtp(url, from).unwrap_err();
        assert!(matches!(error, MailerError::Url | MailerError::From), "{error}");
    }
}
