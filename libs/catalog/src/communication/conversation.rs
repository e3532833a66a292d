//! Conversations: who writes to whom, and about which student.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{AccountRole, Id, Participant, PrivateText, each_once, vocabulary},
};

vocabulary! {
    /// Between whom a conversation is. It decides where its messages go.
    pub enum ConversationKind: "a kind of conversation" {
        /// A family and a teacher.
        ParentTeacher = "parent_teacher",
        /// A student and a teacher.
        StudentTeacher = "student_teacher",
        /// A family and the school's office.
        FamilyOffice = "family_office",
        /// The people of the school among themselves.
        Staff = "staff",
        /// Anybody else.
        Group = "group",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A conversation was begun.
    #[event(topic = "communication.conversation.created", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct ConversationCreated {
        /// The conversation.
        pub conversation_id: Id,
        /// Between whom it is.
        pub kind: ConversationKind,
        /// The student whom it is about.
        pub student_id: Option<Id>,
        /// The class that it is about.
        pub class_id: Option<Id>,
        /// What it is about, in a few words.
        pub subject_line: Option<PrivateText<200>>,
        /// Who takes part, each of them once.
        #[garde(length(min = 2, max = 500), dive, custom(each_once(|one: &Participant| &one.participant_id)))]
        pub participants: Vec<Participant>,
        /// Who began it.
        pub created_by_id: Id,
        /// When.
        pub created_at: Timestamp,
    }
    example r#"{
        "conversationId": "cv-1", "kind": "parent_teacher", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "subjectLine": "How Ada gets on in algebra",
        "participants": [
            {"participantId": "u-guardian", "role": "guardian"}, {"participantId": "u-teacher", "role": "teacher"}
        ],
        "createdById": "u-guardian", "createdAt": "2026-10-06T17:00:00Z"
    }"#

    /// Somebody was added to a conversation.
    #[event(topic = "communication.participant.added", aggregate = "conversation", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct ParticipantAdded {
        /// The conversation.
        pub conversation_id: Id,
        /// The student whom it is about.
        pub student_id: Option<Id>,
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
        "conversationId": "cv-1", "studentId": "u-11391", "participantId": "u-counselor", "role": "counselor",
        "mayReadEarlier": true, "addedById": "u-teacher", "addedAt": "2026-10-07T08:00:00Z"
    }"#
}
