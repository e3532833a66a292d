//! A category is set up, or its weight is changed.

use fabric_catalog::{
    gradebook::CategoryWeightChanged,
    values::{Id, Weight},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Known, Rejection, checked, open_class};

/// Sets up a category, or changes its weight.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SetCategory {
    /// The category.
    pub category_id: Id,
    /// Its title.
    pub title: String,
    /// The class in which it counts; every class if none is named.
    pub class_id: Option<Id>,
    /// With which weight it counts; like a category of 100 % if none is given.
    pub weight_percent: Option<Weight>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the category is set. The class, if one is named, must still be taught.
pub fn decide(known: &impl Known, command: SetCategory) -> Result<CategoryWeightChanged, Rejection> {
    if let Some(class_id) = &command.class_id {
        open_class(known, class_id, "classId")?;
    }
    checked(CategoryWeightChanged {
        previous_weight_percent: known.weight(command.class_id.as_ref(), &command.category_id),
        category_id: command.category_id,
        title: command.title,
        class_id: command.class_id,
        weight_percent: command.weight_percent,
        source_modified_at: command.source_modified_at,
    })
}
