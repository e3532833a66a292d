//! What goes out, on whose behalf, and what happens when the broker does not confirm.

use std::{fs, sync::Mutex};

use fabric::{
    AnyService, Service, TenantId, config::ImportSection, core::topology::names::leads_to_one_queue, identity::Identity,
};
use fabric_catalog::rostering::{ImportCompleted, ImportRecordRejected, ImportStarted};
use fabric_testkit::harness::{Harness, tenant};

use super::{bundles::limits, fixture::registrar};
use crate::import::{ImportError, Progress, RejectsSink, Report, Source, Target, oneroster};

/// A fabric on which services publish, and none listens.
async fn fabric() -> Harness {
    let service = |name| -> Box<dyn AnyService> {
        let events = fabric_catalog::all().iter().copied().filter(|event| event.may_be_published_by(name));
        Box::new(Service::new(name).publishes_all(events))
    };
    Harness::start(vec![service("academic"), service("user")]).await
}

fn target(harness: &Harness) -> Target {
    let identity = Identity { tenant: tenant(), actor: registrar() };
    Target { academic: harness.fabric_as("academic"), user: harness.fabric_as("user"), identity }
}

async fn import(target: &Target, limits: &ImportSection) -> Result<Report, ImportError> {
    oneroster(Source::sample(), target, limits, RejectsSink::Discard, |_| {}).await
}

/// Topics and ids of everything that was published, in order.
fn published(harness: &Harness) -> Vec<(String, String)> {
    let recorded = harness.broker().recorded();
    let sent = recorded.iter().map(|recorded| &recorded.content);
    let sent = sent.filter(|outgoing| !leads_to_one_queue(&outgoing.exchange));
    sent.map(|outgoing| {
        (outgoing.routing_key.clone(), outgoing.message.properties.message_id.clone().unwrap_or_default())
    })
    .collect()
}

#[tokio::test]
async fn the_sample_is_published_between_its_start_and_its_end() {
    let harness = fabric().await;
    let report = import(&target(&harness), &limits()).await.unwrap();
    assert_eq!((report.accepted, report.rejected), (389, 3));
    assert_eq!(report.published, 389 + 3 + 2);
    assert_eq!(report.unrouted, report.published);
    assert_eq!(
        report.rejects.into_iter().collect::<Vec<_>>(),
        [("bad_date".to_owned(), 1), ("blank_score".to_owned(), 1), ("unknown_reference".to_owned(), 1),]
    );
    let results = report.files.iter().find(|file| file.file == "results.csv").unwrap();
    assert_eq!((results.rows, results.accepted, results.rejected), (237, 235, 2));

    let topics = published(&harness);
    assert_eq!(topics.len() as u64, report.published);
    assert_eq!(topics.first().unwrap().0, "rostering.import.started");
    assert_eq!(topics.last().unwrap().0, "rostering.import.completed");
    let started = &harness.published::<ImportStarted>()[0];
    assert_eq!((started.source_system.as_deref(), started.files.len()), (Some("Sample"), 10));
    let completed = &harness.published::<ImportCompleted>()[0];
    assert_eq!((completed.accepted_records, completed.rejected_records, completed.published_events), (389, 3, 389));
    let rejected = harness.published::<ImportRecordRejected>();
    let places: Vec<_> =
        rejected.iter().map(|record| (record.file.as_str(), record.line, record.code.as_str())).collect();
    assert_eq!(
        places,
        [
            ("enrollments.csv", 42, "bad_date"),
            ("results.csv", 62, "blank_score"),
            ("results.csv", 152, "unknown_reference"),
        ]
    );
}

#[tokio::test]
async fn every_event_comes_from_its_owner_and_the_importer() {
    let harness = fabric().await;
    let report = import(&target(&harness), &limits()).await.unwrap();
    for recorded in harness.broker().recorded() {
        let received = fabric::core::codec::decode_message(&recorded.content.message).unwrap();
        let owner = if received.metadata.topic.context() == "demographics" { "user" } else { "academic" };
        assert_eq!(received.metadata.source, owner);
        assert_eq!(received.metadata.actor.unwrap().as_str(), "registrar-1");
        assert_eq!(received.metadata.correlation.as_str(), report.import_id);
    }
}

#[tokio::test]
async fn importing_again_sends_the_same_events() {
    let harness = fabric().await;
    for _ in 0..2 {
        import(&target(&harness), &limits()).await.unwrap();
    }
    let of_rows = |(topic, _): &&(String, String)| !topic.starts_with("rostering.import.");
    let mut ids: Vec<_> = published(&harness).iter().filter(of_rows).map(|(_, id)| id.clone()).collect();
    assert_eq!(ids.len(), 2 * 389);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 389);
}

#[tokio::test]
async fn another_tenant_gets_events_of_its_own() {
    let harness = fabric().await;
    let one = target(&harness);
    let identity = Identity { tenant: TenantId::try_new("other").unwrap(), ..one.identity.clone() };
    let other = Target { identity, ..one.clone() };
    for target in [one, other] {
        import(&target, &limits()).await.unwrap();
    }
    let mut ids: Vec<_> = published(&harness).into_iter().map(|(_, id)| id).collect();
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), sent);
}

