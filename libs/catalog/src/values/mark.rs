//! Marks: how well somebody did. They are a student's data, so none of them is printed. What a mark is held against is nobody's, and shown.

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
    /// What can be had: an end of an assignment's scale, or what a question is worth. Some scales start below zero.
    shown Points, "points", -100_000.0 to 100_000.0;
    /// How much something counts in a whole, in percent.
    shown Weight, "a weight", 0.0 to 100.0;
    /// A part of a whole in percent that must be reached.
    shown Threshold, "a threshold", 0.0 to 100.0;
    /// The best grade point average that a school's scale allows.
    shown GradeScale, "the best of a scale", 0.0 to 10.0;
}

texts! {
    /// A grade in words or letters: `A+`, `B`, `Pass`, `1st`.
    private LetterGrade, "a letter grade", 8, "1 to 8 characters without spaces", r"^[^\s\p{Cc}]+$",
        |text| !text.contains(|c: char| c.is_control() || is_blank(c));
}

impl Score {
    /// This score as a share of the highest possible one: `score / max`, whatever the lowest possible one is. A score below zero, which
    /// some scales have, is a share of nothing: 0 %. Fails when the highest one is not above zero, or the score more than twice of it.
    ///
    /// ```
    /// use fabric_catalog::values::{Points, Score};
    ///
    /// let (score, max) = (Score::try_new(30.0)?, Points::try_new(40.0)?);
    /// assert_eq!(score.percent_of(max)?.value(), 75.0);
    /// # Ok::<(), fabric_catalog::values::InvalidValue>(())
    /// ```
    pub fn percent_of(self, max: Points) -> Result<Percent, InvalidValue> {
        if max.0 <= 0.0 {
            let wanted = "one on a scale whose highest one is above zero".into();
            return Err(InvalidValue { what: "a score", code: "invalid", wanted });
        }
        Percent::try_new(self.0.max(0.0) * 100.0 / max.0)
    }
}

impl From<Portion> for Percent {
    fn from(portion: Portion) -> Self {
        Self(portion.0)
    }
}

impl From<Weight> for Percent {
    fn from(weight: Weight) -> Self {
        Self(weight.0)
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
    fn a_share_needs_something_to_be_a_share_of() {
        let percent = |score, max| {
            let (score, max) = (Score::try_new(score).unwrap(), Points::try_new(max).unwrap());
            score.percent_of(max).map(Percent::value).map_err(|error| error.code)
        };
        let table = [
            (30.0, 40.0, Ok(75.0)),
            (0.0, 10.0, Ok(0.0)),
            (-5.0, 10.0, Ok(0.0)),
            (110.0, 100.0, Ok(110.0)),
            (200.0, 100.0, Ok(200.0)),
            (201.0, 100.0, Err("too_large")),
            (0.0, 0.0, Err("invalid")),
            (-5.0, -1.0, Err("invalid")),
        ];
        for (score, max, expected) in table {
            assert_eq!(percent(score, max), expected, "{score} of {max}");
        }
    }
}
