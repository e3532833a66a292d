//! The fields of a payload in words, from its JSON Schema.

use serde::Serialize;
use serde_json::Value;

/// A field as people read it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Field {
    /// Its place on the wire, such as `grades[].score`.
    pub name: String,
    /// Its type in words.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it may hold, in words; empty where its type says it all.
    pub bounds: String,
    /// Whether it must be there, in what it is a part of.
    pub required: bool,
    /// Whether it says something about a person.
    pub personal: bool,
    /// What it means.
    pub doc: String,
}

/// The fields of a payload, objects before what is in them.
pub fn of_schema(schema: &Value) -> Vec<Field> {
    let fields = fabric_catalog::field_paths(schema);
    let required = |name: &str| {
        let (parent, own) = name.rsplit_once('.').unwrap_or(("", name));
        let parent = if parent.is_empty() { Some(schema.clone()) } else { schema_at(schema, &fields, parent) };
        parent.is_some_and(|parent| parent["required"].as_array().is_some_and(|all| all.iter().any(|one| one == own)))
    };
    fields
        .iter()
        .map(|(name, field)| Field {
            name: name.clone(),
            kind: kind(schema, field),
            bounds: bounds(schema, field).join(", "),
            required: required(name),
            personal: field["x-personal"] == true,
            doc: field["description"].as_str().unwrap_or_default().to_owned(),
        })
        .collect()
}

/// The schema of what stands at a path, which may be an item of a list or of a map.
fn schema_at(root: &Value, fields: &[(String, Value)], path: &str) -> Option<Value> {
    if let Some((_, field)) = fields.iter().find(|(known, _)| known == path) {
        return Some(field.clone());
    }
    let (holder, part) = [("[]", "items"), ("{}", "additionalProperties")]
        .into_iter()
        .find_map(|(suffix, part)| Some((path.strip_suffix(suffix)?, part)))?;
    Some(target(root, &schema_at(root, fields, holder)?[part]).clone())
}

/// What a schema refers to, past the alternative of nothing; itself, if it refers to nothing.
fn target<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let something = schema["anyOf"].as_array().and_then(|some| some.iter().find(|one| one["type"] != "null"));
    let schema = something.unwrap_or(schema);
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// Patterns with a meaning that a word can say: `(pattern, type)`.
const FORMS: &[(&str, &str)] = &[
    (r"^[^\s\p{Cc}]+$", "text without spaces"),
    (r"^[^\p{Cc}]*[^\s\p{Cc}][^\p{Cc}]*$", "text on one line"),
    (r"^[\t\n\r\P{Cc}]*[^\s\p{Cc}][\t\n\r\P{Cc}]*$", "text"),
    (r"^[^@\s]+@[^@\s]+$", "e-mail address"),
    (r"^https://[^\s\p{Cc}]+$", "address"),
];

fn form(schema: &Value) -> Option<&'static str> {
    let pattern = schema["pattern"].as_str()?;
    let form = FORMS.iter().find(|(known, _)| *known == pattern).map(|(_, word)| *word)?;
    // Ids are the only ones of this form that may be so long.
    let is_id = form == "text without spaces" && schema["maxLength"] == ID_CHARS_MAX;
    Some(if is_id { "id" } else { form })
}

/// How long an id may be.
const ID_CHARS_MAX: u64 = 255;

/// The type in words.
fn kind(root: &Value, schema: &Value) -> String {
    let schema = target(root, schema);
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return if words.len() == 1 {
            format!("always {}", words.join(""))
        } else {
            format!("one of {}", words.join(", "))
        };
    }
    if types_of(schema).len() > 1 {
        return "value of any kind".to_owned();
    }
    match type_of(schema) {
        "string" => match (schema["format"].as_str(), form(schema)) {
            (Some("date-time"), _) => "time",
            (Some("date"), _) => "day",
            (Some("partial-time"), _) => "time of day",
            (_, Some(form)) => form,
            _ => "text",
        }
        .to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "yes or no".to_owned(),
        "array" => format!("list of {}", kind(root, &schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("by name, {}", kind(root, &schema["additionalProperties"]))
        }
        "object" => "object".to_owned(),
        "" => "anything".to_owned(),
        other => other.to_owned(),
    }
}

/// The types of a schema, without that of nothing.
fn types_of(schema: &Value) -> Vec<&str> {
    let types = schema["type"].as_array().map_or(std::slice::from_ref(&schema["type"]), Vec::as_slice);
    types.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect()
}

