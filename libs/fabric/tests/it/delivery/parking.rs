//! Parked events: with their cause, and otherwise as they were published.

use fabric::core::{codec, message::HeaderValue};
use fabric_testkit::harness::Harness;
use jiff::Timestamp;

use crate::sample::{Act, MarkGiven, School, following, mark, marks, school};

#[tokio::test(start_paused = true)]
async fn a_parked_event_says_why_and_where_it_comes_from() {
    use Act::{Foreign, Hang, Panic, Permanent, Transient};
    let last = |act| [Transient, Transient, Transient, Transient, act];
    let table: &[(&[Act], i64, &str, &str)] = &[
        (&last(Transient), 5, "exhausted", "the printer is out of paper"),
        (&last(Panic), 5, "exhausted", "the handler panicked"),
        (&last(Foreign), 5, "exhausted", "printing: no answer"),
        (&last(Hang), 5, "exhausted", "the handler did not come back in time"),
        (&last(Permanent), 5, "permanent", "nobody knows this class"),
        (&[Permanent], 1, "permanent", "nobody knows this class"),
    ];
    for (script, attempt, kind, message) in table {
        let (harness, state) = following(script).await;
        let published = harness.publish(mark("p-1", 7)).await;
        harness.settle().await;
        let parked = harness.parked("school.marks");
        let [parked] = parked.as_slice() else { panic!("{script:?}: {} are parked", parked.len()) };
        let (properties, headers) = (&parked.message.properties, &parked.message.headers);
        assert_eq!(headers.get("fabric-attempt"), Some(&HeaderValue::Int(*attempt)), "{script:?}");
        assert_eq!(headers.text("fabric-fault-type"), Some(*kind), "{script:?}");
        assert_eq!(headers.text("fabric-fault-message"), Some(*message), "{script:?}");
        assert_eq!(headers.text("fabric-origin-queue"), Some("school.marks"));
        let first_failed_at: Timestamp = headers.text("fabric-first-failed-at").unwrap().parse().unwrap();
        let ago = harness.clock().now().duration_since(first_failed_at);
        assert_eq!(ago.unsigned_abs(), harness.clock().elapsed().saturating_sub(state.seen()[0].from), "{script:?}");
        assert!(headers.iter().all(|(name, _)| !name.starts_with("x-")), "{headers:?}");
        // It is still the event that it was.
        assert_eq!(properties.message_id, Some(published.id().to_string()));
        let received = codec::decode_message(&parked.message).unwrap();
        assert_eq!((received.metadata.id, received.payload::<MarkGiven>()), (published.id(), Ok(mark("p-1", 7))));
    }
}

#[tokio::test(start_paused = true)]
async fn parking_holds_nothing_back_and_leaves_nothing_behind() {
    let (service, state) = school(School::always(Act::Permanent), marks());
    let harness = Harness::start(service).await;
    for points in 0..30 {
        harness.publish(mark("p-1", points)).await;
    }
    harness.settle().await;
    let parked = harness.parked("school.marks");
    let points = |body: &[u8]| serde_json::from_slice::<MarkGiven>(body).unwrap().points;
    let parked: Vec<u16> = parked.iter().map(|parked| points(&parked.message.body)).collect();
    assert_eq!((parked, state.points()), ((0..30).collect(), (0..30).collect()));
    for queue in harness.broker().queue_names().iter().filter(|queue| !queue.ends_with(".parked")) {
        assert!(harness.broker().contents(queue).is_empty(), "{queue}");
    }
}
