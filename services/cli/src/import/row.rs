//! One row of a file of the standard, cell by cell: every way to read a cell says what is wrong with it, and never what it holds.

use std::str::FromStr;

use fabric_catalog::values::{Id, InvalidValue, Points, SchoolYear, Score};
use jiff::{Timestamp, civil::Date};

use super::{
    fault::{Fault, code},
    file::{File, Version},
    known::Known,
    table::Record,
};

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    /// The file that it is in.
    pub file: File,
    /// The version of the standard that the file follows.
    pub version: Version,
    /// Its cells.
    pub record: Record<'r>,
    /// The rows that went by before it.
    pub known: &'r Known,
}

/// Whether a row says that something is, or that it is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Active,
    /// It is to be deleted. In 1.0 that was called inactive.
    ToBeDeleted,
}

impl<'r> Row<'r> {
    /// A cell with something in it.
    pub fn text(&self, column: &'static str) -> Option<&'r str> {
        self.record.cell(column).filter(|text| !text.trim().is_empty())
    }

    /// A cell that must not be blank.
    pub fn required(&self, column: &'static str) -> Result<&'r str, Fault> {
        self.text(column).ok_or_else(|| Fault::new(column, code::BLANK_REQUIRED, "must not be blank"))
    }

    /// A value of the catalogue.
    pub fn value<T: FromStr<Err = InvalidValue>>(&self, column: &'static str) -> Result<T, Fault> {
        parse(column, self.required(column)?)
    }

    /// A value of the catalogue, or nothing.
    pub fn value_if<T: FromStr<Err = InvalidValue>>(&self, column: &'static str) -> Result<Option<T>, Fault> {
        self.text(column).map(|text| parse(column, text)).transpose()
    }

    /// One of the words of the standard.
    pub fn word<T: FromStr<Err = InvalidValue>>(&self, column: &'static str) -> Result<T, Fault> {
        self.value(column).map_err(into_enum)
    }

    /// One of the words of the standard, or nothing.
    pub fn word_if<T: FromStr<Err = InvalidValue>>(&self, column: &'static str) -> Result<Option<T>, Fault> {
        self.value_if(column).map_err(into_enum)
    }

    /// `true` or `false`.
    pub fn flag(&self, column: &'static str) -> Result<bool, Fault> {
        parse_flag(column, self.required(column)?)
    }

    /// `true`, `false` or nothing.
    pub fn flag_if(&self, column: &'static str) -> Result<Option<bool>, Fault> {
        self.text(column).map(|text| parse_flag(column, text)).transpose()
    }

    /// The texts of a list, which are separated by commas.
    pub fn list(&self, column: &'static str) -> Vec<&'r str> {
        let items = self.text(column).into_iter().flat_map(|text| text.split(','));
        items.map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    /// The same as texts of their own.
    pub fn texts(&self, column: &'static str) -> Vec<String> {
        self.list(column).into_iter().map(str::to_owned).collect()
    }

    /// The same as values of the catalogue.
    pub fn values<T: FromStr<Err = InvalidValue>>(&self, column: &'static str) -> Result<Vec<T>, Fault> {
        self.list(column).into_iter().map(|text| parse(column, text)).collect()
    }

    /// A day.
    pub fn date(&self, column: &'static str) -> Result<Date, Fault> {
        parse_date(column, self.required(column)?)
    }

    /// A day, or nothing.
    pub fn date_if(&self, column: &'static str) -> Result<Option<Date>, Fault> {
        self.text(column).map(|text| parse_date(column, text)).transpose()
    }

    /// A number within the bounds of a score.
    pub fn score(&self, column: &'static str) -> Result<Score, Fault> {
        Score::try_new(parse_number(column, self.required(column)?)?).map_err(|error| Fault::of_value(column, error))
    }

    /// An end of a scale.
    pub fn points(&self, column: &'static str) -> Result<Points, Fault> {
        Points::try_new(parse_number(column, self.required(column)?)?).map_err(|error| Fault::of_value(column, error))
    }

    /// A number, or nothing.
    pub fn number_if(&self, column: &'static str) -> Result<Option<f64>, Fault> {
        self.text(column).map(|text| parse_number(column, text)).transpose()
    }

    /// A school year as four digits.
    pub fn school_year(&self, column: &'static str) -> Result<SchoolYear, Fault> {
        let text = self.required(column)?;
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let year = text.parse().ok().filter(|_| digits);
        let year = year.ok_or_else(|| Fault::new(column, code::BAD_NUMBER, "must be a year of the form YYYY"))?;
        SchoolYear::try_new(year).map_err(|error| Fault::of_value(column, error))
    }

    /// When the source last changed the row: blank in most bulk files.
    pub fn last_modified(&self) -> Result<Option<Timestamp>, Fault> {
        const COLUMN: &str = "dateLastModified";
        let parse_time = |text: &str| {
            let has_time = text.as_bytes().get(10) == Some(&b'T') && text.is_ascii();
            let time = text.parse().ok().filter(|_| has_time && parse_date(COLUMN, &text[..10]).is_ok());
            time.ok_or_else(|| {
                Fault::new(COLUMN, code::BAD_DATETIME, "must be a time of the form YYYY-MM-DDThh:mm:ss.sssZ")
            })
        };
        self.text(COLUMN).map(parse_time).transpose()
    }

    /// Whether it is there or to be deleted: blank in most bulk files, which say what is there.
    pub fn status(&self) -> Result<Status, Fault> {
        match self.text("status") {
            None | Some("active") => Ok(Status::Active),
            Some("tobedeleted" | "inactive") => Ok(Status::ToBeDeleted),
            Some(_) => Err(Fault::new(
                "status",
                code::BAD_ENUM,
                "must be one of `active`, `tobedeleted`, `inactive`, or blank",
            )),
        }
    }

    /// The row's own id.
    pub fn id(&self) -> Result<Id, Fault> {
        self.value("sourcedId")
    }

    /// The id of a row of another file, which must have been accepted.
    pub fn reference(&self, column: &'static str, file: File) -> Result<Id, Fault> {
        self.known_id(column, file, self.required(column)?)
    }

    /// The same, or nothing.
    pub fn reference_if(&self, column: &'static str, file: File) -> Result<Option<Id>, Fault> {
        self.text(column).map(|text| self.known_id(column, file, text)).transpose()
    }

    /// Ids of rows of another file, at least one.
    pub fn references(&self, column: &'static str, file: File) -> Result<Vec<Id>, Fault> {
        self.required(column)?;
        self.list(column).into_iter().map(|text| self.known_id(column, file, text)).collect()
    }

    /// Ids of rows of a file that may still be to come, such as the row's own.
    pub fn forward_references(&self, column: &'static str, file: File) -> Result<Vec<Id>, Fault> {
        self.list(column).into_iter().map(|text| self.forward_id(column, file, text)).collect()
    }

    /// The id of a row that may still be to come.
    pub fn forward_reference(&self, column: &'static str, file: File) -> Result<Id, Fault> {
        self.forward_id(column, file, self.required(column)?)
    }

    /// The same, or nothing.
    pub fn forward_reference_if(&self, column: &'static str, file: File) -> Result<Option<Id>, Fault> {
        self.text(column).map(|text| self.forward_id(column, file, text)).transpose()
    }

    fn forward_id(&self, column: &'static str, file: File, text: &str) -> Result<Id, Fault> {
        if self.known.has_or_expects(file, text) { parse(column, text) } else { Err(unknown(column, file)) }
    }

    fn known_id(&self, column: &'static str, file: File, text: &str) -> Result<Id, Fault> {
        if self.known.has(file, text) { parse(column, text) } else { Err(unknown(column, file)) }
    }
}

/// A reference to something that is not there.
pub fn unknown(column: &'static str, file: File) -> Fault {
    Fault::new(column, code::UNKNOWN_REFERENCE, format!("must be the id of an accepted row of {}", file.name()))
}

fn parse<T: FromStr<Err = InvalidValue>>(column: &'static str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error| Fault::of_value(column, error))
}

fn into_enum(fault: Fault) -> Fault {
    if fault.code == "invalid" { Fault { code: code::BAD_ENUM.into(), ..fault } } else { fault }
}

fn parse_flag(column: &'static str, text: &str) -> Result<bool, Fault> {
    text.parse().map_err(|_| Fault::new(column, code::BAD_ENUM, "must be one of `true`, `false`"))
}

fn parse_date(column: &'static str, text: &str) -> Result<Date, Fault> {
    let form = |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let formed = text.len() == 10 && text.bytes().enumerate().all(form);
    let date = text.parse().ok().filter(|_| formed);
    date.ok_or_else(|| Fault::new(column, code::BAD_DATE, "must be a date of the form YYYY-MM-DD"))
}

fn parse_number(column: &'static str, text: &str) -> Result<f64, Fault> {
    let formed = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let number = text.parse().ok().filter(|number: &f64| formed && number.is_finite());
    number.ok_or_else(|| Fault::new(column, code::BAD_NUMBER, "must be a number"))
}
