//! How deep JSON nests, found out without parsing it.

/// Whether brackets nest deeper than `depth_max`. Brackets in strings do not count. On text that is not JSON the answer is
/// still safe: a parser never goes deeper than the brackets that it has seen.
pub(crate) fn is_deeper_than(json: &[u8], depth_max: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > depth_max {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_outside_strings_count() {
        let table = [
            ("[]", 1, false),
            ("[[]]", 1, true),
            (r#"{"a": [1, {"b": 2}]}"#, 3, false),
            (r#"{"a": [1, {"b": 2}]}"#, 2, true),
            (r#"["[[[[", "\"[["]"#, 1, false),
            ("[][][]", 1, false),
            ("", 0, false),
        ];
        for (json, depth, expected) in table {
            assert_eq!(is_deeper_than(json.as_bytes(), depth), expected, "{json} at {depth}");
        }
        assert!(is_deeper_than(&b"[".repeat(100_000), 64));
    }
}
