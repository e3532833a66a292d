//! Tables without frames, with colours only on a terminal.

use std::io::{IsTerminal, stdout};

use comfy_table::{Attribute, Cell, Column, ColumnConstraint, ContentArrangement, Width, presets::NOTHING};
use jiff::Timestamp;

/// A table that is written for people. On a terminal it is as wide as that if it can be: prose is wrapped between its words, and a word is
/// never broken, since it may be a name that somebody wants to copy.
pub struct Table(comfy_table::Table);

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        let has_colours = has_colours(stdout().is_terminal(), std::env::var("NO_COLOR").ok().as_deref());
        table.set_header(headings.iter().map(|heading| {
            let cell = Cell::new(heading);
            if has_colours { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        Self(table)
    }

    /// Adds a row.
    pub fn row<I: IntoIterator<Item: Into<Cell>>>(&mut self, cells: I) -> &mut Self {
        self.0.add_row(comfy_table::Row::from(cells.into_iter().map(Into::into).collect::<Vec<Cell>>()));
        self
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widths: Vec<u16> = self.0.column_iter().map(|column| width_at_least(&self.0, column)).collect();
        let mut table = self.0.clone();
        table.set_constraints(widths.into_iter().map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(width))));
        table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

/// Up to how many characters a text is never wrapped, such as `not consuming` or `12 ms`.
const SHORT_CHARS_MAX: usize = 14;

/// How wide a column must be for its longest word, with what is before and behind it.
fn width_at_least(table: &comfy_table::Table, column: &Column) -> u16 {
    let cells = table.column_cells_with_header_iter(column.index).flatten().map(Cell::content);
    let longest = cells.filter_map(|text| text.lines().map(unbroken_chars).max()).max();
    u16::try_from(longest.unwrap_or_default()).unwrap_or(u16::MAX).saturating_add(column.padding_width())
}

/// How many characters of a text must stay on one line.
fn unbroken_chars(text: &str) -> usize {
    let chars = text.chars().count();
    if chars <= SHORT_CHARS_MAX {
        return chars;
    }
    text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default()
}

/// Whether to decorate text. `NO_COLOR` says that somebody does not want that, unless it is empty.
fn has_colours(is_terminal: bool, no_color: Option<&str>) -> bool {
    is_terminal && no_color.is_none_or(str::is_empty)
}

/// A number with its thousands apart: `174085` as `174,085`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    (!head.is_empty()).then(|| head.to_owned()).into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// How long ago something was, in the largest unit that fits: `3s`, `5m`, `2h`, `4d`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (plain, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (174_085, "174,085"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(plain), text);
        }
    }

    #[test]
    fn ages_are_given_in_the_largest_unit_that_fits() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (seconds, text) in [(-5, "0s"), (59, "59s"), (60, "1m"), (7_300, "2h"), (200_000, "2d")] {
            assert_eq!(age(Timestamp::from_second(1_000_000 - seconds).unwrap(), now), text);
        }
    }

    #[test]
    fn words_stay_whole_however_narrow_the_terminal_is() {
        let name = "academic.grade_calculation_listener";
        let prose = "It is told in several words that find room on several lines, one below the other.";
        let mut table = Table::new(&["SUBSCRIPTION", "STATE", "PER SECOND", "WHAT IT DOES"]);
        table.row([name, "not consuming", "174,085", prose]);
        for width in [1, 20, 40, 60, 80, 100, 120, 400] {
            table.0.set_width(width);
            let text = table.to_string();
            for word in [name, "consuming", "174,085", "SUBSCRIPTION", "SECOND"].into_iter().chain(prose.split(' ')) {
                assert!(text.split_whitespace().any(|part| part == word), "{word} at {width}: {text}");
            }
            for short in ["not consuming", "PER SECOND", "WHAT IT DOES"] {
                assert!(text.contains(short), "{short} at {width}: {text}");
            }
            let widest = text.lines().map(str::len).max().unwrap_or_default();
            assert!(width < 80 || widest <= usize::from(width), "{widest} at {width}: {text}");
        }
    }

    #[test]
    fn colours_are_for_terminals_whose_owner_wants_them() {
        let table = [(true, None, true), (true, Some(""), true), (true, Some("1"), false), (false, None, false)];
        for (is_terminal, no_color, expected) in table {
            assert_eq!(has_colours(is_terminal, no_color), expected, "{is_terminal} {no_color:?}");
        }
    }

    #[test]
    fn a_table_has_no_trailing_blanks() {
        let mut table = Table::new(&["topic", "owner"]);
        table.row(["a.b.c", "x"]).row(["d", "y"]);
        assert!(table.to_string().lines().all(|line| !line.ends_with(' ')), "{table}");
    }
}
