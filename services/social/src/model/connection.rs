//! Connections between members.

use fabric_catalog::values::Id;
use serde::Serialize;

/// How far a connection has come. The order is that in which one status takes over from another, so that news may come
/// in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// One has asked the other.
    Requested,
    /// The other did not agree.
    Declined,
    /// The other agreed.
    Accepted,
    /// One of the two ended it.
    Removed,
}

/// Two members, and what is between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Who asked.
    pub requester_id: Id,
    /// Who was asked.
    pub addressee_id: Id,
    /// How far it has come.
    pub status: Status,
}

impl Connection {
    /// The other one, if the member is one of the two.
    pub fn other_than(&self, member: &Id) -> Option<&Id> {
        if self.requester_id == *member {
            Some(&self.addressee_id)
        } else if self.addressee_id == *member {
            Some(&self.requester_id)
        } else {
            None
        }
    }

    /// Whether the two are connected, or one waits for the other's answer.
    pub fn stands(&self) -> bool {
        matches!(self.status, Status::Requested | Status::Accepted)
    }
}
