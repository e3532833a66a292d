//! What the service does when something happens. Each module is one subscription.

pub mod document_verification;
pub mod identity_verification;
