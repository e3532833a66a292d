//! What belongs to a person: names, addresses, preferences, roles.

use super::{
    text::{is_one_line, texts},
    vocabulary,
};

texts! {
    /// A part of a person's name. Names have no form that all of them keep, so only length and line breaks are limited.
    private PersonName, "a name", 200, "1 to 200 characters on one line",
        r"^[^\p{Cc}]*[^\s\p{Cc}][^\p{Cc}]*$", is_one_line;
    /// What a person signs in with.
    private Username, "a user name", 255, "1 to 255 characters on one line",
        r"^[^\p{Cc}]*[^\s\p{Cc}][^\p{Cc}]*$", is_one_line;
    /// An e-mail address.
    private EmailAddress, "an e-mail address", 254, "an e-mail address of at most 254 characters",
        r"^[^@\s]+@[^@\s]+$",
        |text| garde::rules::email::parse_email(text).is_ok();
    /// A telephone number as people write it, at least three digits of it.
    private PhoneNumber, "a telephone number", 40,
        "3 or more digits, with + ( ) - . / and spaces between them, 40 characters at most",
        r"^[-+()./ ]*([0-9][-+()./ ]*){3,}$",
        |text| {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            digits >= 3 && text.bytes().all(|byte| byte.is_ascii_digit() || b" +()-./".contains(&byte))
        };
    /// A language as a BCP 47 tag: `en`, `pt-BR`, `zh-Hant`.
    shown Language, "a language", 35, "a language tag such as `en` or `pt-BR`",
        "^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$",
        |text| {
            let has_form = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            text.split('-').all(|part| (1..=8).contains(&part.len()) && has_form(part))
        };
    /// A country as two capital letters (ISO 3166-1): `DE`.
    shown CountryCode, "a country", 2, "two capital letters", "^[A-Z]{2}$",
        |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    /// A time zone by its IANA name: `Europe/Berlin`.
    shown TimeZone, "a time zone", 64, "the name of a time zone such as `Europe/Berlin`",
        "^[A-Za-z0-9/_+-]+$", |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+'));
}

vocabulary! {
    /// What an account's holder may do on the platform: the roles that events name in [`fabric_core::Event::ROLES`].
    pub enum AccountRole: "a role of an account" {
        /// Learns.
        Student = "student",
        /// Answers for a student.
        Guardian = "guardian",
        /// Teaches classes and grades.
        Teacher = "teacher",
        /// Gives lessons to single students.
        Tutor = "tutor",
        /// A tutor whose identity was verified.
        VerifiedTutor = "verified_tutor",
        /// Looks after students who need more.
        Counselor = "counselor",
        /// Keeps the rosters.
        Registrar = "registrar",
        /// Checks documents and identities.
        Reviewer = "reviewer",
        /// Runs a school or a district.
        Admin = "admin",
        /// Runs the platform.
        Operator = "operator",
    }
}
