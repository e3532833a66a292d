//! Conversations of a chat: who may write in which, and the ones that lessons get.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{AccountRole, Id, Participant, PrivateText, each_once, needed_if, vocabulary},
};

vocabulary! {
    /// What kind of chat it is.
    pub enum ChatKind: "a kind of chat" {
        /// Two people.
        Direct = "direct",
        /// People who chose one another.
        Group = "group",
        /// The people of a class.
        Class = "class",
        /// The people of a lesson.
        Lesson = "lesson",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A chat was begun: its participants may write in it.
    #[event(topic = "chat.conversation.created", owner = "social")]
    #[event(key = "conversation_id", subject = "created_by_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatConversationCreated {
        /// The conversation.
        pub conversation_id: Id,
        /// What kind of chat it is.
        pub kind: ChatKind,
        /// What it is called.
        pub name: Option<PrivateText<100>>,
        /// The class whose chat it is.
        #[garde(custom(needed_if(self.kind == ChatKind::Class)))]
        pub class_id: Option<Id>,
        /// The lesson whose chat it is.
        #[garde(custom(needed_if(self.kind == ChatKind::Lesson)))]
        pub lesson_id: Option<Id>,
        /// Who takes part, each of them once.
        #[garde(
            length(min = 2, max = 500),
            dive,
            custom(each_once(|one: &Participant| &one.participant_id)),
            custom(two_if_direct(self.kind)),
        )]
        pub participants: Vec<Participant>,
        /// Who began it.
        pub created_by_id: Id,
        /// When.
        pub created_at: Timestamp,
    }
    example r#"{
        "conversationId": "ch-1", "kind": "lesson", "name": "Algebra with Ada", "classId": null, "lessonId": "le-1",
        "participants": [
            {"participantId": "u-11391", "role": "student"}, {"participantId": "u-tutor", "role": "verified_tutor"}
        ],
        "createdById": "u-tutor", "createdAt": "2026-10-11T15:00:03Z"
    }"#

    /// Somebody was added to a chat.
    #[event(topic = "chat.participant.added", aggregate = "conversation", owner = "social")]
    #[event(key = "conversation_id", subject = "participant_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatParticipantAdded {
        /// The conversation.
        pub conversation_id: Id,
        /// Who takes part from now on.
        pub participant_id: Id,
        /// What the person takes part as.
        pub role: AccountRole,
        /// Whether the person may read what was written before.
        pub may_read_earlier: bool,
        /// Who added the person.
        pub added_by_id: Id,
        /// When.
        pub added_at: Timestamp,
    }
    example r#"{
        "conversationId": "ch-1", "participantId": "u-guardian", "role": "guardian", "mayReadEarlier": false,
        "addedById": "u-tutor", "addedAt": "2026-10-12T17:00:00Z"
    }"#

    /// Somebody left a chat, or was removed from it.
    #[event(topic = "chat.participant.removed", aggregate = "conversation", owner = "social")]
    #[event(key = "conversation_id", subject = "participant_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatParticipantRemoved {
        /// The conversation.
        pub conversation_id: Id,
        /// Who takes part no more.
        pub participant_id: Id,
        /// Who removed the person: the person, if it was leaving.
        pub removed_by_id: Id,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// When.
        pub removed_at: Timestamp,
    }
    example r#"{
        "conversationId": "ch-1", "participantId": "u-guardian", "removedById": "u-tutor",
        "reason": "wanted to see one lesson only", "removedAt": "2026-10-19T17:00:00Z"
    }"#

    /// A session was made for a lesson: the conversation in which tutor and student meet.
    #[event(topic = "chat.session.created", aggregate = "conversation", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    pub struct ChatSessionCreated {
        /// The session.
        pub session_id: Id,
        /// The conversation that it is held in.
        pub conversation_id: Id,
        /// The lesson that it is for.
        pub lesson_id: Id,
        /// The booking of the lesson, if it was booked.
        pub booking_id: Option<Id>,
        /// The student who is taught.
        pub student_id: Id,
        /// Who takes part, student and tutor among them.
        #[garde(length(min = 2, max = 50))]
        pub participant_ids: BTreeSet<Id>,
        /// When.
        pub created_at: Timestamp,
    }
    example r#"{
        "sessionId": "cs-1", "conversationId": "ch-1", "lessonId": "le-1", "bookingId": "bo-1", "studentId": "u-11391",
        "participantIds": ["u-11391", "u-tutor"], "createdAt": "2026-10-11T15:00:03Z"
    }"#
}

/// The rule that two take part in a direct chat.
fn two_if_direct(kind: ChatKind) -> impl FnOnce(&Vec<Participant>, &()) -> garde::Result {
    move |participants, ()| match kind {
        ChatKind::Direct if participants.len() != 2 => Err(garde::Error::new("a direct chat is between two")),
        _ => Ok(()),
    }
}
