//! How much time somebody is given.

use super::number::numbers;

numbers! {
    /// Hours in an average week: the one unit in which services of all rhythms compare, be it half an hour a day or an hour a month.
    private WeeklyHours, "hours a week", 0.0 to 60.0;
}
