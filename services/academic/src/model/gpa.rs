//! Grade point averages, on the scale to 4.0.
//!
//! | letter | A | A- | B+ | B | B- | C+ | C | C- | D+ | D | D- | F |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | points | 4.0 | 3.7 | 3.3 | 3.0 | 2.7 | 2.3 | 2.0 | 1.7 | 1.3 | 1.0 | 0.7 | 0.0 |
//!
//! A student's grade point average is the mean of the points of the letter grades that follow from the class averages. All classes
//! count alike, since OneRoster has no credits.

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::values::{GradePoints, GradeScale, Id, LetterGrade, Percent};
use serde::Serialize;

/// The best that the scale allows.
pub const SCALE_MAX: f64 = 4.0;

const POINTS_IN_TENTHS: [(&str, u32); 11] = [
    ("A", 40),
    ("A-", 37),
    ("B+", 33),
    ("B", 30),
    ("B-", 27),
    ("C+", 23),
    ("C", 20),
    ("C-", 17),
    ("D+", 13),
    ("D", 10),
    ("D-", 7),
];

/// The class averages of all students, and the grade point averages that follow.
#[derive(Debug, Default)]
pub struct Transcripts {
    students: HashMap<Id, Transcript>,
}

#[derive(Debug, Default)]
struct Transcript {
    classes: HashMap<Id, Latest<ClassAverage>>,
    published: Latest<Gpa>,
}

#[derive(Debug)]
struct ClassAverage {
    school_id: Id,
    points_in_tenths: u32,
}

/// A grade point average, exact: the points of so many classes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gpa {
    points_in_tenths: u32,
    classes: u32,
}

/// A grade point average that was not published yet.
#[derive(Debug, Clone, PartialEq)]
pub struct GpaNews {
    /// The grade point average now.
    pub gpa: Gpa,
    /// The one that was published last.
    pub previous: Option<Gpa>,
    /// The school, if all the classes are of one.
    pub school_id: Option<Id>,
}

/// A student's grade point average, for whoever asks.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GpaView {
    /// The student.
    pub student_id: Id,
    /// The grade point average.
    pub gpa: GradePoints,
    /// The best that the scale allows.
    pub scale_max: GradeScale,
    /// How many classes it is made of.
    pub graded_classes: u32,
}

impl Transcripts {
    /// Takes in a student's average in a class.
    pub fn set_average(&mut self, student_id: &Id, class_id: &Id, school_id: &Id, average: Percent, at: Moment) {
        let transcript = self.students.entry(student_id.clone()).or_default();
        let class_average = ClassAverage { school_id: school_id.clone(), points_in_tenths: points_in_tenths(average) };
        transcript.classes.entry(class_id.clone()).or_default().set(at, class_average);
    }

    /// A student's grade point average, if it is another one than was published last.
    pub fn unpublished(&self, student_id: &Id) -> Option<GpaNews> {
        let transcript = self.students.get(student_id)?;
        let gpa = transcript.gpa()?;
        let previous = transcript.published.get().copied();
        (previous != Some(gpa)).then(|| GpaNews { gpa, previous, school_id: transcript.only_school() })
    }

    /// Remembers which grade point average was published.
    pub fn published(&mut self, student_id: &Id, gpa: Gpa, at: Moment) {
        if let Some(transcript) = self.students.get_mut(student_id) {
            transcript.published.set(at, gpa);
        }
    }

    /// A student's grade point average; none of a student without a grade.
    pub fn view(&self, student_id: &Id) -> Option<GpaView> {
        let gpa = self.students.get(student_id)?.gpa()?;
        Some(GpaView {
            student_id: student_id.clone(),
            gpa: gpa.points(),
            scale_max: scale_max(),
            graded_classes: gpa.classes(),
        })
    }
}

impl Transcript {
    fn averages(&self) -> impl Iterator<Item = &ClassAverage> {
        self.classes.values().filter_map(Latest::get)
    }

