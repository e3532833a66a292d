//! Values that are texts.

/// Declares texts of 1 to so many characters that a rule allows. The pattern says the same as the rule to those who only have the
/// schema, as far as a regular expression can. `shown` ones are printed by `{:?}` and `{}`; of
/// `private` ones `{:?}` prints the type alone, and there is no `{}`.
macro_rules! texts {
    ($(
        $(#[$doc:meta])*
        $visible:ident $name:ident, $what:literal, $chars_max:literal, $wanted:literal, $pattern:literal, $allowed:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters that it may have.
            pub const CHARS_MAX: usize = $chars_max;

            /// Checks a text. Fails when it is empty or too long, or has another form than wanted.
            pub fn try_new(text: impl Into<String>) -> Result<Self, $crate::values::InvalidValue> {
                let text = text.into();
                match $crate::values::text::broken_rule(&text, Self::CHARS_MAX, $allowed) {
                    None => Ok(Self(text)),
                    Some(code) => Err($crate::values::InvalidValue { what: $what, code, wanted: $wanted.into() }),
                }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::values::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::try_new(text).map_err($crate::values::InvalidValue::into_serde)
            }
        }

        $crate::values::described!($name, {
            "type": "string",
            "minLength": 1,
            "maxLength": $chars_max,
            "pattern": $pattern,
        } $visible);
        $crate::values::always_valid!($name);
        $crate::values::text::$visible!($name);
    )*};
}

/// A text that says nothing about a person: it may be printed.
macro_rules! shown {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// A value that says something about a person: only its type is printed.
macro_rules! private {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

pub(crate) use {private, shown, texts};

texts! {
    /// The id of a person, a class, a result or anything else: a OneRoster `sourcedId`, or a UUID. Ids are pseudonyms,
    /// so they may be printed, routed by and logged.
    shown Id, "an id", 255, "1 to 255 printable characters without spaces, 255 bytes at most",
        r"^[^\s\p{Cc}]+$", |text| text.len() <= 255 && !text.contains(|c: char| c.is_control() || is_blank(c));
    /// An address on the web that is only reached over TLS. Such addresses may carry secrets, so they are not printed.
    private HttpsUrl, "a web address", 2_048, "an address of at most 2048 characters that starts with https://",
        r"^https://[^\s\p{Cc}]+$", |text| {
            let rest = text.strip_prefix("https://").unwrap_or_default();
            !rest.is_empty() && !rest.contains(|c: char| c.is_control() || is_blank(c))
        };
    /// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
    shown Sha256, "a SHA-256", 64, "64 digits 0-9 and a-f", "^[0-9a-f]{64}$",
        |text| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
}

/// The code of the first rule that a text breaks.
pub(crate) fn broken_rule(text: &str, chars_max: usize, allowed: fn(&str) -> bool) -> Option<&'static str> {
    if text.is_empty() {
        Some("too_short")
    } else if text.chars().nth(chars_max).is_some() {
        Some("too_long")
    } else if allowed(text) {
        None
    } else {
        Some("bad_format")
    }
}

/// Whether a character shows nothing: spaces, and the mark that some systems put before a text, which the schemas' `\s` holds too.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Whether there is something to read in the text, and nothing that moves the cursor.
pub(crate) fn is_one_line(text: &str) -> bool {
    !text.contains(char::is_control) && text.contains(|c: char| !is_blank(c))
}

/// Whether there is something to read in the text: several lines and tabs are fine, other control characters are not.
pub(crate) fn is_prose(text: &str) -> bool {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(allowed) && text.contains(|c: char| !is_blank(c))
}