/// The type of a schema that may allow nothing besides.
fn type_of(schema: &Value) -> &str {
    types_of(schema).first().copied().unwrap_or_default()
}

/// What a value may be, each bound on its own; of a list, its length and what each item may be.
fn bounds(root: &Value, schema: &Value) -> Vec<String> {
    let schema = target(root, schema);
    let numbers = match (&schema["minimum"], &schema["exclusiveMinimum"], &schema["maximum"]) {
        (Value::Null, Value::Null, Value::Null) => None,
        (least, Value::Null, Value::Null) => Some(format!("at least {}", plain(least))),
        (Value::Null, Value::Null, most) => Some(format!("at most {}", plain(most))),
        (least, Value::Null, most) => Some(format!("{} to {}", plain(least), plain(most))),
        (_, above, Value::Null) => Some(format!("above {}", plain(above))),
        (_, above, most) => Some(format!("above {}, at most {}", plain(above), plain(most))),
    };
    let length = |least: &str, most: &str, what: &str| match (&schema[least], &schema[most]) {
        (Value::Null, Value::Null) => None,
        (least, Value::Null) => Some(format!("at least {least} {what}")),
        (Value::Null, most) => Some(format!("at most {most} {what}")),
        (least, most) => Some(format!("{least} to {most} {what}")),
    };
    let pattern = schema["pattern"].as_str().filter(|_| form(schema).is_none());
    let of_items = match type_of(schema) {
        "array" => bounds(root, &schema["items"]),
        _ => Vec::new(),
    };
    [
        numbers,
        length("minLength", "maxLength", "characters"),
        length("minItems", "maxItems", "items"),
        length("minProperties", "maxProperties", "entries"),
        pattern.map(|pattern| format!("like {pattern}")),
    ]
    .into_iter()
    .flatten()
    .chain(of_items.into_iter().map(|bound| format!("each {bound}")))
    .collect()
}

/// A number without a fraction that is none: `100.0` as `100`.
fn plain(number: &Value) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_told_in_words() {
        let schema = json!({
            "type": "object",
            "required": ["id", "grades"],
            "properties": {
                "id": { "$ref": "#/$defs/Id", "description": "Whose.\n\nMore." },
                "grades": { "type": "array", "minItems": 1, "maxItems": 9, "items": { "$ref": "#/$defs/Grade" } },
                "note": { "type": ["string", "null"], "maxLength": 500, "x-personal": true },
                "status": { "type": "string", "enum": ["open", "closed"] },
                "kind": { "type": "string", "enum": ["grade"] },
                "at": { "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "null" }] },
                "levels": { "type": "array", "items": { "type": "string", "pattern": "^[A-Z]$" } },
                "values": { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } },
                "given": { "type": "object", "maxProperties": 50, "additionalProperties": { "type": ["string", "number", "null"] } },
            },
            "$defs": {
                "Id": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\s\p{Cc}]+$" },
                "Grade": {
                    "type": "object",
                    "required": ["score"],
                    "properties": {
                        "score": { "type": "number", "minimum": -0.5, "maximum": 100.0, "x-personal": true },
                        "most": { "type": "number", "exclusiveMinimum": 0 },
                    },
                },
            },
        });
        let told: Vec<String> = of_schema(&schema)
            .into_iter()
            .map(|field| {
                let marks = [(field.required, " required"), (field.personal, " personal")];
                let marks: String = marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect();
                format!("{}: {} [{}]{marks}", field.name, field.kind, field.bounds)
            })
            .collect();
        assert_eq!(
            told,
            [
                "id: id [1 to 255 characters] required",
                "grades: list of object [1 to 9 items] required",
                "grades[].score: number [-0.5 to 100] required personal",
                "grades[].most: number [above 0]",
                "at: time []",
                "given: by name, value of any kind [at most 50 entries]",
                "kind: always grade []",
                "levels: list of text [each like ^[A-Z]$]",
                "note: text [at most 500 characters] personal",
                "status: one of open, closed []",
                "values: by name, whole number []",
            ]
        );
    }

    #[test]
    fn every_field_of_the_catalogue_has_a_type_and_a_meaning() {
        for event in fabric_catalog::all() {
            for field in of_schema(&fabric_catalog::schema(event.topic).unwrap()) {
                let (topic, name) = (event.topic, &field.name);
                assert!(!field.kind.contains("anything"), "{topic} {name} has no type");
                // What a shared value consists of may be told by the value.
                assert!(!field.doc.is_empty() || name.contains(['.', ']', '}']), "{topic} {name} has no meaning");
            }
        }
    }
}
