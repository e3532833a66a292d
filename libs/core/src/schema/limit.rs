//! Limits of numbers, lengths and counts. Formats such as `uint8` are limits by another name.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{
    Comparison,
    keyword::in_both,
    node::{Kind, Node},
};

/// Which end of what is allowed a limit is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// Something that can be limited: the kinds it is about, and the keywords from below and from above.
type Measure = (&'static [Kind], &'static [&'static str], &'static [&'static str]);

const MEASURES: [Measure; 4] = [
    (&[Kind::Whole, Kind::Fraction], &["minimum", "exclusiveMinimum"], &["maximum", "exclusiveMaximum"]),
    (&[Kind::Text], &["minLength"], &["maxLength"]),
    (&[Kind::List], &["minItems"], &["maxItems"]),
    (&[Kind::Object], &["minProperties"], &["maxProperties"]),
];

/// A limit as a schema says it.
struct Limit {
    keyword: &'static str,
    said: Number,
}

impl Comparison<'_> {
    /// Limits from below and from above.
    pub(super) fn limits(&mut self, path: &str, old: &Node, new: &Node) {
        // Where only whole numbers are in both, nothing lies between two of them. Lengths and counts are whole.
        let fractions = in_both(old, new, &[Kind::Fraction]);
        for (kinds, lower, upper) in MEASURES.iter().filter(|(kinds, ..)| in_both(old, new, kinds)) {
            let whole_only = !(fractions && kinds.contains(&Kind::Fraction));
            for (end, keywords) in [(End::Lower, lower), (End::Upper, upper)] {
                match [old, new].map(|node| strictest(node, end, keywords, whole_only)) {
                    [Ok(old), Ok(new)] => self.limit(path, [old, new], end, whole_only),
                    _ if keywords.iter().all(|keyword| old.rule(keyword) == new.rule(keyword)) => {}
                    [Err(keyword), _] | [_, Err(keyword)] => self.not_known(path, keyword),
                }
            }
        }
    }

    fn limit(&mut self, path: &str, limits: [Option<Limit>; 2], end: End, whole_only: bool) {
        match limits {
            [Some(old), Some(new)] => {
                let was = if old.keyword == new.keyword { "" } else { &format!("{} ", old.keyword) };
                let reason = format!("{} is {}, was {was}{}", new.keyword, new.said, old.said);
                match stricter(&new, &old, end, whole_only) {
                    Some(Ordering::Equal) => {}
                    Some(Ordering::Less) => self.backward_only(path, reason),
                    Some(Ordering::Greater) | None => self.breaking(path, reason),
                }
            }
            [None, Some(new)] => self.breaking(path, format!("{} is {}, there was none", new.keyword, new.said)),
            [Some(old), None] => self.backward_only(path, format!("{} is gone, was {}", old.keyword, old.said)),
            [None, None] => {}
        }
    }
}

/// Of two rules for the same limit, or of two formats, the one that allows less. None if they are not for a limit, or no limits.
pub fn stricter_rule(keyword: &str, left: &Value, right: &Value) -> Option<Value> {
    if keyword == "format" {
        let [reach_left, reach_right] = [reach(left.as_str()?)?, reach(right.as_str()?)?];
        let within = |inner: &[Number; 2], outer: &[Number; 2]| {
            Some(order(&inner[0], &outer[0])?.is_ge() && order(&inner[1], &outer[1])?.is_le())
        };
        return match (within(&reach_left, &reach_right)?, within(&reach_right, &reach_left)?) {
            (true, _) => Some(left.clone()),
            (_, true) => Some(right.clone()),
            _ => None,
        };
    }
    let is_in = |keywords: &[&str]| keywords.contains(&keyword);
    let (Value::Number(one), Value::Number(other)) = (left, right) else { return None };
    let order = order(one, other)?;
    let keeps_left = if MEASURES.iter().any(|(_, lower, _)| is_in(lower)) {
        order.is_ge()
    } else if MEASURES.iter().any(|(.., upper)| is_in(upper)) {
        order.is_le()
    } else {
        return None;
    };
    Some(if keeps_left { left.clone() } else { right.clone() })
}

/// The lowest and the highest number of a format of whole numbers. None for every other format.
pub fn reach(format: &str) -> Option<[Number; 2]> {
    Some(match format {
        "uint8" => [0.into(), u8::MAX.into()],
        "uint16" => [0.into(), u16::MAX.into()],
        "uint32" => [0.into(), u32::MAX.into()],
        "uint64" => [0.into(), u64::MAX.into()],
        "int8" => [i8::MIN.into(), i8::MAX.into()],
        "int16" => [i16::MIN.into(), i16::MAX.into()],
        "int32" => [i32::MIN.into(), i32::MAX.into()],
        "int64" => [i64::MIN.into(), i64::MAX.into()],
        _ => return None,
    })
}

/// The limit that counts at one end: the strictest of all that are said. An error names the keyword whose rule is no number.
fn strictest(
    node: &Node,
    end: End,
    keywords: &'static [&'static str],
    whole_only: bool,
) -> Result<Option<Limit>, &'static str> {
    let mut limits = Vec::new();
    for keyword in keywords {
        match node.rule(keyword) {
            Some(Value::Number(said)) => limits.push(Limit { keyword, said: said.clone() }),
            Some(_) => return Err(keyword),
            None => {}
        }
    }
    if let (Some([lowest, highest]), [keyword, _]) = (node.reach(), keywords) {
        limits.push(Limit { keyword, said: if end == End::Lower { lowest } else { highest } });
    }
    // Nothing is shorter than nothing.
    limits.retain(|limit| keywords.len() > 1 || end == End::Upper || limit.said.as_f64() != Some(0.0));
    let stricter_one = |one: Limit, other: Limit| {
        let replaces = stricter(&other, &one, end, whole_only) == Some(Ordering::Greater);
        if replaces { other } else { one }
    };
    Ok(limits.into_iter().reduce(stricter_one))
}

/// How strict one limit is, beside another at the same end: `Greater` allows less.
fn stricter(one: &Limit, other: &Limit, end: End, whole_only: bool) -> Option<Ordering> {
    let excludes = |limit: &Limit| limit.keyword.starts_with("exclusive");
    let upwards = if whole_only {
        let [one, other] = [one, other].map(|limit| last_whole(&limit.said, excludes(limit), end));
        one?.cmp(&other?)
    } else {
        order(&one.said, &other.said)?
    };
    let stricter = if end == End::Lower { upwards } else { upwards.reverse() };
    // Between whole numbers, whether the end itself is allowed has been counted already.
    Some(if whole_only { stricter } else { stricter.then(excludes(one).cmp(&excludes(other))) })
}

/// The last whole number that a limit allows.
fn last_whole(said: &Number, excludes: bool, end: End) -> Option<i128> {
    let inwards = if end == End::Lower { 1 } else { -1 };
    let fraction = said.as_f64()?.fract();
    let number = match whole(said) {
        Some(number) => number,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is too large becomes the largest, and stays in order"
        )]
        None if end == End::Lower => said.as_f64()?.ceil() as i128,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is too large becomes the largest, and stays in order"
        )]
        None => said.as_f64()?.floor() as i128,
    };
    Some(if excludes && fraction == 0.0 { number.saturating_add(inwards) } else { number })
}

/// Whole numbers are compared exactly; a fraction as the number that JSON readers make of it.
fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}
