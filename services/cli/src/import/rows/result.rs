//! `results.csv`.

use std::collections::BTreeSet;

use fabric_catalog::{
    gradebook::{GradePosted, GradeWithdrawn},
    values::{Id, LetterGrade, Private, ResultFlag, ScoreStatus},
};

use super::{Accepted, Importer, accept};
use crate::import::{
    fault::{Fault, code},
    file::File,
    row::{Row, Status, unknown},
};

/// The columns that say what else there is to say about the work (1.2).
const FLAGS: [(&str, ResultFlag); 4] = [
    ("inProgress", ResultFlag::InProgress),
    ("incomplete", ResultFlag::Incomplete),
    ("late", ResultFlag::Late),
    ("missing", ResultFlag::Missing),
];

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let line_item_id = row.reference("lineItemSourcedId", File::LineItems)?;
    let item = row.known.line_item(line_item_id.as_str()).ok_or_else(|| unknown("lineItemSourcedId", File::LineItems))?;
    let student_id = row.reference("studentSourcedId", File::Users)?;
    let score_status: ScoreStatus = row.word("scoreStatus")?;
    let score_date = row.date("scoreDate")?;
    let source_modified_at = row.last_modified()?;
    let at = source_modified_at.unwrap_or(importer.now);
    if row.status()? == Status::ToBeDeleted {
        let event = GradeWithdrawn {
            result_id: id.clone(),
            line_item_id,
            student_id,
            class_id: item.class.id.clone(),
            school_id: item.class.school_id.clone(),
            category_id: Some(item.category_id.clone()),
            reason: None,
            withdrawn_by_id: importer.id.clone(),
            withdrawn_at: at,
        };
        return accept(row, id, event);
    }
    if row.text("score").is_none() {
        return Err(Fault::new("score", code::BLANK_SCORE, "must not be blank"));
    }
    let score = row.score("score")?;
    if score < item.min || score > item.max {
        let reason = "must be from the lowest to the highest score of its line item";
        return Err(Fault::new("score", code::SCORE_OUT_OF_RANGE, reason));
    }
    let score_percent = score.percent_between(item.min, item.max).map_err(|error| Fault::of_value("score", error))?;
    let event = GradePosted {
        result_id: id.clone(),
        line_item_id,
        student_id,
        class_id: item.class.id.clone(),
        school_id: item.class.school_id.clone(),
        category_id: Some(item.category_id.clone()),
        score,
        score_percent,
        letter_grade: LetterGrade::of_percent(score_percent),
        previous_score: None,
        score_status: Some(Private::new(score_status)),
        flags: Private::new(flags(row)?),
        score_date: Some(score_date),
        comment: row.value_if("comment")?,
        graded_by_id: importer.id.clone(),
        posted_at: at,
        source_modified_at,
    };
    accept(row, id, event)
}

fn flags(row: &Row<'_>) -> Result<BTreeSet<ResultFlag>, Fault> {
    let mut flags = BTreeSet::new();
    for (column, flag) in FLAGS {
        if row.flag_if(column)? == Some(true) {
            flags.insert(flag);
        }
    }
    Ok(flags)
}
