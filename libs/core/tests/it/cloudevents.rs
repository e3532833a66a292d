//! `CloudEvents` as others understand them: the project's own SDK reads what we write, and we read what it writes, in binary mode with
//! each prefix, in structured mode, and in batches.

use bytes::Bytes;
use cloudevents::{
    AttributesReader, Data, Event, EventBuilder, EventBuilderV10,
    event::{ExtensionValue, SpecVersion},
    message::{
        BinaryDeserializer, BinarySerializer, MessageAttributeValue, Result as SdkResult, StructuredDeserializer,
        StructuredSerializer,
    },
};
use fabric_core::{
    EventId, PartitionKey,
    codec::{
        self, CLOUDEVENTS_BATCH_JSON, CLOUDEVENTS_JSON, InvalidBatch, Poison, decode_batch, decode_message,
        encode_structured,
    },
    message::{HeaderValue, Headers, Message, Properties},
    metadata::StreamPlace,
    name::StreamId,
    publication::{Origin, Publication, plan},
};
use serde_json::{Value, json};

use crate::sample::{GradePosted, grade, origin};

const PREFIXES: [&str; 3] = ["cloudEvents_", "cloudEvents:", "ce-"];

/// A message as a protocol binding of the SDK sees it.
struct Bound<'a> {
    prefix: &'a str,
    message: Message,
}

impl BinaryDeserializer for Bound<'_> {
    fn deserialize_binary<R: Sized, V: BinarySerializer<R>>(self, mut visitor: V) -> SdkResult<R> {
        visitor = visitor.set_spec_version(SpecVersion::V10)?;
        let core = ["id", "source", "type", "time", "subject", "dataschema"];
        for (name, value) in self.message.headers.iter() {
            let value = match value {
                HeaderValue::Text(text) => MessageAttributeValue::String(text.clone()),
                HeaderValue::Int(number) => MessageAttributeValue::Integer(*number),
                HeaderValue::Bool(truth) => MessageAttributeValue::Boolean(*truth),
                HeaderValue::Other => continue,
            };
            visitor = match name.strip_prefix(self.prefix) {
                Some("specversion") | None => visitor,
                Some(name) if core.contains(&name) => visitor.set_attribute(name, value)?,
                Some(name) => visitor.set_extension(name, value)?,
            };
        }
        if let Some(kind) = self.message.properties.content_type {
            visitor = visitor.set_attribute("datacontenttype", MessageAttributeValue::String(kind))?;
        }
        visitor.end_with_data(self.message.body.to_vec())
    }
}

impl BinarySerializer<Message> for Bound<'_> {
    fn set_spec_version(self, version: SpecVersion) -> SdkResult<Self> {
        self.set_extension("specversion", MessageAttributeValue::String(version.to_string()))
    }

    fn set_attribute(mut self, name: &str, value: MessageAttributeValue) -> SdkResult<Self> {
        if name == "datacontenttype" {
            self.message.properties.content_type = Some(value.to_string());
            return Ok(self);
        }
        self.set_extension(name, value)
    }

    fn set_extension(mut self, name: &str, value: MessageAttributeValue) -> SdkResult<Self> {
        let header = match value {
            MessageAttributeValue::Integer(number) => HeaderValue::Int(number),
            other => HeaderValue::Text(other.to_string()),
        };
        self.message.headers.set(format!("{}{name}", self.prefix), header);
        Ok(self)
    }

    fn end_with_data(mut self, bytes: Vec<u8>) -> SdkResult<Message> {
        self.message.body = bytes.into();
        Ok(self.message)
    }

    fn end(self) -> SdkResult<Message> {
        Ok(self.message)
    }
}

/// The JSON of a structured event.
struct Json;

impl StructuredSerializer<Vec<u8>> for Json {
    fn set_structured_event(self, bytes: Vec<u8>) -> SdkResult<Vec<u8>> {
        Ok(bytes)
    }
}

/// A publication of ours with everything that can be in it.
fn ours() -> Publication {
    let stream = Some(StreamPlace { id: StreamId::try_new("result-7").unwrap(), version: 3 });
    let position = Some(5_000_000_000);
    plan(&grade(), Origin { stream, position, ..origin("academic", "teacher") }).unwrap()
}

