//! What people may ask for. A command is checked, then decided by a pure function: the event that it causes, or why it
//! is refused.

mod identity;
mod review;
mod submission;
#[cfg(test)]
mod tests;

pub use identity::{IdentityRejection, RequestIdentityVerification, request_verification};
pub use review::{ReviewDocument, ReviewRejection, Reviewed, review};
pub use submission::{SubmissionRejection, SubmitDocument, submit};