    fn gpa(&self) -> Option<Gpa> {
        let (points_in_tenths, classes) =
            self.averages().fold((0, 0), |(points, classes), average| (points + average.points_in_tenths, classes + 1));
        (classes > 0).then_some(Gpa { points_in_tenths, classes })
    }

    fn only_school(&self) -> Option<Id> {
        let mut schools = self.averages().map(|average| &average.school_id);
        let first = schools.next()?;
        schools.all(|school| school == first).then(|| first.clone())
    }
}

impl Gpa {
    /// It as a number, rounded to a thousandth.
    pub fn points(self) -> GradePoints {
        let points = f64::from(self.points_in_tenths) / 10.0 / f64::from(self.classes);
        GradePoints::try_new((points * 1_000.0).round() / 1_000.0).unwrap_or(GradePoints::MAX)
    }

    /// How many classes it is made of.
    pub fn classes(self) -> u32 {
        self.classes
    }
}

/// It is about a student, so it is not printed.
impl std::fmt::Debug for Gpa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gpa(…)")
    }
}

/// The best that the scale allows, as events and answers say it.
pub fn scale_max() -> GradeScale {
    GradeScale::try_new(SCALE_MAX).unwrap_or(GradeScale::MAX)
}

fn points_in_tenths(average: Percent) -> u32 {
    let letter = LetterGrade::of_percent(average);
    POINTS_IN_TENTHS.iter().find(|(name, _)| *name == letter.as_str()).map_or(0, |(_, points)| *points)
}

#[cfg(test)]
mod tests {
    use fabric::EventId;
    use jiff::Timestamp;

    use super::*;

    fn at(second: i64) -> Moment {
        Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(0, [0; 10]) }
    }

    fn id(text: &str) -> Id {
        Id::try_new(text).unwrap()
    }

    #[test]
    fn it_is_the_mean_of_the_classes_points() {
        let table: &[(&[f64], Option<f64>)] = &[
            (&[], None),
            (&[100.0], Some(4.0)),
            (&[93.0, 92.999], Some(3.85)),
            (&[85.0, 71.0, 40.0], Some(1.567)),
            (&[59.999], Some(0.0)),
            (&[60.0], Some(0.7)),
        ];
        for (averages, expected) in table {
            let mut transcripts = Transcripts::default();
            for (number, average) in averages.iter().enumerate() {
                let average = Percent::try_new(*average).unwrap();
                transcripts.set_average(&id("u"), &id(&format!("k-{number}")), &id("s"), average, at(0));
            }
            let gpa = transcripts.view(&id("u")).map(|view| view.gpa.value());
            assert_eq!(gpa, *expected, "{averages:?}");
        }
    }

    #[test]
    fn it_is_told_once_and_again_when_it_changes() {
        let mut transcripts = Transcripts::default();
        let steps = [
            ("k-1", 95.0, 1, true),
            ("k-1", 96.0, 2, false),
            ("k-2", 95.0, 3, true),
            ("k-1", 70.0, 2, true),
            ("k-1", 95.0, 1, false),
        ];
        for (step, (class, average, second, is_news)) in (10..).zip(steps) {
            let average = Percent::try_new(average).unwrap();
            transcripts.set_average(&id("u"), &id(class), &id("s"), average, at(second));
            let news = transcripts.unpublished(&id("u"));
            assert_eq!(news.is_some(), is_news, "{class} at {second}");
            if let Some(news) = news {
                transcripts.published(&id("u"), news.gpa, at(step));
            }
        }
    }

    #[test]
    fn classes_of_two_schools_belong_to_none() {
        let mut transcripts = Transcripts::default();
        let average = Percent::try_new(80.0).unwrap();
        transcripts.set_average(&id("u"), &id("k-1"), &id("s-1"), average, at(0));
        assert_eq!(transcripts.unpublished(&id("u")).unwrap().school_id, Some(id("s-1")));
        transcripts.set_average(&id("u"), &id("k-2"), &id("s-2"), average, at(0));
        assert_eq!(transcripts.unpublished(&id("u")).unwrap().school_id, None);
    }
}
