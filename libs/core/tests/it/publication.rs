//! Planning a publication: what goes out, and what may not.

use fabric_core::{
    Descriptor, Role, Topic,
    event::InvalidPayload,
    message::HeaderValue,
    publication::{Rejected, plan, plan_json},
};

use crate::sample::{GradePosted, grade, origin};

#[test]
fn a_publication_is_cloudevents_in_binary_mode() {
    let publication = plan(&grade(), origin("academic", "teacher")).unwrap();
    let outgoing = &publication.outgoing;
    assert_eq!(
        (outgoing.exchange.as_str(), outgoing.routing_key.as_str()),
        ("events.gradebook", "gradebook.grade.posted")
    );
    assert_eq!(&outgoing.message.body[..], br#"{"student":"u-11391","percent":78.0,"comment":""}"#);
    let properties = &outgoing.message.properties;
    let id = publication.metadata.id.to_string();
    assert_eq!(properties.message_id.as_deref(), Some(id.as_str()));
    assert_eq!(properties.kind.as_deref(), Some("gradebook.grade.posted"));
    assert_eq!(properties.app_id.as_deref(), Some("academic"));
    assert_eq!(properties.content_type.as_deref(), Some("application/json"));
    assert_eq!((properties.timestamp_s, properties.persistent), (Some(1_700_000_000), true));
    let headers: Vec<(&str, &str)> =
        outgoing.message.headers.iter().filter_map(|(name, value)| Some((name, value.as_text()?))).collect();
    assert_eq!(
        headers,
        [
            ("cloudEvents_specversion", "1.0"),
            ("cloudEvents_id", id.as_str()),
            ("cloudEvents_source", "academic"),
            ("cloudEvents_type", "gradebook.grade.posted"),
            ("cloudEvents_time", "2023-11-14T22:13:20Z"),
            ("cloudEvents_dataschema", "urn:fabric:gradebook.grade.posted:2"),
            ("cloudEvents_tenantid", "district-1"),
            ("cloudEvents_correlationid", id.as_str()),
            ("cloudEvents_actorid", "t-1"),
            ("cloudEvents_subject", "u-11391"),
            ("cloudEvents_partitionkey", "u-11391"),
        ]
    );
    assert!(matches!(outgoing.message.headers.get("fabric-slot"), Some(HeaderValue::Int(0..=63))));
}

#[test]
fn what_may_not_go_out_is_rejected_with_its_reason() {
    let topic = Topic::try_new("gradebook.grade.posted").unwrap();
    let bad = GradePosted { percent: 101.0, ..grade() };
    let Err(Rejected::Payload(InvalidPayload::Bounds(violations))) = plan(&bad, origin("academic", "teacher")) else {
        panic!("out of bounds")
    };
    assert_eq!((violations[0].path.as_str(), violations[0].code.as_str()), ("percent", "too_large"));

    let large = GradePosted { comment: "x".repeat(262_144), ..grade() };
    assert!(matches!(plan(&large, origin("academic", "teacher")), Err(Rejected::TooLarge { bytes: 262_144.. })));

    let student = Role::try_new("student").unwrap();
    assert_eq!(plan(&grade(), origin("academic", "student")), Err(Rejected::Role { role: student, topic }));
    assert!(matches!(plan(&grade(), origin("social", "teacher")), Err(Rejected::Service { owner: "academic", .. })));

    for (service, role) in [("academic", "teacher"), ("academic", "service"), ("import", "service")] {
        assert!(plan(&grade(), origin(service, role)).is_ok(), "{service} as {role}");
    }
    let nobody = GradePosted { student: "a\nb".into(), ..grade() };
    assert!(matches!(plan(&nobody, origin("academic", "teacher")), Err(Rejected::Name(_))));
}

#[test]
fn json_goes_the_same_way_as_types() {
    let descriptor = Descriptor::of::<GradePosted>();
    let json = br#"{"comment": "", "percent": 78.0, "student": "u-11391", "unknown": 1}"#;
    let from_json = plan_json(&descriptor, json, origin("academic", "teacher")).unwrap();
    assert_eq!(from_json, plan(&grade(), origin("academic", "teacher")).unwrap());
    let wrong = plan_json(&descriptor, br#"{"student": 5}"#, origin("academic", "teacher"));
    assert!(matches!(wrong, Err(Rejected::Payload(InvalidPayload::Shape(_)))));
}
