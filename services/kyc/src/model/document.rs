//! One document, and how far it has come.

use fabric_catalog::{
    kyc::{DocumentType, RejectionReason},
    values::{Id, Sha256},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// How far a document has come. The order is that in which one state takes over from another, so that news may come in
/// any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// Handed in.
    Submitted,
    /// A person must look at it.
    Escalated,
    /// Found to be genuine.
    Verified,
    /// Was verified, and has ended.
    Expired,
    /// Not accepted, or not any more.
    Rejected,
}

impl DocumentState {
    /// Whether somebody may bring a document from this state into another.
    pub fn may_become(self, next: Self) -> bool {
        use DocumentState::{Escalated, Expired, Rejected, Submitted, Verified};
        matches!(
            (self, next),
            (Submitted, Escalated | Verified | Rejected)
                | (Escalated, Verified | Rejected)
                | (Verified, Expired | Rejected)
        )
    }

    /// The state after news that the document is in this one. Older news changes nothing.
    #[must_use]
    pub fn evolve(self, news: Self) -> Self {
        self.max(news)
    }
}

/// A document that somebody handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Whose it is.
    pub owner_id: Id,
    /// The verification that it is for, if one was named.
    pub identity_id: Option<Id>,
    /// What kind of document it is.
    pub document_type: DocumentType,
    /// How far it has come.
    pub state: DocumentState,
    /// The file's SHA-256, once it is known.
    pub file_sha256: Option<Sha256>,
    /// The day until which the verification holds.
    pub valid_until: Option<Date>,
    /// Why it was rejected.
    pub rejection: Option<Rejection>,
}

/// Why and when a document was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: RejectionReason,
    /// Whether the owner may hand in another one.
    pub may_resubmit: bool,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::{DocumentState::*, *};

    const ALL: [DocumentState; 5] = [Submitted, Escalated, Verified, Expired, Rejected];

    #[test]
    fn the_state_machine() {
        let table = [
            (Submitted, vec![Escalated, Verified, Rejected]),
            (Escalated, vec![Verified, Rejected]),
            (Verified, vec![Expired, Rejected]),
            (Expired, vec![]),
            (Rejected, vec![]),
        ];
        for (state, next) in table {
            let may: Vec<_> = ALL.into_iter().filter(|other| state.may_become(*other)).collect();
            assert_eq!(may, next, "{state:?}");
        }
    }

    #[test]
    fn news_in_any_order_comes_to_the_same() {
        for (from, to) in ALL.into_iter().flat_map(|from| ALL.map(|to| (from, to))) {
            assert_eq!(from.evolve(to), to.evolve(from));
            assert_eq!(from.evolve(to).evolve(to), from.evolve(to));
            assert!(!from.may_become(to) || from.evolve(to) == to, "{from:?} -> {to:?}");
        }
    }
}
