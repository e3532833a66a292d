//! Rules between two fields, and of names in maps.

use std::collections::BTreeMap;

/// The rule of an end that does not come before its begin: days and times alike.
pub(crate) fn not_before<T: PartialOrd>(begin: T) -> impl FnOnce(&T, &()) -> garde::Result {
    move |end, ()| check(Some(&begin), Some(end))
}

/// The same where either may be unknown.
pub(crate) fn not_before_if_known<T: PartialOrd>(begin: Option<T>) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |end, ()| check(begin.as_ref(), end.as_ref())
}

/// The rule of names that stand in templates and programs.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde gives the context as a reference")]
pub(crate) fn names_fit<V>(named: &BTreeMap<String, V>, (): &()) -> garde::Result {
    let fits = |name: &String| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if named.keys().all(fits) {
        Ok(())
    } else {
        Err(garde::Error::new("not a valid name: letters, digits and _, 64 at most"))
    }
}

fn check<T: PartialOrd>(begin: Option<&T>, end: Option<&T>) -> garde::Result {
    match (begin, end) {
        (Some(begin), Some(end)) if end < begin => Err(garde::Error::new("ends before it begins")),
        _ => Ok(()),
    }
}

/// The rule of a field that must be there because of what another one says.
pub(crate) fn needed_if<T>(is_needed: bool) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |field, ()| if is_needed && field.is_none() { Err(garde::Error::new("not set")) } else { Ok(()) }
}
