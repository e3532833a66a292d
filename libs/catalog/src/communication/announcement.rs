//! Announcements: what a school tells many at once.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    notification::Urgency,
    values::{AccountRole, Id, PrivateText, needed_if, not_before_if_known, vocabulary},
};

vocabulary! {
    /// Whom an announcement is for.
    pub enum AnnouncementAudience: "an announcement's audience" {
        /// The people of a class.
        Class = "class",
        /// The people of a school.
        School = "school",
        /// Everybody of the tenant.
        Everybody = "everybody",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An announcement was published: its audience sees it.
    #[event(topic = "communication.announcement.published", owner = "social")]
    #[event(key = "announcement_id", roles = "teacher counselor registrar admin operator")]
    pub struct AnnouncementPublished {
        /// The announcement.
        pub announcement_id: Id,
        /// Whom it is for.
        pub audience: AnnouncementAudience,
        /// The class or school that it is for.
        #[garde(custom(needed_if(self.audience != AnnouncementAudience::Everybody)))]
        pub audience_id: Option<Id>,
        /// Which of them it is for; all if no role is named.
        #[serde(default)]
        #[garde(length(max = 10))]
        pub audience_roles: BTreeSet<AccountRole>,
        /// Its title.
        pub headline: PrivateText<255>,
        /// What it says.
        pub text: PrivateText<20_000>,
        /// Files that belong to it.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: BTreeSet<Id>,
        /// How soon it must be there.
        pub urgency: Urgency,
        /// Until when it is shown; for good if no time is named.
        #[garde(custom(not_before_if_known(Some(self.published_at))))]
        pub expires_at: Option<Timestamp>,
        /// Who published it.
        pub published_by_id: Id,
        /// When.
        pub published_at: Timestamp,
    }
    example r#"{
        "announcementId": "an-1", "audience": "school", "audienceId": "ou-AAA",
        "audienceRoles": ["student", "guardian"],
        "headline": "Closed on Friday", "text": "There is no heating.\nAda's lunch money is paid back.",
        "attachmentIds": ["file-9"], "urgency": "high", "expiresAt": "2026-10-09T22:00:00Z",
        "publishedById": "u-admin", "publishedAt": "2026-10-08T06:00:00Z"
    }"#

    /// An announcement was changed. The event carries all of it as it is now.
    #[event(topic = "communication.announcement.edited", owner = "social")]
    #[event(key = "announcement_id", roles = "teacher counselor registrar admin operator")]
    pub struct AnnouncementEdited {
        /// The announcement.
        pub announcement_id: Id,
        /// Whom it is for now.
        pub audience: AnnouncementAudience,
        /// The class or school that it is for now.
        #[garde(custom(needed_if(self.audience != AnnouncementAudience::Everybody)))]
        pub audience_id: Option<Id>,
        /// Which of them it is for now; all if no role is named.
        #[serde(default)]
        #[garde(length(max = 10))]
        pub audience_roles: BTreeSet<AccountRole>,
        /// Its title now.
        pub headline: PrivateText<255>,
        /// What it says now.
        pub text: PrivateText<20_000>,
        /// Files that belong to it now.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: BTreeSet<Id>,
        /// How soon it must be there now.
        pub urgency: Urgency,
        /// Until when it is shown now; for good if no time is named.
        pub expires_at: Option<Timestamp>,
        /// Whether those who have seen it are told of the change.
        pub tell_again: bool,
        /// Who changed it.
        pub edited_by_id: Id,
        /// When.
        pub edited_at: Timestamp,
    }
    example r#"{
        "announcementId": "an-1", "audience": "class", "audienceId": "k-AAA-2026J", "audienceRoles": [],
        "headline": "Closed on Friday and Monday", "text": "There is no heating yet.\nAda's lunch money is paid back.",
        "attachmentIds": [], "urgency": "normal", "expiresAt": "2026-10-12T22:00:00Z", "tellAgain": true,
        "editedById": "u-admin", "editedAt": "2026-10-09T06:00:00Z"
    }"#

    /// An announcement was taken down: nobody sees it any more.
    #[event(topic = "communication.announcement.unpublished", owner = "social")]
    #[event(key = "announcement_id", roles = "teacher counselor registrar admin operator")]
    pub struct AnnouncementUnpublished {
        /// The announcement.
        pub announcement_id: Id,
        /// Whom it was for.
        pub audience: AnnouncementAudience,
        /// The class or school that it was for.
        #[garde(custom(needed_if(self.audience != AnnouncementAudience::Everybody)))]
        pub audience_id: Option<Id>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who took it down; nobody if its time was over.
        pub unpublished_by_id: Option<Id>,
        /// When.
        pub unpublished_at: Timestamp,
    }
    example r#"{
        "announcementId": "an-1", "audience": "school", "audienceId": "ou-AAA", "reason": "named a student",
        "unpublishedById": "u-admin", "unpublishedAt": "2026-10-08T09:00:00Z"
    }"#
}
