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

/// The schema of such names.
pub(crate) fn name_schema() -> serde_json::Value {
    serde_json::json!({ "pattern": "^[A-Za-z0-9_]{1,64}$" })
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

/// The rule of a field that may only be there because of what another one says.
pub(crate) fn only_if<T>(is_allowed: bool) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |field, ()| {
        if is_allowed || field.is_none() { Ok(()) } else { Err(garde::Error::new("does not belong there")) }
    }
}

/// The rule of a field that is there exactly if another one says so.
pub(crate) fn exactly_if<T>(is_needed: bool) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |field, ()| {
        needed_if(is_needed)(field, &())?;
        only_if(is_needed)(field, &())
    }
}

/// The rule of a part that is counted within a whole.
pub(crate) fn at_most<T: PartialOrd>(whole: T) -> impl FnOnce(&T, &()) -> garde::Result {
    move |part, ()| if *part > whole { Err(garde::Error::new("greater than what it is a part of")) } else { Ok(()) }
}