/// What another producer would write with the SDK.
fn theirs() -> EventBuilderV10 {
    EventBuilderV10::new()
        .id("order-5")
        .source("https://example.edu/registrar")
        .ty("gradebook.grade.posted")
        .time("2026-11-02T09:30:00+01:00")
        .subject("u-11391")
        .extension("tenantid", "district-1")
        .extension("partitionkey", "u-11391")
        .extension("position", 7_i64)
        .extension("somethingelse", true)
}

fn payload() -> Value {
    json!({ "student": "u-11391", "percent": 78.0, "comment": "" })
}

fn check_ours(event: &Event, publication: &Publication) {
    let metadata = &publication.metadata;
    assert_eq!((event.id(), event.ty()), (metadata.id.to_string().as_str(), "gradebook.grade.posted"));
    assert_eq!((event.source().as_str(), event.subject()), ("academic", Some("u-11391")));
    assert_eq!(event.dataschema().map(ToString::to_string).as_deref(), Some("urn:fabric:gradebook.grade.posted:2"));
    assert_eq!(event.time().map(chrono_ms), Some(1_700_000_000_000));
    let text = |name: &str| event.extension(name).map(ToString::to_string);
    assert_eq!(text("tenantid").as_deref(), Some("district-1"));
    assert_eq!(text("streamid").as_deref(), Some("result-7"));
    assert_eq!(event.extension("streamversion"), Some(&ExtensionValue::Integer(3)));
    assert_eq!(text("position").as_deref(), Some("5000000000"), "what has no 32 bits goes as text");
    let data: Value = match event.data().unwrap() {
        Data::Json(value) => value.clone(),
        Data::Binary(bytes) => serde_json::from_slice(bytes).unwrap(),
        Data::String(text) => serde_json::from_str(text).unwrap(),
    };
    assert_eq!(data, payload());
}

