//! Identities: whether somebody is who they say they are.

use jiff::{Timestamp, civil::Date};

use super::RejectionReason;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{AccountRole, Id, Private, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// Somebody asked to be verified.
    #[event(topic = "kyc.identity.verification_requested", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct IdentityVerificationRequested {
        /// The verification.
        pub identity_id: Id,
        /// Who wants to be verified.
        pub owner_id: Id,
        /// The role that it is for.
        pub wanted_role: AccountRole,
        /// Documents that were handed in for it before.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub document_ids: Vec<Id>,
        /// When.
        pub requested_at: Timestamp,
    }
    example r#"{
        "identityId": "idv-1", "ownerId": "u-tutor", "wantedRole": "verified_tutor", "documentIds": [],
        "requestedAt": "2026-09-03T11:55:00Z"
    }"#

    /// Somebody's identity was verified.
    #[event(topic = "kyc.identity.verified", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct IdentityVerified {
        /// The verification.
        pub identity_id: Id,
        /// Who was verified.
        pub owner_id: Id,
        /// The role that this allows.
        pub granted_role: AccountRole,
        /// The documents that it rests on.
        #[garde(length(min = 1, max = 20))]
        pub document_ids: Vec<Id>,
        /// Who decided; nobody if a rule did.
        pub verified_by_id: Option<Id>,
        /// The day until which it holds: when the first of the documents ends.
        pub valid_until_date: Option<Private<Date>>,
        /// When.
        pub verified_at: Timestamp,
    }
    example r#"{
        "identityId": "idv-1", "ownerId": "u-tutor", "grantedRole": "verified_tutor", "documentIds": ["doc-1"],
        "verifiedById": "u-reviewer", "validUntilDate": "2031-05-17", "verifiedAt": "2026-09-04T09:00:01Z"
    }"#

    /// Somebody's identity could not be verified.
    #[event(topic = "kyc.identity.rejected", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct IdentityRejected {
        /// The verification.
        pub identity_id: Id,
        /// Who was not verified.
        pub owner_id: Id,
        /// The role that this does not allow.
        pub refused_role: AccountRole,
        /// Why.
        pub reason: Private<RejectionReason>,
        /// What the person should know about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who decided; nobody if a rule did.
        pub rejected_by_id: Option<Id>,
        /// When.
        pub rejected_at: Timestamp,
    }
    example r#"{
        "identityId": "idv-1", "ownerId": "u-tutor", "refusedRole": "verified_tutor", "reason": "mismatch",
        "note": "The names on the two documents differ.", "rejectedById": "u-reviewer",
        "rejectedAt": "2026-09-04T09:00:01Z"
    }"#

    /// A verified identity is no longer so: what it rested on has ended.
    #[event(topic = "kyc.identity.expired", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct IdentityExpired {
        /// The verification.
        pub identity_id: Id,
        /// Who was verified.
        pub owner_id: Id,
        /// The role that this no longer allows.
        pub lost_role: AccountRole,
        /// The last day on which it held.
        pub expiry_date: Private<Date>,
        /// When it was noticed.
        pub noticed_at: Timestamp,
    }
    example r#"{
        "identityId": "idv-1", "ownerId": "u-tutor", "lostRole": "verified_tutor", "expiryDate": "2031-05-17",
        "noticedAt": "2031-05-18T02:00:01Z"
    }"#

    /// A review was handed to somebody with more experience.
    #[event(topic = "kyc.review.escalated", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct ReviewEscalated {
        /// The review.
        pub review_id: Id,
        /// Whose documents are reviewed.
        pub owner_id: Id,
        /// The document in question, if it is about one.
        pub document_id: Option<Id>,
        /// Why.
        pub reason: PrivateText<1_000>,
        /// Who escalated; nobody if a rule did.
        pub escalated_by_id: Option<Id>,
        /// Who takes over, if that is decided.
        pub escalated_to_id: Option<Id>,
        /// When.
        pub escalated_at: Timestamp,
    }
    example r#"{
        "reviewId": "rev-1", "ownerId": "u-tutor", "documentId": "doc-1", "reason": "The stamp looks unusual.",
        "escalatedById": "u-reviewer", "escalatedToId": null, "escalatedAt": "2026-09-04T08:00:00Z"
    }"#
}
