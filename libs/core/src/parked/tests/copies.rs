//! The copies by which events leave their parked queue, or stay in it changed.

use super::*;

#[test]
fn a_redriven_copy_is_the_event_as_it_was_published_and_keeps_its_place() {
    let original = delivery(1, "p-1");
    let mut was_parked = parked(1, "p-1", 10);
    was_parked.message.headers.set(NOT_BEFORE, "2030-01-01T00:00:00Z");
    was_parked.message.headers.set("x-death", "forged");
    was_parked.message.headers.set("CC", "elsewhere");
    let step = |incoming: Incoming| {
        let events = ParkedEvents::of(vec![incoming]);
        let feed = SubscriptionName::try_new("social.feed").unwrap();
        events.moves(&Select::All, &topology_of(Order::Loose), &feed).unwrap().remove(0)
    };
    let copy = redriven_copy(&step(was_parked), "r-1", false);
    assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("queues.social", "social.feed"));
    assert_eq!((&copy.message.body, &copy.message.properties.message_id), (&original.message.body, &Some(id(1))));
    assert!(copy.message.properties.persistent && copy.message.properties.user_id.is_none());
    let names: Vec<&str> =
        copy.message.headers.iter().map(|(name, _)| name).filter(|name| name.starts_with("fabric-")).collect();
    assert_eq!(
        names,
        [
            SLOT,
            resend::ORIGIN_EXCHANGE,
            resend::ORIGIN_KEY,
            resend::ORIGIN_QUEUE,
            resend::FIRST_FAILED_AT,
            PARKED_AT,
            REDRIVE_ID,
            REDRIVE_OLDEST,
            REDRIVE_ONCE
        ]
    );
    assert!(copy.message.headers.get("x-death").is_none() && copy.message.headers.get("CC").is_none());
    let back = back(copy, 1);
    assert_eq!(Trial::of(&back).attempt, 1, "it is counted anew");
    assert_eq!(codec::decode(&back).unwrap().metadata.id.to_string(), id(1));
    let again = redriven_copy(&step(back), "r-2", true);
    assert_eq!(again.message.headers.text(PARKED_AT), Some("1970-01-01T00:00:10Z"));
    assert_eq!(again.message.headers.text(REDRIVE_ID), Some("r-2"));
    assert_eq!(again.message.headers.get(REDRIVE_ONCE), Some(&HeaderValue::Bool(true)));
}

#[test]
fn who_keeps_the_order_is_told_what_is_given_up() {
    let strict = |count| Order::Strict { partitions: Partitions::try_new(count).unwrap(), on_park: OnPark::HoldKey };
    let feed = SubscriptionName::try_new("social.feed").unwrap();
    let mut given_up = parked(1, "p-1", 10);
    given_up.message.headers.set(REDRIVE_ID, "r-1");
    let told = |order, incoming: &Incoming| {
        let events = ParkedEvents::of(vec![incoming.clone()]);
        dropped_copy(&events.entries()[0], &topology_of(order), &feed)
    };
    for (order, target) in [
        (Order::Loose, None),
        (strict(1), Some("social.feed".to_owned())),
        (strict(4), Some("social.feed.partition.2".to_owned())),
    ] {
        assert_eq!(told(order, &given_up).map(|copy| copy.routing_key), target, "{order:?}");
        assert_eq!(keeps_order(&topology_of(order), &feed), target.is_some(), "{order:?}");
    }
    let copy = told(strict(1), &given_up).unwrap();
    assert_eq!(copy.message.headers.get(DROPPED), Some(&HeaderValue::Bool(true)));
    assert_eq!(copy.message.headers.get(REDRIVE_ID), None);
    assert_eq!(codec::decode_message(&copy.message).unwrap().metadata.id.to_string(), id(1));
    let mut unreadable = given_up;
    unreadable.message.headers = Headers::default();
    assert_eq!(told(strict(1), &unreadable), None, "no key waits for it");
    assert!(!keeps_order(&topology_of(strict(1)), &"social.nobody".parse().unwrap()));

    // The broker can give up on what tells of it, too. Redriven it is the event again.
    let events = ParkedEvents::of(vec![back(copy, 9)]);
    let step = events.moves(&Select::All, &topology_of(strict(1)), &feed).unwrap().remove(0);
    assert_eq!(redriven_copy(&step, "r-2", false).message.headers.get(DROPPED), None);
}

