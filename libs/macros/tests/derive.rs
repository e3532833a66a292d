//! What the derive writes compiles and says what it should, where a service would use it.

// A service depends on `fabric`, which has the core as its module `core`. Here this file plays `fabric`, so that the
// default path of the derive is the one that is tested.
extern crate self as fabric;
pub use fabric_core as core;

use fabric_core::{
    Descriptor, Event,
    event::{InvalidPayload, Scope, read_version},
};
use fabric_macros::Event;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A text that is more than a `String`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StudentId(String);

impl AsRef<str> for StudentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A grade was posted:
/// the family sees it.
///
/// This paragraph is not part of the description.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
#[event(
    topic = "gradebook.grade.posted",
    version = 2,
    upcasters = "from_points",
    scope = "local",
    aggregate = "result",
    owner = "academic",
    key = "student_id",
    subject = "student_id",
    roles = "teacher admin",
    publishers = "social kyc"
)]
struct GradePosted {
    #[garde(skip)]
    student_id: StudentId,
    #[garde(range(min = 0, max = 100))]
    percent: u8,
}

/// A seat was taken.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
#[event(topic = "rostering.seat.taken", key = "seat_number", subject = "taken_by")]
struct SeatTaken {
    #[garde(skip)]
    seat_number: u32,
    #[garde(skip)]
    taken_by: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Validate)]
struct Student {
    #[garde(length(min = 1))]
    id: String,
}

/// A badge was won.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
#[event(topic = "social.badge.won", key = "student.id", subject = "student.id")]
#[serde(rename_all = "camelCase")]
struct BadgeWon {
    #[serde(rename = "wonBy")]
    #[garde(dive)]
    student: Student,
}

/// A value was measured.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
#[event(topic = "lab.value.measured", key = "r#type")]
#[serde(bound = "")]
struct Measured<T: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static> {
    #[garde(skip)]
    r#type: String,
    #[garde(skip)]
    value: T,
}

/// The derive comes from the macro, the attribute from where it is used.
macro_rules! declare {
    ($(#[$($attribute:tt)*])* struct $name:ident { $field:ident: $ty:ty }) => {
        #[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
        #[serde(rename_all = "camelCase")]
        #[garde(allow_unvalidated)]
        $(#[$($attribute)*])*
        struct $name { $field: $ty }
    };
}

declare! {
    /// A door was opened.
    #[event(topic = "house.door.opened", key = "door_number", subject = "door_number")]
    struct DoorOpened { door_number: u8 }
}

/// Version 1 had points out of twenty.
fn from_points(mut payload: Value) -> Result<Value, String> {
    let points = payload["points"].as_u64().ok_or("points: a whole number was wanted")?;
    payload["percent"] = (points * 5).into();
    Ok(payload)
}

#[test]
fn it_works_inside_another_macro() {
    assert_eq!(
        (DoorOpened { door_number: 7 }.key(), DoorOpened { door_number: 7 }.subject()),
        ("7".into(), Some("7".into()))
    );
}

#[test]
fn everything_that_was_given_is_there() {
    let descriptor = Descriptor::of::<GradePosted>();
    assert_eq!((descriptor.topic, descriptor.version), ("gradebook.grade.posted", 2));
    assert_eq!((descriptor.aggregate, descriptor.owner), ("result", "academic"));
    assert_eq!((descriptor.roles, descriptor.publishers), (&["teacher", "admin"][..], &["social", "kyc"][..]));
    assert_eq!(descriptor.description, "A grade was posted: the family sees it.");
    assert_eq!(descriptor.scope, Scope::Local);
    let grade: GradePosted = read_version(1, br#"{"student_id": "s-1", "points": 18}"#).unwrap();
    assert_eq!(grade.percent, 90);
}

#[test]
fn what_was_left_out_has_its_default() {
    let descriptor = Descriptor::of::<SeatTaken>();
    assert_eq!((descriptor.version, descriptor.aggregate, descriptor.owner), (1, "seat", "rostering"));
    assert!(descriptor.roles.is_empty() && descriptor.publishers.is_empty());
    assert_eq!((descriptor.scope, descriptor.upcasters.len()), (Scope::Integration, 0));
}

#[test]
fn key_and_subject_are_read_from_the_fields() {
    let grade = GradePosted { student_id: StudentId("s-1".into()), percent: 90 };
    assert_eq!((grade.key(), grade.subject()), ("s-1".into(), Some("s-1".into())));
    let taken = SeatTaken { seat_number: 12, taken_by: Some("s-2".into()) };
    assert_eq!((taken.key(), taken.subject()), ("12".into(), Some("s-2".into())));
    assert_eq!(SeatTaken { seat_number: 12, taken_by: None }.subject(), None);
    let won = BadgeWon { student: Student { id: "s-3".into() } };
    assert_eq!((won.key(), won.subject()), ("s-3".into(), Some("s-3".into())));
    assert_eq!(Measured { r#type: "mass".into(), value: 5_u8 }.key(), "mass");
}

#[test]
fn key_and_subject_are_named_as_in_the_json() {
    let fields = |event: Descriptor| (event.key_field, event.subject_field);
    assert_eq!(fields(Descriptor::of::<GradePosted>()), ("student_id", Some("student_id")));
    assert_eq!(fields(Descriptor::of::<BadgeWon>()), ("wonBy.id", Some("wonBy.id")));
    assert_eq!(fields(Descriptor::of::<Measured<u8>>()), ("type", None));
    assert_eq!(fields(Descriptor::of::<DoorOpened>()), ("doorNumber", Some("doorNumber")));
}

#[test]
fn the_descriptor_reads_and_checks_a_payload() {
    let check = Descriptor::of::<GradePosted>().check;
    let checked = check(br#"{"student_id": "s-1", "percent": 90, "unknown": true}"#).unwrap();
    assert_eq!((checked.key.as_str(), checked.subject.as_deref()), ("s-1", Some("s-1")));
    assert_eq!(checked.body, br#"{"student_id":"s-1","percent":90}"#);
    assert!(matches!(check(br#"{"student_id": "s-1", "percent": 101}"#), Err(InvalidPayload::Bounds(_))));
    assert!(matches!(check(b"{}"), Err(InvalidPayload::Shape(_))));
}
