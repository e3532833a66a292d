//! Preferences: what a person wants to be told, on which channel, and when not.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Time};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    notification::Channel,
    values::{Id, Language, Private, TimeZone, each_once, vocabulary},
};

vocabulary! {
    /// What a notice is about.
    pub enum NoticeCategory: "a category of notices" {
        /// Messages of other people.
        Messages = "messages",
        /// Announcements.
        Announcements = "announcements",
        /// Conferences.
        Conferences = "conferences",
        /// Assignments, due and missed.
        Assignments = "assignments",
        /// Grades.
        Grades = "grades",
        /// Absences and late arrivals.
        Attendance = "attendance",
        /// Tests.
        Assessments = "assessments",
        /// Plans for students who need more.
        Programs = "programs",
        /// Lessons with a tutor.
        Lessons = "lessons",
        /// Payments.
        Payments = "payments",
        /// Posts, comments and connections.
        Social = "social",
        /// The account itself.
        Account = "account",
    }

    /// How often notices are sent.
    pub enum Pace: "a pace" {
        /// Each by itself, at once.
        AtOnce = "at_once",
        /// Together, once a day.
        Daily = "daily",
        /// Together, once a week.
        Weekly = "weekly",
    }
}

/// What a person wants of one category of notices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Preference {
    /// What the notices are about.
    pub category: NoticeCategory,
    /// On which channels they are wanted; on none if the list is empty.
    #[garde(length(max = 4))]
    pub channels: BTreeSet<Channel>,
    /// How often they are wanted.
    pub pace: Pace,
}

/// The hours in which a person is left alone, unless it is an emergency. They may go past midnight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct QuietHours {
    /// When they begin.
    pub start_time: Private<Time>,
    /// When they end.
    #[garde(custom(another_time(self.start_time)))]
    pub end_time: Private<Time>,
    /// Where the person is in time.
    pub time_zone: Private<TimeZone>,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A person's preferences for notices were changed. The event carries all of them as they are now.
    #[event(topic = "communication.preference.updated", owner = "social")]
    #[event(key = "user_id", subject = "user_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct NotificationPreferenceUpdated {
        /// Whose preferences they are.
        pub user_id: Id,
        /// What the person wants, each category once; what is not named is as the platform sets it.
        #[garde(length(max = 12), dive, custom(each_once(|one: &Preference| &one.category)))]
        pub preferences: Vec<Preference>,
        /// When the person is left alone.
        #[garde(dive)]
        pub quiet_hours: Option<QuietHours>,
        /// In which language notices are written; the profile's if none is named.
        pub language: Option<Private<Language>>,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "userId": "u-guardian",
        "preferences": [
            {"category": "grades", "channels": ["email", "push"], "pace": "at_once"},
            {"category": "social", "channels": [], "pace": "weekly"}
        ],
        "quietHours": {"startTime": "21:30:00", "endTime": "06:45:00", "timeZone": "Europe/London"},
        "language": "en-GB", "updatedAt": "2026-10-06T18:00:00Z"
    }"#
}

/// The rule of quiet hours that have a length.
fn another_time(start: Private<Time>) -> impl FnOnce(&Private<Time>, &()) -> garde::Result {
    move |end, ()| if *end == start { Err(garde::Error::new("ends when it begins")) } else { Ok(()) }
}
