//! Billing: accounts, and payments from their authorization to a refund.
//!
//! A person has one account. Everything about it stays in order: the key is the person who pays. Whom a payment is for is another
//! question, as guardians pay for students. Amounts say something about whoever pays, so they are not printed.

mod account;
mod authorization;
mod settlement;

use crate::values::vocabulary;

pub use account::{AccountCreated, AccountUpdated};
pub use authorization::{
    AuthorizationReleased, PaymentAuthorized, PaymentFailed, PaymentFailure, PaymentStage, ReleaseReason,
};
pub use settlement::{PaymentCompleted, PaymentRefunded, RefundReason};

vocabulary! {
    /// What is paid for.
    pub enum PaymentType: "a payment's type" {
        /// A lesson with a tutor.
        Lesson = "lesson",
        /// A course, with access to all of it.
        Course = "course",
    }
}

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[account::EVENTS, authorization::EVENTS, settlement::EVENTS];
