//! The manifest: which version of the standard a bundle follows, and which files are in it.

use std::{collections::BTreeMap, io::Read};

use super::{error::Refusal, file::Version, table::Table};

/// The file's name.
pub const MANIFEST: &str = "manifest.csv";

/// The most properties of a manifest. The standard knows 25.
const PROPERTIES_MAX: usize = 1_000;

/// What a manifest says.
#[derive(Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The version of the standard.
    pub version: Version,
    /// The system that wrote the bundle.
    pub source_system: Option<String>,
    /// The files that say all there is, by name.
    pub bulk: Vec<String>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn read(input: impl Read) -> Result<Self, Refusal> {
        let mut properties = BTreeMap::new();
        let mut table = Table::open(MANIFEST, input, &["propertyName", "value"])?;
        while let Some(row) = table.next_record()? {
            if properties.len() == PROPERTIES_MAX {
                return Err(invalid("manifest.version", "the manifest has too many properties"));
            }
            if let (Some(name), Some(value)) = (row.cell("propertyName"), row.cell("value")) {
                properties.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Self::of(&properties)
    }

    fn of(properties: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        match properties.get("manifest.version").map(String::as_str) {
            Some("1.0") => {}
            Some(_) => return Err(invalid("manifest.version", "must be 1.0")),
            None => return Err(invalid("manifest.version", "missing")),
        }
        let version = match properties.get("oneroster.version").map(String::as_str) {
            Some("1.1") => Version::V1p1,
            Some("1.2") => Version::V1p2,
            Some(_) => return Err(invalid("oneroster.version", "must be 1.1 or 1.2")),
            None => return Err(invalid("oneroster.version", "missing")),
        };
        let mut bulk = Vec::new();
        for (property, mode) in properties {
            let Some(name) = property.strip_prefix("file.") else { continue };
            let file = format!("{name}.csv");
            match mode.as_str() {
                "bulk" => bulk.push(file),
                "delta" => return Err(Refusal::Delta { file }),
                "absent" => {}
                _ => return Err(invalid(property, "must be bulk, delta or absent")),
            }
        }
        let source_system = properties.get("source.systemName").filter(|name| !name.is_empty()).cloned();
        Ok(Self { version, source_system, bulk })
    }
}

fn invalid(property: &str, reason: &'static str) -> Refusal {
    Refusal::Manifest { property: property.to_owned(), reason }
}
