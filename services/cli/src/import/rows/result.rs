//! `results.csv`.

use std::collections::BTreeSet;

use academic::commands::{
    Known as _,
    post_grade::{PostGrade, decide},
};
use fabric_catalog::{
    gradebook::GradeWithdrawn,
    values::{Id, Private, ResultFlag, Score},
};
use jiff::Timestamp;

use super::{Accepted, Importer, accept, accept_event};
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
    let student_id = row.reference("studentSourcedId", File::Users)?;
    let score_status = row.word("scoreStatus")?;
    let score_date = row.date("scoreDate")?;
    let source_modified_at = row.last_modified()?;
    let at = source_modified_at.unwrap_or(importer.now);
    if row.status()? == Status::ToBeDeleted {
        let event = withdrawn(row, id.clone(), line_item_id, student_id, importer, at)?;
        return accept_event(row, id, event);
    }
    let command = PostGrade {
        result_id: id.clone(),
        score: score(row, &line_item_id)?,
        line_item_id,
        student_id,
        class_id: None,
        score_status: Some(Private::new(score_status)),
        flags: Private::new(flags(row)?),
        score_date: Some(score_date),
        comment: row.value_if("comment")?,
        source_modified_at,
    };
    accept(row, id, decide(row.known, command, &importer.id, at))
}

/// The score, which the standard wants between the lowest and the highest of the line item.
fn score(row: &Row<'_>, line_item_id: &Id) -> Result<Score, Fault> {
    const COLUMN: &str = "score";
    if row.text(COLUMN).is_none() {
        return Err(Fault::new(COLUMN, code::BLANK_SCORE, "must not be blank"));
    }
    let score = row.score(COLUMN)?;
    let on_scale = row.known.assignment(line_item_id).is_some_and(|item| {
        let scale = item.result_value_min.value()..=item.result_value_max.value();
        scale.contains(&score.value())
    });
    let reason = "must be from the lowest to the highest score of its line item";
    if on_scale { Ok(score) } else { Err(Fault::new(COLUMN, code::SCORE_OUT_OF_RANGE, reason)) }
}

fn withdrawn(
    row: &Row<'_>,
    result_id: Id,
    line_item_id: Id,
    student_id: Id,
    importer: &Importer,
    withdrawn_at: Timestamp,
) -> Result<GradeWithdrawn, Fault> {
    let missing = || unknown("lineItemSourcedId", File::LineItems);
    let item = row.known.assignment(&line_item_id).ok_or_else(missing)?;
    let class = row.known.class(&item.class_id).ok_or_else(missing)?;
    Ok(GradeWithdrawn {
        result_id,
        line_item_id,
        student_id,
        class_id: item.class_id,
        school_id: class.school_id,
        category_id: Some(item.category_id),
        reason: None,
        withdrawn_by_id: importer.id.clone(),
        withdrawn_at,
    })
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
