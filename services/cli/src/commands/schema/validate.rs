//! `fabric schema validate`: a payload against the kept schema alone, as a producer without our types would check it.

use std::{collections::BTreeSet, io::Read, path::Path};

use fabric::{
    Topic,
    core::{codec::schema_uri, limits::BODY_BYTES_MAX, validate::read_json},
};
use jsonschema::{Draft, ValidationError, error::ValidationErrorKind, paths::LocationSegment};
use serde::Serialize;
use serde_json::Value;

use super::{args::Validate, folder};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    output::{self, Table},
};

/// What was found. It says where and what was wanted, and never what stands there.
#[derive(Serialize)]
struct Verdict {
    topic: String,
    version: u16,
    valid: bool,
    violations: Vec<Violation>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub path: String,
    pub wanted: String,
}

pub fn run(common: &Common, arguments: &Validate) -> Outcome {
    let topic = &arguments.topic;
    let given = input(&arguments.file)?;
    let (payload, said) = if given.get("specversion").is_some() { of_cloudevent(topic, given)? } else { (given, None) };
    let version = match (arguments.version, said) {
        (Some(wanted), Some(said)) if wanted != said => {
            return Err(Failure::Refused(format!("its dataschema says version {said}, not {wanted}")));
        }
        (wanted, said) => wanted.or(said).map_or_else(|| newest(arguments), Ok)?,
    };
    let schema = folder::read(&folder::path(&arguments.folder.dir, topic.as_str(), version))?;
    let violations = violations(&schema, &payload)?;
    let verdict = Verdict { topic: topic.to_string(), version, valid: violations.is_empty(), violations };
    output::show(common.json, &verdict, text)?;
    match verdict.violations.len() {
        0 => Ok(()),
        count => Err(Failure::Refused(format!("{topic} version {version}: {count} rules are broken"))),
    }
}

fn text(verdict: &Verdict) -> String {
    if verdict.valid {
        return format!("valid by {} version {}", verdict.topic, verdict.version);
    }
    let mut table = Table::new(&["PATH", "WANTED"]);
    for violation in &verdict.violations {
        table.row([&violation.path, &violation.wanted]);
    }
    table.to_string()
}

fn input(file: &Path) -> Outcome<Value> {
    let cannot = |error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    let reader: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).map_err(cannot)?)
    };
    let mut json = Vec::new();
    reader.take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut json).map_err(cannot)?;
    if json.len() > BODY_BYTES_MAX {
        return Err(Failure::Refused(format!("it is larger than {BODY_BYTES_MAX} bytes")));
    }
    read_json(&json).map_err(Failure::Refused)
}

/// The payload of a structured `CloudEvent`, and the version that its `dataschema` says.
fn of_cloudevent(topic: &Topic, mut event: Value) -> Outcome<(Value, Option<u16>)> {
    let refused = |said: &str| Failure::Refused(said.to_owned());
    if event["type"] != topic.as_str() {
        return Err(refused("the CloudEvent's type is another topic"));
    }
    // Without a schema, a payload has version 1: that is how it is read from the wire.
    let version = match event.get("dataschema") {
        None => 1,
        Some(schema) => {
            let version = schema.as_str().and_then(|schema| schema.rsplit_once(':')?.1.parse::<u16>().ok());
            let is_ours = |version: &u16| *schema == schema_uri(topic, *version);
            version.filter(is_ours).ok_or_else(|| refused("the CloudEvent's dataschema is not one of the topic"))?
        }
    };
    let data = event.get_mut("data").map(Value::take).ok_or_else(|| refused("the CloudEvent has no data"))?;
    Ok((data, Some(version)))
}

fn newest(arguments: &Validate) -> Outcome<u16> {
    let files = folder::list(&arguments.folder.dir)?;
    let versions = files.iter().filter_map(|file| file.event.as_ref()).filter(|(topic, _)| *topic == arguments.topic);
    versions.map(|(_, version)| *version).max().ok_or_else(|| {
        Failure::Refused(format!("{} has no schema of {}", arguments.folder.dir.display(), arguments.topic))
    })
}

/// The rules of a schema that a payload breaks.
pub fn violations(schema: &Value, payload: &Value) -> Outcome<Vec<Violation>> {
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    let validator = options.build(schema).map_err(|error| Failure::Refused(format!("no schema: {error}")))?;
    let (mut names, mut found) = (BTreeSet::new(), BTreeSet::new());
    names_in(schema, &mut names);
    for error in validator.iter_errors(payload) {
        collect(schema, &names, &error, &mut found);
    }
    Ok(found.into_iter().collect())
}

/// Of alternatives, what is wrong with each is said, but for the one that is nothing at all.
fn collect(schema: &Value, names: &BTreeSet<&str>, error: &ValidationError<'_>, found: &mut BTreeSet<Violation>) {
    if let ValidationErrorKind::AnyOf { context } = error.kind() {
        let is_null = |error: &&ValidationError<'_>| rule(schema, error).is_none_or(|rule| rule != "null");
        let inner: Vec<_> = context.iter().flatten().filter(is_null).collect();
        if !inner.is_empty() {
            return inner.into_iter().for_each(|error| collect(schema, names, error, found));
        }
    }
    found.insert(Violation { path: path(names, error), wanted: wanted(rule(schema, error), error) });
}

/// What the broken rule says in the schema.
fn rule<'a>(schema: &'a Value, error: &ValidationError<'_>) -> Option<&'a Value> {
    schema.pointer(error.schema_path().as_str())
}

/// The way to the value, in names that the schema knows: the keys of a map could be data.
fn path(names: &BTreeSet<&str>, error: &ValidationError<'_>) -> String {
    let step = |segment: LocationSegment<'_>| match segment {
        LocationSegment::Index(index) => format!("[{index}]"),
        LocationSegment::Property(name) if names.contains(name.as_ref()) => format!(".{name}"),
        LocationSegment::Property(_) => "{}".to_owned(),
    };
    let path: String = error.instance_path().segments().map(step).collect();
    let path = path.strip_prefix('.').unwrap_or(&path);
    if path.is_empty() { "payload".to_owned() } else { path.to_owned() }
}

fn names_in<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(parts) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            names.extend(properties.into_iter().flatten().map(|(name, _)| name.as_str()));
            parts.values().for_each(|part| names_in(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| names_in(part, names)),
        _ => {}
    }
}

fn wanted(rule: Option<&Value>, error: &ValidationError<'_>) -> String {
    let limit = rule.map(|rule| rule.as_str().map_or_else(|| rule.to_string(), str::to_owned)).unwrap_or_default();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("the field {} must be there", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::Type { .. } => format!("the type {limit}"),
        ValidationErrorKind::Enum { .. } => format!("one of {limit}"),
        ValidationErrorKind::Constant { .. } => format!("the value {limit}"),
        ValidationErrorKind::Pattern { .. } => format!("a text of the form {limit}"),
        ValidationErrorKind::Format { .. } => format!("a text of the format {limit}"),
        ValidationErrorKind::Minimum { .. } => format!("at least {limit}"),
        ValidationErrorKind::Maximum { .. } => format!("at most {limit}"),
        ValidationErrorKind::MinLength { .. } => format!("at least {limit} characters"),
        ValidationErrorKind::MaxLength { .. } => format!("at most {limit} characters"),
        ValidationErrorKind::MinItems { .. } => format!("at least {limit} items"),
        ValidationErrorKind::MaxItems { .. } => format!("at most {limit} items"),
        ValidationErrorKind::AdditionalProperties { .. } => "no other fields".to_owned(),
        other => format!("what the schema's `{}` says", other.keyword()),
    }
}
