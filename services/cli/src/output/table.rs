//! Tables without frames, with colours only on a terminal.

use std::io::{IsTerminal, stdout};

use comfy_table::{Attribute, Cell, ContentArrangement, presets::NOTHING};
use jiff::Timestamp;

/// A table that is written for people.
pub struct Table(comfy_table::Table);

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if !is_decorated() {
            table.force_no_tty();
        }
        table.set_header(headings.iter().map(|heading| Cell::new(heading).add_attribute(Attribute::Bold)));
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
        self.0.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

fn is_decorated() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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
    fn a_table_has_no_trailing_blanks() {
        let mut table = Table::new(&["topic", "owner"]);
        table.row(["a.b.c", "x"]).row(["d", "y"]);
        assert!(table.to_string().lines().all(|line| !line.ends_with(' ')), "{table}");
    }
}
