//! Accounts: opened, closed and opened again.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{AccountRole, EmailAddress, Id, Language, PersonName, Private, TimeZone, Username, vocabulary},
};

vocabulary! {
    /// Where somebody registered.
    pub enum RegistrationSource: "a source of registrations" {
        /// In the browser.
        WebApp = "web_app",
        /// On a phone.
        MobileApp = "mobile_app",
        /// Following an invitation.
        Invitation = "invitation",
        /// By an import of a roster.
        Import = "import",
    }

    /// How somebody signs in.
    pub enum AuthMethod: "a method of signing in" {
        /// With a password.
        Password = "password",
        /// With the account of another provider.
        SingleSignOn = "single_sign_on",
        /// With a passkey.
        Passkey = "passkey",
        /// With a link by e-mail.
        EmailLink = "email_link",
    }

    /// Why an account was closed.
    pub enum ClosingReason: "a reason to close an account" {
        /// The holder asked for it.
        Requested = "requested",
        /// The person was deactivated by the school.
        PersonDeactivated = "person_deactivated",
        /// Nobody had used it for long.
        Inactive = "inactive",
        /// The rules of the platform were broken.
        Violation = "violation",
        /// Somebody else got in.
        Compromised = "compromised",
    }
}

/// What somebody says of themselves when registering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct RegisteredProfile {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// How the person reads texts and times.
    #[serde(default)]
    pub preferences: RegisteredPreferences,
}

/// How somebody reads texts and times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct RegisteredPreferences {
    /// The language that the person reads best.
    pub language: Option<Private<Language>>,
    /// Where the person is in time.
    #[serde(rename = "timezone")]
    pub time_zone: Option<Private<TimeZone>>,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// Somebody registered.
    #[event(topic = "user.account.registered", owner = "user")]
    #[event(key = "user_id", subject = "user_id")]
    #[event(roles = "student guardian teacher tutor counselor registrar admin operator")]
    pub struct AccountRegistered {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// E-mail address.
        pub email: EmailAddress,
        /// What the person signs in with.
        pub username: Username,
        /// What the person says of themselves.
        #[garde(dive)]
        pub profile: RegisteredProfile,
        /// Where the person registered.
        pub registration_source: RegistrationSource,
        /// When.
        pub registered_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "email": "ada@example.edu", "username": "ada.lovelace",
        "profile": {
            "firstName": "Augusta Ada", "lastName": "Lovelace",
            "preferences": {"language": "en-GB", "timezone": "Europe/London"}
        },
        "registrationSource": "web_app", "registeredAt": "2026-09-01T09:00:00Z"
    }"#

    /// An account was created: its holder can sign in.
    #[event(topic = "user.account.created", owner = "user")]
    #[event(key = "user_id", subject = "user_id", roles = "registrar admin operator")]
    pub struct AccountCreated {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// E-mail address.
        pub email: EmailAddress,
        /// What the holder may do at first.
        pub role: AccountRole,
        /// How the holder signs in.
        pub auth_method: AuthMethod,
        /// When.
        pub created_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "email": "ada@example.edu", "role": "student", "authMethod": "password",
        "createdAt": "2026-09-01T09:00:01Z"
    }"#

    /// An account was closed: its holder cannot sign in.
    #[event(topic = "user.account.deactivated", owner = "user")]
    #[event(key = "user_id", subject = "user_id", roles = "registrar admin operator")]
    pub struct AccountDeactivated {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// Why.
        pub reason: Private<ClosingReason>,
        /// Who closed it; nobody if a rule did.
        pub deactivated_by_id: Option<Id>,
        /// When.
        pub deactivated_at: Timestamp,
    }
    example r#"{
        "userId": "u-11391", "reason": "person_deactivated", "deactivatedById": null,
        "deactivatedAt": "2026-11-20T10:00:01Z"
    }"#

    /// A closed account was opened again.
    #[event(topic = "user.account.reactivated", owner = "user")]
    #[event(key = "user_id", subject = "user_id", roles = "registrar admin operator")]
    pub struct AccountReactivated {
        /// The account, and the person who holds it.
        pub user_id: Id,
        /// Who opened it; nobody if a rule did.
        pub reactivated_by_id: Option<Id>,
        /// When.
        pub reactivated_at: Timestamp,
    }
    example r#"{"userId": "u-11391", "reactivatedById": "u-registrar", "reactivatedAt": "2026-12-01T10:00:00Z"}"#
}
