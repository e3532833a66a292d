//! Documents. The events carry what a document is and where it is kept, never what is on it.

use jiff::{Timestamp, civil::Date};

use super::RejectionReason;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{CountryCode, Id, Private, PrivateText, Sha256, vocabulary},
};

vocabulary! {
    /// What kind of document it is.
    pub enum DocumentType: "a document's type" {
        /// Passport.
        Passport = "passport",
        /// Identity card.
        IdentityCard = "identity_card",
        /// Driving licence.
        DrivingLicence = "driving_licence",
        /// Residence permit.
        ResidencePermit = "residence_permit",
        /// Proof of address, such as a bill.
        ProofOfAddress = "proof_of_address",
        /// Degree or diploma.
        Diploma = "diploma",
        /// Licence to teach.
        TeachingCertificate = "teaching_certificate",
        /// Certificate of good conduct.
        BackgroundCheck = "background_check",
    }

    /// How something was verified.
    pub enum VerificationMethod: "a method of verification" {
        /// By a person.
        Manual = "manual",
        /// By a program.
        Automatic = "automatic",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A document was handed in.
    #[event(topic = "kyc.document.submitted", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct DocumentSubmitted {
        /// The document.
        pub document_id: Id,
        /// Whose document it is.
        pub owner_id: Id,
        /// The verification that it is for, if one was asked for.
        pub identity_id: Option<Id>,
        /// What kind of document it is.
        pub document_type: DocumentType,
        /// The country that issued it.
        pub issuing_country: Private<CountryCode>,
        /// The day until which it is valid.
        pub expiry_date: Option<Private<Date>>,
        /// The file, in the store of files.
        pub file_id: Id,
        /// The file's SHA-256, by which a change would be noticed.
        pub file_sha256: Sha256,
        /// The file's size in bytes, at most 25 MiB.
        #[garde(range(min = 1, max = 26_214_400))]
        pub file_size_bytes: u64,
        /// The file's media type, such as `image/jpeg`.
        #[garde(length(max = 100), pattern("^[a-z]+/[a-z0-9.+-]+$"))]
        pub media_type: String,
        /// When.
        pub submitted_at: Timestamp,
    }
    example r#"{
        "documentId": "doc-1", "ownerId": "u-tutor", "identityId": "idv-1", "documentType": "passport",
        "issuingCountry": "GB",
        "expiryDate": "2031-05-17", "fileId": "file-1",
        "fileSha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "fileSizeBytes": 482133,
        "mediaType": "image/jpeg", "submittedAt": "2026-09-03T12:00:00Z"
    }"#

    /// A document was found to be genuine.
    #[event(topic = "kyc.document.verified", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct DocumentVerified {
        /// The document.
        pub document_id: Id,
        /// Whose document it is.
        pub owner_id: Id,
        /// The verification that it is for, if one was asked for.
        pub identity_id: Option<Id>,
        /// What kind of document it is.
        pub document_type: DocumentType,
        /// How it was verified.
        pub method: VerificationMethod,
        /// Who verified it; nobody if a program did.
        pub verified_by_id: Option<Id>,
        /// The day until which this holds.
        pub valid_until_date: Option<Private<Date>>,
        /// When.
        pub verified_at: Timestamp,
    }
    example r#"{
        "documentId": "doc-1", "ownerId": "u-tutor", "identityId": "idv-1", "documentType": "passport",
        "method": "manual",
        "verifiedById": "u-reviewer", "validUntilDate": "2031-05-17", "verifiedAt": "2026-09-04T09:00:00Z"
    }"#

    /// A document was not accepted.
    #[event(topic = "kyc.document.rejected", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct DocumentRejected {
        /// The document.
        pub document_id: Id,
        /// Whose document it is.
        pub owner_id: Id,
        /// The verification that it is for, if one was asked for.
        pub identity_id: Option<Id>,
        /// What kind of document it is.
        pub document_type: DocumentType,
        /// Why.
        pub reason: Private<RejectionReason>,
        /// What the owner should know about it.
        pub note: Option<PrivateText<1_000>>,
        /// Whether the owner may hand in another one.
        pub may_resubmit: bool,
        /// Who rejected it; nobody if a program did.
        pub rejected_by_id: Option<Id>,
        /// When.
        pub rejected_at: Timestamp,
    }
    example r#"{
        "documentId": "doc-1", "ownerId": "u-tutor", "identityId": "idv-1", "documentType": "passport",
        "reason": "illegible",
        "note": "The photograph is blurred.", "mayResubmit": true, "rejectedById": "u-reviewer",
        "rejectedAt": "2026-09-04T09:00:00Z"
    }"#

    /// A document that had been verified is no longer valid.
    #[event(topic = "kyc.document.expired", owner = "kyc")]
    #[event(key = "owner_id", subject = "owner_id", roles = "reviewer admin")]
    pub struct DocumentExpired {
        /// The document.
        pub document_id: Id,
        /// Whose document it is.
        pub owner_id: Id,
        /// The verification that it was for, if one was asked for.
        pub identity_id: Option<Id>,
        /// What kind of document it is.
        pub document_type: DocumentType,
        /// The last day on which it was valid.
        pub expiry_date: Private<Date>,
        /// When it was noticed.
        pub noticed_at: Timestamp,
    }
    example r#"{
        "documentId": "doc-1", "ownerId": "u-tutor", "identityId": "idv-1", "documentType": "passport",
        "expiryDate": "2031-05-17", "noticedAt": "2031-05-18T02:00:00Z"
    }"#
}
