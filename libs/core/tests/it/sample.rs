//! An event to test with, written without the derive, which stands above the core.

use std::borrow::Cow;

use fabric_core::{Actor, ActorId, Event, EventId, Role, ServiceName, TenantId, publication::Origin, upcast::Upcaster};
use jiff::Timestamp;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, garde::Validate)]
pub struct GradePosted {
    #[garde(length(min = 1, max = 64))]
    pub student: String,
    #[garde(range(min = 0.0, max = 100.0))]
    pub percent: f64,
    #[garde(length(max = 300_000))]
    pub comment: String,
}

impl Event for GradePosted {
    const TOPIC: &'static str = "gradebook.grade.posted";
    const VERSION: u16 = 2;
    const AGGREGATE: &'static str = "result";
    const OWNER: &'static str = "academic";
    const PUBLISHERS: &'static [&'static str] = &["import"];
    const ROLES: &'static [&'static str] = &["teacher"];
    const UPCASTERS: &'static [Upcaster] = &[from_letters];
    const DESCRIPTION: &'static str = "A grade was posted.";
    const KEY_FIELD: &'static str = "student";
    const SUBJECT_FIELD: Option<&'static str> = Some("student");

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.student)
    }

    fn subject(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.student))
    }
}

/// Version 1 had a letter instead of a percentage.
fn from_letters(mut payload: Value) -> Result<Value, String> {
    let percent = match payload["letter"].as_str() {
        Some("A") => 95,
        Some("B") => 85,
        _ => return Err("letter: `A` or `B` was wanted".to_owned()),
    };
    payload["percent"] = percent.into();
    Ok(payload)
}

pub fn grade() -> GradePosted {
    GradePosted { student: "u-11391".into(), percent: 78.0, comment: String::new() }
}

pub fn origin(service: &str, role: &str) -> Origin {
    Origin {
        id: EventId::from_parts(1_700_000_000_000, [7; 10]),
        time: Timestamp::from_millisecond(1_700_000_000_000).unwrap(),
        service: ServiceName::try_new(service).unwrap(),
        tenant: TenantId::try_new("district-1").unwrap(),
        actor: Actor { id: ActorId::try_new("t-1").unwrap(), role: Role::try_new(role).unwrap() },
        correlation: None,
        causation: None,
        stream: None,
        position: None,
        trace: None,
    }
}
