//! Why a row is rejected: which column, which rule, in words that never quote the row.

use std::borrow::Cow;

use fabric::{
    Violation,
    core::{event::InvalidPayload, publication::Rejected},
};
use fabric_catalog::values::InvalidValue;

use super::file::File;

/// The codes of the rules that a row can break, besides those of single values, which are the ones of [`Violation::code`].
pub mod code {
    /// The row has more or fewer cells than the header.
    pub const WRONG_COLUMNS: &str = "wrong_columns";
    /// A cell that must not be is blank.
    pub const BLANK_REQUIRED: &str = "blank_required";
    /// A result without a score.
    pub const BLANK_SCORE: &str = "blank_score";
    /// The id of another row of the same file.
    pub const DUPLICATE_ID: &str = "duplicate_id";
    /// The id of something that is not in the bundle, or was rejected.
    pub const UNKNOWN_REFERENCE: &str = "unknown_reference";
    /// Not a date of the form YYYY-MM-DD, or not in the calendar.
    pub const BAD_DATE: &str = "bad_date";
    /// Not a time of the form YYYY-MM-DDThh:mm:ss.sssZ.
    pub const BAD_DATETIME: &str = "bad_datetime";
    /// Not one of the words that the standard knows.
    pub const BAD_ENUM: &str = "bad_enum";
    /// Not a number.
    pub const BAD_NUMBER: &str = "bad_number";
    /// A score below the lowest, or above the highest, of its line item.
    pub const SCORE_OUT_OF_RANGE: &str = "score_out_of_range";
    /// A user without a role (OneRoster 1.2).
    pub const NO_ROLE: &str = "no_role";
    /// A row that is to be deleted, of a kind that nothing can delete.
    pub const DELETION_UNSUPPORTED: &str = "deletion_unsupported";
}

/// Why a row is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The column, if it is about one.
    pub column: Option<Cow<'static, str>>,
    /// The rule.
    pub code: Cow<'static, str>,
    /// What was wanted, for people.
    pub reason: Cow<'static, str>,
}

impl Fault {
    /// A fault in a column.
    pub fn new(column: &'static str, code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { column: Some(column.into()), code: code.into(), reason: reason.into() }
    }

    /// A fault of the row as a whole.
    pub fn of_row(code: &'static str, reason: &'static str) -> Self {
        Self { column: None, code: code.into(), reason: reason.into() }
    }

    /// A value of the catalogue that could not be made from a cell.
    pub fn of_value(column: &'static str, error: InvalidValue) -> Self {
        Self::new(column, error.code, error.wanted)
    }

    /// A rule of an event that the row breaks.
    pub fn of_violation(file: File, violation: Violation) -> Self {
        let column = column_of(file, &violation.path);
        Self { column, code: violation.code.into(), reason: violation.message.into() }
    }

    /// What a service has against the row.
    pub fn of_service(file: File, refusal: impl Into<Refused>) -> Self {
        let Refused { field, code, reason } = refusal.into();
        Self { column: field.and_then(|field| column_of(file, &field)), code: code.into(), reason: reason.into() }
    }

    /// An event that may not go out because of what is in it. None when it is not about the row.
    pub fn of_rejected(file: File, rejected: &Rejected) -> Option<Self> {
        match rejected {
            Rejected::Payload(InvalidPayload::Bounds(violations)) => {
                violations.first().cloned().map(|violation| Self::of_violation(file, violation))
            }
            Rejected::Payload(InvalidPayload::Shape(_)) | Rejected::Name(_) => {
                Some(Self::of_row("invalid", "the event that follows from the row is not valid"))
            }
            Rejected::TooLarge { .. } => {
                Some(Self::of_row("too_large", "the event that follows from the row is too large"))
            }
            Rejected::Role { .. } | Rejected::Service { .. } | Rejected::Topic(_) => None,
        }
    }
}

/// What a service's command says when it is refused.
pub struct Refused {
    field: Option<String>,
    code: String,
    reason: String,
}

impl From<academic::commands::Rejection> for Refused {
    fn from(rejection: academic::commands::Rejection) -> Self {
        let field = rejection.field().map(str::to_owned);
        Self { field, code: rejection.code().to_owned(), reason: rejection.to_string() }
    }
}

impl From<user::commands::import::ImportRejection> for Refused {
    fn from(rejection: user::commands::import::ImportRejection) -> Self {
        let field = Some(rejection.field().to_owned());
        Self { field, code: rejection.code().to_owned(), reason: rejection.to_string() }
    }
}

/// The column that a field of an event comes from. The events have the standard's names, but for what follows a few patterns.
fn column_of(file: File, path: &str) -> Option<Cow<'static, str>> {
    let field = camel_case(path.split(['.', '[']).next()?);
    Some(match field.as_str() {
        "" => return None,
        "userId" if matches!(file, File::Users | File::Demographics) => "sourcedId".into(),
        "orgType" | "sessionType" => "type".into(),
        "externalIds" => "userIds".into(),
        "enabled" => "enabledUser".into(),
        "roles" => "role".into(),
        "schoolYearSessionId" => "schoolYearSourcedId".into(),
        "weightPercent" => "weight".into(),
        _ => {
            let (stem, plural) = field.strip_suffix('s').map_or((field.as_str(), ""), |stem| (stem, "s"));
            match stem.strip_suffix("Id") {
                Some(stem) => format!("{stem}SourcedId{plural}").into(),
                None => field.into(),
            }
        }
    })
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}
