//! Marks: how well somebody did. They are a student's data, so none of them is printed.

use super::{
    InvalidValue,
    number::numbers,
    text::{is_blank, texts},
};

numbers! {
    /// A result in points, on the scale of its assignment. Some scales start below zero.
    private Score, "a score", -100_000.0 to 100_000.0;
    /// A share in percent. Extra credit can take it beyond 100.
    private Percent, "a percentage", 0.0 to 200.0;
    /// A part of a whole in percent, such as a rate of attendance: nothing takes it beyond 100.
    private Portion, "a part in percent", 0.0 to 100.0;
    /// A grade point average, on whatever scale the school has: 4.0, 5.0 or 10.0.
    private GradePoints, "a grade point average", 0.0 to 10.0;
}

texts! {
    /// A grade in words or letters: `A+`, `B`, `Pass`, `1st`.
    private LetterGrade, "a letter grade", 8, "1 to 8 characters without spaces", r"^[^\s\p{Cc}]+$",
        |text| !text.contains(|c: char| c.is_control() || is_blank(c));
}

impl Score {
    /// Where this score stands between the lowest and the highest possible one. Fails when there is nothing between
    /// them, or when the score is below the lowest, or more than twice the way up.
    ///
    /// ```
    /// use fabric_catalog::values::Score;
    ///
    /// let [min, max, score] = [0.0, 40.0, 30.0].map(|value| Score::try_new(value).unwrap());
    /// assert_eq!(score.percent_between(min, max).unwrap().value(), 75.0);
    /// ```
    pub fn percent_between(self, min: Self, max: Self) -> Result<Percent, InvalidValue> {
        Percent::try_new((self.0 - min.0) * 100.0 / (max.0 - min.0))
    }
}

impl From<Portion> for Percent {
    fn from(portion: Portion) -> Self {
        Self(portion.0)
    }
}

impl LetterGrade {
    /// The grade on the usual scale with plus and minus: `A` from 93, `A-` from 90, `B+` from 87, down to `F` below 60.
    pub fn of_percent(percent: Percent) -> Self {
        const SCALE: [(f64, &str); 11] = [
            (93.0, "A"),
            (90.0, "A-"),
            (87.0, "B+"),
            (83.0, "B"),
            (80.0, "B-"),
            (77.0, "C+"),
            (73.0, "C"),
            (70.0, "C-"),
            (67.0, "D+"),
            (63.0, "D"),
            (60.0, "D-"),
        ];
        let grade = SCALE.iter().find(|(from, _)| percent.value() >= *from).map_or("F", |(_, grade)| grade);
        Self(grade.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_grade_follows_from_the_percentage() {
        let table = [
            (200.0, "A"),
            (93.0, "A"),
            (92.99, "A-"),
            (85.0, "B"),
            (70.0, "C-"),
            (60.0, "D-"),
            (59.99, "F"),
            (0.0, "F"),
        ];
        for (percent, letter) in table {
            assert_eq!(LetterGrade::of_percent(Percent::try_new(percent).unwrap()).as_str(), letter, "{percent}");
        }
    }

    #[test]
    fn a_share_needs_a_scale_and_a_score_on_it() {
        let percent = |score, min, max| {
            let [score, min, max] = [score, min, max].map(|value| Score::try_new(value).unwrap());
            score.percent_between(min, max).map(Percent::value).map_err(|error| error.code)
        };
        let table = [
            (30.0, 0.0, 40.0, Ok(75.0)),
            (0.0, -10.0, 10.0, Ok(50.0)),
            (110.0, 0.0, 100.0, Ok(110.0)),
            (-1.0, 0.0, 100.0, Err("too_small")),
            (201.0, 0.0, 100.0, Err("too_large")),
            (5.0, 5.0, 5.0, Err("invalid")),
            (5.0, 0.0, 0.0, Err("too_large")),
        ];
        for (score, min, max, expected) in table {
            assert_eq!(percent(score, min, max), expected, "{score} in {min}..{max}");
        }
    }
}