fn chrono_ms<T: Into<std::time::SystemTime> + Copy>(time: &T) -> u128 {
    let time: std::time::SystemTime = (*time).into();
    time.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

#[test]
fn the_sdk_reads_what_we_write() {
    let publication = ours();
    let message = publication.outgoing.message.clone();
    let text = encode_structured(&publication.metadata, &message.body).unwrap();
    check_ours(&serde_json::from_str::<Event>(&text).unwrap(), &publication);
    check_ours(&BinaryDeserializer::into_event(Bound { prefix: "cloudEvents_", message }).unwrap(), &publication);
}

#[test]
fn what_went_through_the_sdk_is_still_ours() {
    let publication = ours();
    let message = publication.outgoing.message.clone();
    let event = BinaryDeserializer::into_event(Bound { prefix: "cloudEvents_", message }).unwrap();
    let json = event.clone().deserialize_structured(Json).unwrap();
    let structured = codec::decode_structured(&json).unwrap();
    assert_eq!(structured.metadata, codec::decode_message(&publication.outgoing.message).unwrap().metadata);
    for prefix in PREFIXES {
        let bound = Bound { prefix, message: Message::default() };
        let back = decode_message(&event.clone().deserialize_binary(bound).unwrap()).unwrap();
        assert_eq!(back.metadata, structured.metadata, "{prefix}");
        assert_eq!(back.payload::<GradePosted>().unwrap(), grade(), "{prefix}");
    }
}

#[test]
fn we_read_what_the_sdk_writes() {
    let event = theirs().data("application/json", payload()).build().unwrap();
    let mut messages: Vec<Message> = PREFIXES
        .iter()
        .map(|prefix| {
            let bound = Bound { prefix, message: Message::default() };
            event.clone().deserialize_binary(bound).unwrap()
        })
        .collect();
    let content_type = Some(format!("{CLOUDEVENTS_JSON}; charset=utf-8"));
    for event in [
        event.clone(),
        // Bytes and texts stand in the JSON as `data_base64` and as they are.
        theirs().data("application/json", payload().to_string().into_bytes()).build().unwrap(),
        theirs().data("application/vnd.school+json", payload()).build().unwrap(),
    ] {
        let body = Bytes::from(event.deserialize_structured(Json).unwrap());
        let properties = Properties { content_type: content_type.clone(), ..Properties::default() };
        messages.push(Message { properties, headers: Headers::default(), body });
    }
    for message in messages {
        let received = decode_message(&message).unwrap_or_else(|poison| panic!("{poison}: {message:?}"));
        let metadata = &received.metadata;
        assert_eq!(metadata.id, EventId::of_producer("https://example.edu/registrar", "order-5"));
        assert_eq!(metadata.time.to_string(), "2026-11-02T08:30:00Z");
        assert_eq!((metadata.position, metadata.version), (Some(7), 1));
        assert_eq!(metadata.key.as_ref().map(PartitionKey::as_str), Some("u-11391"));
        // Without a schema it is of version 1, which had letters.
        assert!(received.payload::<GradePosted>().is_err());
    }
}

#[test]
fn data_that_is_not_json_is_refused_whichever_way_it_comes() {
    let structured = |change: &dyn Fn(&mut Value)| {
        let mut event = serde_json::to_value(theirs().data("application/json", payload()).build().unwrap()).unwrap();
        change(&mut event);
        codec::decode_structured(event.to_string().as_bytes()).map(drop)
    };
    assert_eq!(structured(&|_| {}), Ok(()));
    assert_eq!(structured(&|event| event["datacontenttype"] = "text/xml".into()), Err(Poison::ContentType));
    assert_eq!(structured(&|event| event["data_base64"] = "e30=".into()), Err(Poison::Malformed("data_base64")));
    assert_eq!(structured(&|event| event["subject"] = Value::Null), Ok(()), "null is as good as nothing");
    assert_eq!(structured(&|event| event["tenantid"] = Value::Null), Err(Poison::Missing("tenantid")));
    let base64 = |text: &str| {
        structured(&|event| {
            event.as_object_mut().unwrap().remove("data");
            event["data_base64"] = text.into();
        })
    };
    assert_eq!(base64("e30="), Ok(()));
    assert_eq!(base64("not base64"), Err(Poison::Malformed("data_base64")));
    let binary = |content_type: &str| {
        let bound = Bound { prefix: "ce-", message: Message::default() };
        let mut message =
            theirs().data("application/json", payload()).build().unwrap().deserialize_binary(bound).unwrap();
        message.properties.content_type = Some(content_type.to_owned());
        decode_message(&message).map(drop)
    };
    for (content_type, expected) in [
        ("application/json; charset=utf-8", Ok(())),
        ("application/problem+json", Ok(())),
        ("application/xml", Err(Poison::ContentType)),
        (CLOUDEVENTS_BATCH_JSON, Err(Poison::Batch)),
    ] {
        assert_eq!(binary(content_type), expected, "{content_type}");
    }
}

#[test]
fn a_batch_is_read_event_by_event() {
    let with_id = |id: &str| theirs().id(id).data("application/json", payload()).build().unwrap();
    let mut batch = serde_json::to_value([with_id("a"), with_id("b"), with_id("c")]).unwrap();
    batch[1].as_object_mut().unwrap().remove("type");
    let read = decode_batch(batch.to_string().as_bytes()).unwrap();
    let outcomes: Vec<Result<EventId, Poison>> =
        read.into_iter().map(|event| event.map(|event| event.metadata.id)).collect();
    let id = |id| EventId::of_producer("https://example.edu/registrar", id);
    assert_eq!(outcomes, [Ok(id("a")), Err(Poison::Missing("type")), Ok(id("c"))]);

    let many = format!("[{}]", vec!["{}"; 1_001].join(","));
    let large = json!([{ "data": "x".repeat(300_000) }]).to_string();
    let deep = format!("[{}{}]", "[".repeat(65), "]".repeat(65));
    assert_eq!(decode_batch(b"[]"), Ok(Vec::new()));
    assert_eq!(decode_batch(b"{}"), Err(InvalidBatch::NotArray));
    assert_eq!(decode_batch(deep.as_bytes()), Err(InvalidBatch::NotArray));
    assert_eq!(decode_batch(many.as_bytes()), Err(InvalidBatch::TooMany { count: 1_001 }));
    assert!(matches!(decode_batch(large.as_bytes()).unwrap()[0], Err(Poison::BodyTooLarge { .. })));
}
