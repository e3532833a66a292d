//! The service as others see it: events in, mails and events out, HTTP.

mod commands;
mod failures;
mod mailer;
mod notices;
mod outcomes;
mod smtp_server;
mod whole_way;

use std::path::Path;

use fabric::Event;
use fabric_catalog::{
    Example,
    demographics::UserCreated,
    notification::{Channel, NotificationDispatchRequested, Urgency},
    values::Id,
};
use fabric_testkit::harness::Harness;
use notification::Mailer;
use tempfile::TempDir;

/// The student of the catalogue's examples.
const STUDENT: &str = "u-11391";
/// Whoever acts for the student.
const GUARDIAN: &str = "u-guardian";

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

/// The service with an outbox, knowing the student and the guardian of the examples.
struct School {
    harness: Harness,
    outbox: TempDir,
}

impl School {
    async fn start() -> Self {
        let school = Self::empty().await;
        let student = UserCreated::example().unwrap();
        let guardian = UserCreated {
            user_id: id(GUARDIAN),
            email: Some("annabella@example.edu".parse().unwrap()),
            agent_ids: Vec::new(),
            ..student.clone()
        };
        school.harness.publish(student).await;
        school.harness.publish(guardian).await;
        school.harness.settle().await;
        school
    }

    async fn empty() -> Self {
        let outbox = tempfile::tempdir().unwrap();
        let mailer = Mailer::outbox(outbox.path(), "School <school@example.edu>").unwrap();
        Self { harness: Harness::start(notification::service(mailer)).await, outbox }
    }

    /// Publishes an event and waits until everything has come to rest.
    async fn after<E: Event>(&self, event: E) {
        self.harness.publish(event).await;
        self.harness.settle().await;
    }

    /// The mails in the outbox, sorted by whom they go to.
    fn mails(&self) -> Vec<Eml> {
        let mut mails = Eml::all(self.outbox.path());
        mails.sort_by(|one, other| one.header("To").cmp(other.header("To")));
        mails
    }
}

/// A request for the notice that says anything.
fn request(recipient: &str) -> NotificationDispatchRequested {
    let variables = [("subject", "Hello"), ("text", "It is Monday.")];
    NotificationDispatchRequested {
        notification_id: id("n-1"),
        recipient_id: id(recipient),
        template: "notice".into(),
        variables: variables.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).into(),
        channels: [].into(),
        urgency: Urgency::Normal,
        language: None,
        email: None,
        deliver_after_at: None,
        expires_at: None,
        ..NotificationDispatchRequested::example().unwrap()
    }
}

fn on(channels: &[Channel], event: NotificationDispatchRequested) -> NotificationDispatchRequested {
    NotificationDispatchRequested { channels: channels.iter().copied().collect(), ..event }
}

/// A mail as it stands in a file or came over the wire.
#[derive(Debug, Clone, PartialEq)]
struct Eml {
    headers: Vec<(String, String)>,
    body: String,
}

impl Eml {
    /// Reads a mail: headers, an empty line, the body. Every line ends with CR LF.
    fn read(text: &str) -> Self {
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "lines end with CR LF: {text:?}");
        let (head, body) = text.split_once("\r\n\r\n").expect("an empty line");
        let unfolded = head.replace("\r\n ", " ");
        let headers = unfolded.split("\r\n").map(|line| line.split_once(": ").expect("a header"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { headers, body: body.to_owned() }
    }

    fn all(folder: &Path) -> Vec<Self> {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mails = files.map(|path| {
            assert_eq!(path.extension().and_then(|extension| extension.to_str()), Some("eml"), "{}", path.display());
            Self::read(&std::fs::read_to_string(path).unwrap())
        });
        mails.collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}
