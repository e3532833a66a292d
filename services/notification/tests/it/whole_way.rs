//! From an event to a mail at a server, in real time: the wire does not wait for a virtual clock.

use std::time::Duration;

use fabric::{AnyService, Event, TenantId, config::Config, host::Host, runtime::ids::Ids};
use fabric_catalog::{
    Example,
    demographics::UserCreated,
    notification::{DeliveryCompleted, DeliveryPartiallyCompleted, EmailDeliveryFailed, EmailSent},
};
use fabric_testkit::wait::eventually;
use notification::Mailer;

use crate::{
    STUDENT, request,
    smtp_server::{Saying, SmtpServer},
};

const DEADLINE: Duration = Duration::from_mins(1);

/// The service with this mail server, after the student of the examples was asked a notice for.
async fn host(server: &SmtpServer) -> Host {
    let settings = [
        ("FABRIC__MAIL__SMTP_URL", server.url()),
        ("FABRIC__MAIL__FROM", "school@example.edu".to_owned()),
        ("FABRIC__RETRY__FIRST_DELAY_MS", "20".to_owned()),
    ];
    let config = Config::load(None, settings.map(|(key, value)| (key.to_owned(), value))).unwrap();
    let mailer = Mailer::from_config(&config).unwrap();
    let service: Box<dyn AnyService> = Box::new(notification::service(mailer));
    let adapters = fabric::connect(&config, "test").await.unwrap();
    let host = Host::start(&config, adapters, Ids::system(), fabric_catalog::all(), &[service]).await.unwrap();
    let user = host.fabric_as("user".parse().unwrap());
    user.publish(UserCreated::example().unwrap()).tenant(tenant()).await.unwrap();
    let fabric = host.fabric("notification").unwrap();
    fabric.publish(request(STUDENT)).tenant(tenant()).await.unwrap();
    host
}

fn tenant() -> TenantId {
    TenantId::try_new("district-1").unwrap()
}

/// Waits until an event of this type was published.
async fn published<E: Event>(host: &Host) -> E {
    let fabric = host.fabric("notification").unwrap();
    let last = || async { fabric.last(tenant(), E::TOPIC.parse().unwrap()).await };
    let is_there = || async { last().await.map(|events| !events.is_empty()) };
    eventually(DEADLINE, E::TOPIC, is_there).await.unwrap();
    last().await.unwrap()[0].event.payload().unwrap()
}

#[tokio::test]
async fn a_mail_that_was_not_taken_at_first_arrives() {
    let server = SmtpServer::start(vec![Saying::once("RCPT", "451 greylisted, come again")]).await;
    let host = host(&server).await;
    let sent: EmailSent = published(&host).await;
    assert_eq!((sent.provider.as_str(), sent.attempt), ("smtp", 2));
    let taken = server.taken();
    let [taken] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(taken.to, ["RCPT TO:<ada@example.edu>"]);
    assert_eq!(taken.mail.header("Subject"), "Hello");
    assert_eq!(taken.mail.header("Message-ID"), sent.message_id.as_str());
    published::<DeliveryCompleted>(&host).await;
    host.drain().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_is_said_to_be_lost() {
    let server = SmtpServer::start(vec![Saying::always("RCPT", "550 <ada@example.edu> is unknown here")]).await;
    let host = host(&server).await;
    let failed: EmailDeliveryFailed = published(&host).await;
    assert_eq!((failed.code.as_str(), failed.attempts), ("smtp_550", 1));
    published::<DeliveryPartiallyCompleted>(&host).await;
    assert!(server.taken().is_empty());
    host.drain().await;
}
