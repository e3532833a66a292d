//! The sample bundle, compiled in: `fabric up --sample` needs no file.

use super::bundle::Source;

macro_rules! files {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../../../tests/data/oneroster-sample/", $name)))),+]
    };
}

impl Source {
    /// A small invented school, with three bad rows.
    pub const fn sample() -> Self {
        Self::Embedded(files! {
            "manifest.csv" "orgs.csv" "academicSessions.csv" "courses.csv" "classes.csv" "users.csv" "enrollments.csv"
            "categories.csv" "lineItems.csv" "results.csv" "demographics.csv"
        })
    }
}