#[test]
fn an_edited_copy_keeps_its_cause_and_place_and_has_a_valid_payload() {
    let (feed, operator) = ("social.feed".parse().unwrap(), ActorId::try_new("ada").unwrap());
    let descriptor = Descriptor::of::<Posted>();
    let edit = |incoming: &Incoming, payload: &str| {
        edited_copy(incoming, &feed, &descriptor, payload.as_bytes(), seconds(10), &operator, seconds(99))
    };
    let was_parked = parked(1, "p-1", 10);
    let copy = edit(&was_parked, r#"{"post":"p-1","likes":7,"unknown":1}"#).unwrap();
    assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("queues.social", "social.feed.parked"));
    assert_eq!(copy.message.body, r#"{"post":"p-1","likes":7}"#);
    let event = ParkedEvent::of(&back(copy, 2));
    let before = ParkedEvent::of(&was_parked);
    assert_eq!(event, ParkedEvent { edited_at: Some(seconds(99)), ..before });

    let code = |payload: &str| match edit(&was_parked, payload) {
        Err(CannotEdit::Payload(InvalidPayload::Shape(_))) => "shape",
        Err(CannotEdit::Payload(InvalidPayload::Bounds(_))) => "bounds",
        Err(CannotEdit::Key) => "key",
        other => panic!("{other:?}"),
    };
    let table = [
        ("{}", "shape"),
        ("no json", "shape"),
        (r#"{"post":"p-1","likes":700}"#, "bounds"),
        (r#"{"post":"p-2","likes":7}"#, "key"),
    ];
    for (payload, expected) in table {
        assert_eq!(code(payload), expected, "{payload}");
    }
    let mut about_somebody = was_parked.clone();
    about_somebody.message.headers.set("cloudEvents_subject", "u-1");
    assert_eq!(edit(&about_somebody, r#"{"post":"p-1","likes":7}"#), Err(CannotEdit::Subject));
    let mut newer = was_parked.clone();
    newer.message.headers.set("cloudEvents_dataschema", "urn:fabric:social.post.created:2");
    let refused = edit(&newer, r#"{"post":"p-1","likes":7}"#);
    assert_eq!(refused, Err(CannotEdit::Newer { found: 2, known: 1 }));
    let mut unreadable = was_parked;
    unreadable.message.headers.retain(|name, _| name != "cloudEvents_tenantid");
    let refused = edit(&unreadable, r#"{"post":"p-1","likes":7}"#);
    assert_eq!(refused, Err(CannotEdit::Unreadable(Poison::Missing("tenantid"))));
}

#[test]
fn a_structured_event_is_edited_too() {
    let (feed, operator) = ("social.feed".parse().unwrap(), ActorId::try_new("ada").unwrap());
    let binary = delivery(1, "p-1");
    let metadata = codec::decode(&binary).unwrap().metadata;
    let mut structured = parked(1, "p-1", 10);
    structured.message.body = codec::encode_structured(&metadata, &binary.message.body).unwrap().into();
    structured.message.properties.content_type = Some(format!("{}; charset=utf-8", codec::CLOUDEVENTS_JSON));
    structured.message.headers.retain(|name, _| name.starts_with("fabric-"));
    let payload = br#"{"post":"p-1","likes":7}"#;
    let copy =
        edited_copy(&structured, &feed, &Descriptor::of::<Posted>(), payload, seconds(10), &operator, seconds(99))
            .unwrap();
    let read = codec::decode_message(&copy.message).unwrap();
    assert_eq!((read.metadata, &read.body[..]), (metadata, &payload[..]));
    assert_eq!(ParkedEvent::of(&back(copy, 1)).cause, Cause::Exhausted);
}

#[test]
fn an_event_of_an_older_version_is_edited_into_the_version_that_is_known() {
    let (feed, operator) = ("social.feed".parse().unwrap(), ActorId::try_new("ada").unwrap());
    let known = Descriptor { version: 2, ..Descriptor::of::<Posted>() };
    let payload = br#"{"post":"p-1","likes":7}"#;
    let copy = edited_copy(&parked(1, "p-1", 10), &feed, &known, payload, seconds(10), &operator, seconds(99)).unwrap();
    let read = codec::decode_message(&copy.message).unwrap();
    assert_eq!((read.metadata.version, &read.body[..]), (2, &payload[..]));
}
