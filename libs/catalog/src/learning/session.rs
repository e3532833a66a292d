//! Sessions: somebody sits down and learns.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText, not_before, vocabulary},
};

vocabulary! {
    /// What kind of device somebody learns on.
    pub enum DeviceType: "a device's type" {
        /// A computer.
        Computer = "computer",
        /// A tablet.
        Tablet = "tablet",
        /// A phone.
        Phone = "phone",
        /// Something else.
        Other = "other",
    }

    /// How a session ended.
    pub enum SessionEnd: "a session's end" {
        /// The module was done.
        Completed = "completed",
        /// The person left.
        Left = "left",
        /// Nothing happened for too long.
        TimedOut = "timed_out",
    }
}

/// What somebody learns on. It tells one person's device from another's, so most of it is not printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct DeviceInfo {
    /// What kind of device it is.
    #[serde(rename = "type")]
    pub device_type: DeviceType,
    /// Its operating system.
    pub os: Option<PrivateText<100>>,
    /// The browser, if it is one.
    pub browser: Option<PrivateText<100>>,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// Somebody began to learn.
    #[event(topic = "learning.session.started", owner = "academic")]
    #[event(key = "user_id", subject = "user_id", roles = "student")]
    pub struct SessionStarted {
        /// The session.
        pub session_id: Id,
        /// Who learns.
        pub user_id: Id,
        /// The learning path that is followed, if it is one.
        pub learning_path_id: Option<Id>,
        /// The module that is taken.
        pub module_id: Id,
        /// What it is taken on, if it is known.
        pub device_info: Option<DeviceInfo>,
        /// When.
        pub started_at: Timestamp,
    }
    example r#"{
        "sessionId": "ls-1", "userId": "u-11391", "learningPathId": "path-1", "moduleId": "mod-1",
        "deviceInfo": {"type": "tablet", "os": "iPadOS 19", "browser": "Safari 19"},
        "startedAt": "2026-10-28T16:00:00Z"
    }"#

    /// Somebody stopped learning.
    #[event(topic = "learning.session.ended", owner = "academic")]
    #[event(key = "user_id", subject = "user_id", roles = "student")]
    pub struct SessionEnded {
        /// The session.
        pub session_id: Id,
        /// Who learned.
        pub user_id: Id,
        /// The learning path that was followed, if it was one.
        pub learning_path_id: Option<Id>,
        /// The module that was taken.
        pub module_id: Id,
        /// How it ended.
        pub end: SessionEnd,
        /// For how long something happened in it, in seconds.
        #[garde(range(max = 604_800))]
        pub active_s: Private<u32>,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        #[garde(custom(not_before(self.started_at)))]
        pub ended_at: Timestamp,
    }
    example r#"{
        "sessionId": "ls-1", "userId": "u-11391", "learningPathId": "path-1", "moduleId": "mod-1", "end": "timed_out",
        "activeS": 2520, "startedAt": "2026-10-28T16:00:00Z", "endedAt": "2026-10-28T16:45:00Z"
    }"#
}