#[tokio::test]
async fn rows_are_published_in_their_order() {
    let harness = fabric().await;
    import(&target(&harness), &ImportSection { concurrency: 16, ..limits() }).await.unwrap();
    let topics: Vec<String> = published(&harness).into_iter().map(|(topic, _)| topic).collect();
    let place = |topic: &str| topics.iter().position(|other| other == topic).unwrap();
    let last = |topic: &str| topics.iter().rposition(|other| other == topic).unwrap();
    assert!(last("rostering.class.created") < place("demographics.user.created"));
    assert!(last("demographics.user.created") < place("demographics.enrollment.created"));
    assert!(last("gradebook.assignment.created") < place("gradebook.grade.posted"));
    let students = harness.published::<fabric_catalog::demographics::UserCreated>();
    let ids: Vec<&str> = students.iter().map(|user| user.user_id.as_str()).collect();
    assert_eq!((ids[0], ids[4], ids[33]), ("tea-1", "stu-01", "stu-30"));
}

#[tokio::test]
async fn what_is_not_confirmed_is_sent_again_with_its_id() {
    let harness = fabric().await;
    harness.broker().refuse_next(7);
    harness.broker().lose_confirm_next(5);
    let report = import(&target(&harness), &ImportSection { concurrency: 8, ..limits() }).await.unwrap();
    assert_eq!(report.published, 389 + 3 + 2);
    let mut sent = published(&harness);
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len() as u64, report.published);
}

#[tokio::test]
async fn a_broker_that_stays_away_stops_the_import_with_a_word_on_how_far_it_came() {
    let harness = fabric().await;
    harness.broker().refuse_next(u64::MAX);
    let error = import(&target(&harness), &limits()).await.unwrap_err();
    let ImportError::Interrupted { at, published, waited_s, .. } = &error else { panic!("{error:?}") };
    assert_eq!((at.as_str(), *published), ("rostering.import.started", 0));
    assert!(*waited_s >= 180, "{waited_s}");
    assert!(error.to_string().contains("Import the bundle again"), "{error}");
}

#[tokio::test]
async fn whoever_may_not_import_publishes_nothing() {
    let harness = fabric().await;
    let mut target = target(&harness);
    target.identity.actor.role = fabric::Role::try_new("student").unwrap();
    let error = import(&target, &limits()).await.unwrap_err();
    assert!(matches!(error, ImportError::NotAllowed(_)), "{error:?}");
    assert_eq!(published(&harness), []);
}

#[tokio::test]
async fn whoever_may_start_an_import_may_publish_all_of_it() {
    let roles = |topic: &str| fabric_catalog::find(topic).unwrap().roles;
    let harness = fabric().await;
    import(&target(&harness), &limits()).await.unwrap();
    let more = ["rostering.class.archived", "demographics.user.deactivated", "demographics.enrollment.ended"];
    let more = more.into_iter().chain(["gradebook.assignment.deleted", "gradebook.grade.withdrawn"]);
    for topic in published(&harness).iter().map(|(topic, _)| topic.as_str()).chain(more) {
        for role in ["registrar", "operator"] {
            assert!(roles("rostering.import.started").contains(&role));
            assert!(roles(topic).contains(&role), "{topic} {role}");
        }
    }
}

#[tokio::test]
async fn a_refused_bundle_leaves_no_trace() {
    let harness = fabric().await;
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.csv");
    let source = Source::Path(folder.path().to_owned());
    let sink = RejectsSink::File(rejects.clone());
    let error = oneroster(source, &target(&harness), &limits(), sink, |_| {}).await.unwrap_err();
    assert!(matches!(error, ImportError::Refused(_)), "{error:?}");
    assert_eq!(published(&harness), []);
    assert!(!rejects.exists());
}

#[tokio::test]
async fn rejected_rows_are_written_down_up_to_the_limit() {
    let table = [
        (
            100,
            "file,line,column,code,reason\n\
             enrollments.csv,42,beginDate,bad_date,must be a date of the form YYYY-MM-DD\n\
             results.csv,62,score,blank_score,must not be blank\n\
             results.csv,152,studentSourcedId,unknown_reference,must be the id of an accepted row of users.csv\n",
        ),
        (
            1,
            "file,line,column,code,reason\n\
             enrollments.csv,42,beginDate,bad_date,must be a date of the form YYYY-MM-DD\n",
        ),
    ];
    for (rejects_max, expected) in table {
        let harness = fabric().await;
        let file = tempfile::NamedTempFile::new().unwrap();
        let sink = RejectsSink::File(file.path().to_owned());
        let limits = ImportSection { rejects_max, ..limits() };
        let report = oneroster(Source::sample(), &target(&harness), &limits, sink, |_| {}).await.unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), expected);
        assert_eq!(report.rejected, 3);
        assert_eq!(harness.published::<ImportRecordRejected>().len() as u64, rejects_max.min(3));
    }
}

#[tokio::test]
async fn a_rejects_file_that_cannot_be_written_stops_the_import_before_it_starts() {
    let harness = fabric().await;
    let folder = tempfile::tempdir().unwrap();
    let sink = RejectsSink::File(folder.path().join("nowhere").join("rejects.csv"));
    let error = oneroster(Source::sample(), &target(&harness), &limits(), sink, |_| {}).await.unwrap_err();
    assert!(matches!(error, ImportError::Rejects { .. }), "{error:?}");
    assert_eq!(published(&harness), []);
}

#[tokio::test]
async fn progress_ends_with_the_last_row() {
    let harness = fabric().await;
    let seen = Mutex::new(Vec::<Progress>::new());
    let progress = |progress: &Progress| seen.lock().unwrap().push(progress.clone());
    oneroster(Source::sample(), &target(&harness), &limits(), RejectsSink::Discard, progress).await.unwrap();
    let last = seen.into_inner().unwrap().pop().unwrap();
    assert_eq!((last.rows_read, last.rows_total, last.accepted, last.rejected), (392, 392, 389, 3));
    assert_eq!(last.file, "demographics.csv");
}
