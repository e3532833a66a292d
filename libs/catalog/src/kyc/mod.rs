//! KYC: documents that people hand in to prove who they are, and what is decided about them.

mod document;
mod identity;

use crate::values::vocabulary;

pub use document::{
    DocumentExpired, DocumentRejected, DocumentSubmitted, DocumentType, DocumentVerified, VerificationMethod,
};
pub use identity::{
    IdentityExpired, IdentityRejected, IdentityVerificationRequested, IdentityVerified, ReviewEscalated,
};

vocabulary! {
    /// Why a document or an identity was not accepted.
    pub enum RejectionReason: "a reason to reject" {
        /// Nobody can read it.
        Illegible = "illegible",
        /// Something is missing.
        Incomplete = "incomplete",
        /// It is no longer valid.
        Expired = "expired",
        /// It belongs to somebody else, or says something else.
        Mismatch = "mismatch",
        /// It is not of a kind that is accepted.
        Unsupported = "unsupported",
        /// It looks forged.
        SuspectedForgery = "suspected_forgery",
        /// Anything else.
        Other = "other",
    }
}

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[document::EVENTS, identity::EVENTS];
