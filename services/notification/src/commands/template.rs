//! What notices say.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fabric::http::Problem;
use fabric_catalog::{
    notification::{Channel, TemplateCreated, TemplateUpdated},
    values::{Id, Language},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::model::{LANGUAGE, Model, Text};

/// Writes a template, or a new revision of it.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateTemplate {
    /// The language that it is written in; English, if that is not said.
    pub language: Option<Language>,
    /// The first line, for channels that have one.
    #[garde(length(chars, min = 1, max = 255))]
    pub title: String,
    /// The text, with `{variable}` where something is filled in.
    #[garde(length(chars, min = 1, max = 20_000))]
    pub body: String,
}

/// What writing a template comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateWritten {
    /// It was not there in this language.
    Created(TemplateCreated),
    /// It was.
    Updated(TemplateUpdated),
}

/// Why a template is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRejection {
    /// What cannot be a template's name.
    #[error("the name of a template has 1 to 64 characters a-z, 0-9 and _, and begins with a letter")]
    Name,
    /// A brace where none belongs.
    #[error("title, body: a brace does not enclose a variable's name: letters, digits and _")]
    Malformed,
    /// More than anybody fills in.
    #[error("title, body: there are more than 50 variables, or one with more than 64 characters")]
    Variables,
}

impl From<TemplateRejection> for Problem {
    fn from(rejection: TemplateRejection) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", rejection.to_string())
    }
}

/// Decides a new revision of a template.
pub fn update_template(
    model: &Model,
    name: &str,
    command: UpdateTemplate,
    now: Timestamp,
) -> Result<TemplateWritten, TemplateRejection> {
    let language = match command.language {
        Some(language) => language,
        None => Language::try_new(LANGUAGE).map_err(|_| TemplateRejection::Name)?,
    };
    let template_id = Id::try_new(format!("{name}.{language}")).map_err(|_| TemplateRejection::Name)?;
    let is_name = name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_name {
        return Err(TemplateRejection::Name);
    }
    let text = Text { subject: command.title, body: command.body };
    let variables: Vec<String> = text.variables().map_err(|_| TemplateRejection::Malformed)?.into_iter().collect();
    if variables.len() > 50 || variables.iter().any(|name| name.len() > 64) {
        return Err(TemplateRejection::Variables);
    }
    let (template, channels) = (name.to_owned(), BTreeSet::from([Channel::Email, Channel::InApp]));
    let Text { subject, body } = text;
    let title = Some(subject);
    let changed_at = now;
    Ok(match model.templates.revision(name, &language) {
        None => {
            let revision = 1;
            TemplateWritten::Created(TemplateCreated {
                template_id,
                template,
                revision,
                language,
                channels,
                title,
                body,
                variables,
                changed_at,
            })
        }
        Some(before) => {
            let revision = before + 1;
            TemplateWritten::Updated(TemplateUpdated {
                template_id,
                template,
                revision,
                language,
                channels,
                title,
                body,
                variables,
                changed_at,
            })
        }
    })
}
