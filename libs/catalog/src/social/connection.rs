//! Connections between members.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A member asked another to connect.
    #[event(topic = "social.connection.requested", owner = "social")]
    #[event(key = "connection_id", subject = "requester_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ConnectionRequested {
        /// The connection.
        pub connection_id: Id,
        /// Who asked.
        #[garde(custom(somebody_else(&self.addressee_id)))]
        pub requester_id: Id,
        /// Who was asked.
        pub addressee_id: Id,
        /// A few words with it.
        pub message: Option<PrivateText<500>>,
        /// When.
        pub requested_at: Timestamp,
    }
    example r#"{
        "connectionId": "con-1", "requesterId": "u-11391", "addresseeId": "u-28400",
        "message": "Hello, it is Ada from algebra.",
        "requestedAt": "2026-10-04T16:00:00Z"
    }"#

    /// A member agreed to connect.
    #[event(topic = "social.connection.accepted", owner = "social")]
    #[event(key = "connection_id", subject = "addressee_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ConnectionAccepted
    /// A member did not agree to connect.
    #[event(topic = "social.connection.declined", owner = "social")]
    #[event(key = "connection_id", subject = "addressee_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ConnectionDeclined {
        /// The connection.
        pub connection_id: Id,
        /// Who asked.
        pub requester_id: Id,
        /// Who was asked, and answered.
        pub addressee_id: Id,
        /// When.
        pub answered_at: Timestamp,
    }
    example r#"{
        "connectionId": "con-1", "requesterId": "u-11391", "addresseeId": "u-28400",
        "answeredAt": "2026-10-04T17:00:00Z"
    }"#

    /// A connection was ended by one of the two.
    #[event(topic = "social.connection.removed", owner = "social")]
    #[event(key = "connection_id", subject = "removed_by_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ConnectionRemoved {
        /// The connection.
        pub connection_id: Id,
        /// Who once asked.
        pub requester_id: Id,
        /// Who was asked.
        pub addressee_id: Id,
        /// Who ended it.
        pub removed_by_id: Id,
        /// When.
        pub removed_at: Timestamp,
    }
    example r#"{
        "connectionId": "con-1", "requesterId": "u-11391", "addresseeId": "u-28400", "removedById": "u-28400",
        "removedAt": "2026-12-04T17:00:00Z"
    }"#
}

/// The rule that nobody connects with themselves.
fn somebody_else(other: &Id) -> impl FnOnce(&Id, &()) -> garde::Result {
    move |id, ()| if id == other { Err(garde::Error::new("the same as the addressee")) } else { Ok(()) }
}
