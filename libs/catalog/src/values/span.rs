//! Rules between two fields.

use jiff::civil::Date;

/// The rule of an end that does not come before its begin.
pub(crate) fn not_before(begin: Date) -> impl FnOnce(&Date, &()) -> garde::Result {
    move |end, ()| check(Some(begin), Some(*end))
}

/// The same where either may be unknown.
pub(crate) fn not_before_if_known(begin: Option<Date>) -> impl FnOnce(&Option<Date>, &()) -> garde::Result {
    move |end, ()| check(begin, *end)
}

fn check(begin: Option<Date>, end: Option<Date>) -> garde::Result {
    match (begin, end) {
        (Some(begin), Some(end)) if end < begin => Err(garde::Error::new("ends before it begins")),
        _ => Ok(()),
    }
}
