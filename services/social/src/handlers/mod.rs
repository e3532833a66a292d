//! What the service does when something happens. Each module is one subscription.

pub mod class_membership;
pub mod feed;
