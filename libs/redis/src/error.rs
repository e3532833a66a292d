//! What of fred's errors may be told.

use fabric_runtime::ports::CacheError;
use fred::error::{Error, ErrorKind};

/// The error of a command on `key`.
pub(crate) fn of_command(error: &Error, key: &str) -> CacheError {
    let is_foreign =
        matches!(error.kind(), ErrorKind::Parse) || matches!(code(error), Some("WRONGTYPE" | "UNREADABLE"));
    if is_foreign { CacheError::Unreadable { key: key.to_owned() } } else { away(describe(error)) }
}

/// The cache cannot be reached, because.
pub(crate) fn away(detail: impl Into<String>) -> CacheError {
    CacheError::Away { detail: detail.into() }
}

/// What happened, without data: an error of the server can quote the command that it is about, so only its code is told.
pub(crate) fn describe(error: &Error) -> String {
    match (error.kind(), code(error)) {
        (ErrorKind::Unknown, Some("ERR")) if error.details().starts_with("ERR unknown command") => {
            "the server lacks a command: Redis 7.0 or newer is needed".to_owned()
        }
        (_, Some(code)) => format!("the server answered {code}"),
        (ErrorKind::IO | ErrorKind::Timeout | ErrorKind::Canceled | ErrorKind::Backpressure, None) => error.to_string(),
        (kind, None) => kind.to_str().to_owned(),
    }
}

/// The word in capitals that an error of the server begins with.
fn code(error: &Error) -> Option<&str> {
    let word = error.details().split_whitespace().next()?;
    let is_code = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_tell_what_happened_and_no_data() {
        let table = [
            (ErrorKind::Unknown, "OOM command not allowed for Ada", "the cache is away: the server answered OOM"),
            (
                ErrorKind::Unknown,
                "ERR unknown command `FCALL`, with args beginning with: `Ada`",
                "the cache is away: the server lacks a command: Redis 7.0 or newer is needed",
            ),
            (ErrorKind::Auth, "WRONGPASS for Ada", "the cache is away: the server answered WRONGPASS"),
            (ErrorKind::Timeout, "Request timed out.", "the cache is away: Timeout Error: Request timed out."),
            (ErrorKind::Protocol, "Unexpected frame Ada", "the cache is away: Protocol Error"),
            (ErrorKind::InvalidArgument, "WRONGTYPE Ada", "the cache holds something unreadable under key"),
            (ErrorKind::Unknown, "UNREADABLE Ada", "the cache holds something unreadable under key"),
            (ErrorKind::Parse, "Invalid UTF-8 string.", "the cache holds something unreadable under key"),
        ];
        for (kind, details, expected) in table {
            assert_eq!(of_command(&Error::new(kind, details), "key").to_string(), expected);
        }
    }
}
