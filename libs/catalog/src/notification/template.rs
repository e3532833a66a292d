//! Templates: what notices say.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Channel;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Language},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A template was created.
    #[event(topic = "notification.template.created", owner = "notification")]
    #[event(key = "template_id", roles = "admin operator")]
    pub struct TemplateCreated
    /// A template was changed. The event carries all of it as it is now.
    #[event(topic = "notification.template.updated", owner = "notification")]
    #[event(key = "template_id", roles = "admin operator")]
    pub struct TemplateUpdated {
        /// The template.
        pub template_id: Id,
        /// The name by which notices ask for it, such as `grade_posted`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub template: String,
        /// Which revision it is, from 1.
        #[garde(range(min = 1, max = 1_000_000))]
        pub revision: u32,
        /// The language that it is written in.
        pub language: Language,
        /// The channels that it is for.
        #[garde(length(min = 1, max = 4))]
        pub channels: BTreeSet<Channel>,
        /// The first line, for channels that have one.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: Option<String>,
        /// The text, with `{variable}` where something is filled in.
        #[garde(length(chars, min = 1, max = 20_000))]
        pub body: String,
        /// The variables that must be given.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 64)))]
        pub variables: Vec<String>,
        /// When it was created or changed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "templateId": "tpl-1", "template": "grade_posted", "revision": 3, "language": "en", "channels": ["email"],
        "title": "A new grade for {studentName}", "body": "{studentName} has a grade for {assignment}.",
        "variables": ["studentName", "assignment"], "changedAt": "2026-09-01T08:00:00Z"
    }"#

    /// A template was archived: no notice can ask for it any more.
    #[event(topic = "notification.template.archived", owner = "notification")]
    #[event(key = "template_id", roles = "admin operator")]
    pub struct TemplateArchived {
        /// The template.
        pub template_id: Id,
        /// The name by which notices asked for it.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub template: String,
        /// When.
        pub archived_at: Timestamp,
    }
    example r#"{"templateId": "tpl-1", "template": "grade_posted", "archivedAt": "2026-12-01T08:00:00Z"}"#
}
