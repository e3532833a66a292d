//! What a program can check of a document: not what is on it, but whether it can be what it is said to be.
//!
//! ```
//! use fabric_catalog::{Example, kyc::DocumentSubmitted};
//! use kyc::checks::{Verdict, check};
//!
//! let passport = DocumentSubmitted::example()?;
//! assert_eq!(check(&passport, false), Verdict::Verified);
//! # Ok::<(), fabric::core::event::InvalidPayload>(())
//! ```

mod countries;

use fabric_catalog::kyc::{DocumentSubmitted, DocumentType, RejectionReason};
use jiff::tz::TimeZone;

/// What the checks come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as it should be.
    Verified,
    /// Something is wrong that a person need not look at. The owner may hand in another document.
    Rejected(RejectionReason),
    /// A person must look at it, for this reason.
    Escalated(&'static str),
}

/// How a type of document can be checked.
enum Acceptance {
    /// By its data. Such documents end some day.
    ByProgram,
    /// By a person only: there is no common form of them.
    ByPerson,
    /// Not at all: it proves nothing about who somebody is.
    Never,
}

/// Media types that reviewers can look at.
const MEDIA_TYPES: &[&str] = &["image/jpeg", "image/png", "image/webp", "application/pdf"];
/// The SHA-256 of nothing: the upload failed.
const SHA256_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Checks a document on the day when it was submitted. `is_elsewhere` says whether somebody else has handed in the same
/// file.
pub fn check(document: &DocumentSubmitted, is_elsewhere: bool) -> Verdict {
    let today = document.submitted_at.to_zoned(TimeZone::UTC).date();
    let acceptance = acceptance(document.document_type);
    if matches!(acceptance, Acceptance::Never) || !MEDIA_TYPES.contains(&document.media_type.as_str()) {
        return Verdict::Rejected(RejectionReason::Unsupported);
    }
    if document.file_sha256.as_str() == SHA256_OF_NOTHING {
        return Verdict::Rejected(RejectionReason::Illegible);
    }
    if !countries::is_assigned(document.issuing_country.get().as_str()) {
        return Verdict::Rejected(RejectionReason::Unsupported);
    }
    let expiry = document.expiry_date.map(|date| *date.get());
    if expiry.is_some_and(|expiry| expiry < today) {
        return Verdict::Rejected(RejectionReason::Expired);
    }
    if is_elsewhere {
        return Verdict::Escalated("somebody else has handed in the same file");
    }
    match (acceptance, expiry) {
        (Acceptance::ByProgram, Some(_)) => Verdict::Verified,
        (Acceptance::ByProgram, None) => Verdict::Rejected(RejectionReason::Incomplete),
        _ => Verdict::Escalated("only a person can check a document of this type"),
    }
}

fn acceptance(document_type: DocumentType) -> Acceptance {
    match document_type {
        DocumentType::Passport
        | DocumentType::IdentityCard
        | DocumentType::DrivingLicence
        | DocumentType::ResidencePermit => Acceptance::ByProgram,
        DocumentType::Diploma | DocumentType::TeachingCertificate | DocumentType::BackgroundCheck => {
            Acceptance::ByPerson
        }
        DocumentType::ProofOfAddress => Acceptance::Never,
    }
}

#[cfg(test)]
mod tests {
    use fabric_catalog::{Example, values::Private};
    use jiff::civil::{Date, date};

    use super::*;

    fn passport() -> DocumentSubmitted {
        DocumentSubmitted::example().unwrap()
    }

    fn of_type(document_type: DocumentType) -> DocumentSubmitted {
        DocumentSubmitted { document_type, ..passport() }
    }

    fn until(date: Option<Date>) -> DocumentSubmitted {
        DocumentSubmitted { expiry_date: date.map(Private::new), ..passport() }
    }

    #[test]
    fn each_rule_has_its_verdict() {
        use RejectionReason::{Expired, Illegible, Incomplete, Unsupported};
        use Verdict::{Escalated, Rejected, Verified};
        let by_person = Escalated("only a person can check a document of this type");
        let table = [
            (passport(), false, Verified),
            (passport(), true, Escalated("somebody else has handed in the same file")),
            (until(Some(date(2026, 9, 3))), false, Verified),
            (until(Some(date(2026, 9, 2))), false, Rejected(Expired)),
            (until(Some(date(2026, 9, 2))), true, Rejected(Expired)),
            (until(None), false, Rejected(Incomplete)),
            (of_type(DocumentType::ProofOfAddress), false, Rejected(Unsupported)),
            (of_type(DocumentType::Diploma), false, by_person),
            (of_type(DocumentType::BackgroundCheck), false, by_person),
            (DocumentSubmitted { media_type: "text/html".into(), ..passport() }, false, Rejected(Unsupported)),
            (
                DocumentSubmitted { issuing_country: Private::new("ZZ".parse().unwrap()), ..passport() },
                false,
                Rejected(Unsupported),
            ),
            (
                DocumentSubmitted { file_sha256: SHA256_OF_NOTHING.parse().unwrap(), ..passport() },
                false,
                Rejected(Illegible),
            ),
        ];
        for (document, is_elsewhere, expected) in table {
            assert_eq!(check(&document, is_elsewhere), expected, "{document:?}");
        }
    }
}
