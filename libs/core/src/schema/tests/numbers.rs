//! Limits of numbers, and the formats that are limits by another name.

use super::*;

#[test]
fn a_format_of_whole_numbers_is_a_pair_of_limits() {
    let maybe = |format: &str| json!({"type": ["integer", "null"], "format": format, "minimum": 1, "maximum": 10_000});
    let plain = |format: &str| json!({"type": "integer", "format": format});
    let whole = || json!({"type": "integer"});
    check(vec![
        (maybe("uint8"), maybe("uint16"), &[(BackwardOnly, "", "maximum is 10000, was 255")]),
        (maybe("uint16"), maybe("uint8"), &[(Breaking, "", "maximum is 255, was 10000")]),
        (maybe("uint16"), maybe("int32"), &[]),
        (plain("uint32"), plain("uint64"), &[(BackwardOnly, "", "maximum is 18446744073709551615, was 4294967295")]),
        (
            plain("uint8"),
            plain("int8"),
            &[(BackwardOnly, "", "minimum is -128, was 0"), (Breaking, "", "maximum is 127, was 255")],
        ),
        (
            plain("int64"),
            plain("int16"),
            &[
                (Breaking, "", "minimum is -32768, was -9223372036854775808"),
                (Breaking, "", "maximum is 32767, was 9223372036854775807"),
            ],
        ),
        (
            plain("uint8"),
            whole(),
            &[(BackwardOnly, "", "minimum is gone, was 0"), (BackwardOnly, "", "maximum is gone, was 255")],
        ),
        (
            whole(),
            plain("uint8"),
            &[(Breaking, "", "minimum is 0, there was none"), (Breaking, "", "maximum is 255, there was none")],
        ),
        (plain("uint8"), json!({"type": "integer", "minimum": 0, "maximum": 255}), &[]),
        (
            json!({"type": "integer", "exclusiveMinimum": 0, "maximum": 10}),
            json!({"type": "integer", "exclusiveMinimum": 0, "maximum": 10, "format": "uint8"}),
            &[],
        ),
    ]);
}

#[test]
fn other_formats_are_only_the_same_or_not() {
    let changed: &[_] = &[(Breaking, "", "format changed, and nobody can say what it still allows")];
    for (kind, old, new) in [
        ("string", "date-time", "uuid"),
        ("integer", "even", "odd"),
        // A fraction has no such limits, and a text is no number.
        ("number", "uint8", "uint16"),
        ("string", "uint8", "uint16"),
    ] {
        let schema = |format: &str| json!({"type": kind, "format": format});
        check(vec![(schema(old), schema(new), changed)]);
    }
    let limited = compare(&json!({"type": "integer", "format": "uint8"}), &json!({"type": "integer", "format": "odd"}));
    assert_eq!(limited.last().map(|change| change.reason.as_str()), Some("format is new"));
    assert_eq!(verdict(&limited), Breaking);
}

#[test]
fn limits_that_exclude_their_end_are_limits_like_others() {
    let number = |kind: &str, keyword: &str, limit: f64| {
        let mut schema = json!({"type": kind});
        schema[keyword] = json!(limit);
        schema
    };
    check(vec![
        (number("integer", "exclusiveMinimum", 0.0), number("integer", "minimum", 1.0), &[]),
        (number("integer", "exclusiveMaximum", 4.0), number("integer", "maximum", 3.5), &[]),
        (number("integer", "minimum", 0.5), number("integer", "exclusiveMinimum", 0.5), &[]),
        (
            number("number", "exclusiveMinimum", 0.5),
            number("number", "minimum", 0.5),
            &[(BackwardOnly, "", "minimum is 0.5, was exclusiveMinimum 0.5")],
        ),
        (
            number("number", "maximum", 0.5),
            number("number", "exclusiveMaximum", 0.5),
            &[(Breaking, "", "exclusiveMaximum is 0.5, was maximum 0.5")],
        ),
        // Of two limits, the stricter one counts.
        (
            json!({"type": "number", "minimum": 2, "exclusiveMinimum": 1}),
            json!({"type": "number", "minimum": 2, "exclusiveMinimum": 0}),
            &[],
        ),
        (
            json!({"type": "number", "minimum": "?", "exclusiveMinimum": 1}),
            json!({"type": "number", "minimum": "?", "exclusiveMinimum": 0}),
            &[(Breaking, "", "this comparison does not know it: minimum")],
        ),
    ]);
}
