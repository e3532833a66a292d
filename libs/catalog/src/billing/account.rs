//! Accounts: who can be charged.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{CurrencyCode, EmailAddress, Id},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An account was opened for somebody. Nobody can be charged before.
    #[event(topic = "billing.account.created", owner = "payment")]
    #[event(key = "user_id", subject = "user_id")]
    pub struct AccountCreated
    /// An account was changed. The event carries all of it as it is now.
    #[event(topic = "billing.account.updated", owner = "payment")]
    #[event(key = "user_id", subject = "user_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar reviewer admin operator")]
    pub struct AccountUpdated {
        /// The account.
        pub account_id: Id,
        /// Whose account it is.
        pub user_id: Id,
        /// Where receipts go.
        pub email: EmailAddress,
        /// The currency that it is charged in.
        pub currency: CurrencyCode,
        /// Whether there is a way to charge it, such as a card that is valid.
        pub can_be_charged: bool,
        /// When it was opened or changed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "accountId": "acc-1", "userId": "u-guardian", "email": "annabella@example.edu", "currency": "USD",
        "canBeCharged": true, "changedAt": "2026-09-02T10:00:00Z"
    }"#
}
