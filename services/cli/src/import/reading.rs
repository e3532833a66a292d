//! Reading a bundle, twice: first all of it for what would make it no bundle, then row by row for what follows from it. Between the
//! two nothing is kept but ids.

use std::ops::ControlFlow;

use fabric::{EventId, TenantId};

use super::{
    bundle::Files,
    error::Refusal,
    fault::Fault,
    file::{File, Version},
    known::Known,
    manifest::{MANIFEST, Manifest},
    row::Row,
    rows::{self, Accepted, Importer, Memory, RowEvent},
    table::{Record, Table},
};

/// The name under which imports make the ids of their events.
pub const PRODUCER: &str = "import/oneroster";

/// What the first reading found.
pub struct Survey {
    /// What the manifest says.
    pub manifest: Manifest,
    /// The files that will be imported, in order, with their numbers of rows.
    pub files: Vec<(File, u64)>,
    /// Files of the bundle that are not imported.
    pub ignored: Vec<String>,
    known: Known,
}

/// What became of one row.
pub enum Outcome {
    /// It was accepted, with the event that follows from it, unless it only adds to those of another file.
    Accepted(Option<(EventId, RowEvent)>),
    /// It was rejected.
    Rejected(Fault),
}

/// One row that was read.
pub struct Item {
    /// The file.
    pub file: File,
    /// The line on which it starts, counted from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// Reads the whole bundle once. Whatever makes it no bundle is found here, before anything has been published.
pub fn survey(files: &mut dyn Files) -> Result<Survey, Refusal> {
    let manifest = Manifest::read(files.read(MANIFEST)?)?;
    if let Some(missing) = manifest.bulk.iter().find(|file| !files.has(file)) {
        return Err(Refusal::missing(missing));
    }
    let is_bulk = |file: File| manifest.bulk.iter().any(|name| name == file.name());
    if manifest.version == Version::V1p2 && is_bulk(File::Users) && !is_bulk(File::Roles) {
        let needed_by = "users.csv of OneRoster 1.2 needs it";
        return Err(Refusal::MissingFile { file: File::Roles.name().to_owned(), needed_by });
    }
    let of_version = |file: File| file != File::Roles || manifest.version == Version::V1p2;
    let imported: Vec<File> = File::ALL.into_iter().filter(|file| is_bulk(*file) && of_version(*file)).collect();
    let is_imported = |name: &str| imported.iter().any(|file| file.name() == name);
    let unlisted = File::ALL.iter().map(|file| file.name()).filter(|name| files.has(name));
    let mut ignored: Vec<String> =
        manifest.bulk.iter().map(String::as_str).chain(unlisted).map(str::to_owned).collect();
    ignored.retain(|name| !is_imported(name));
    ignored.sort_unstable();
    ignored.dedup();

    let mut known = Known::default();
    let mut counted = Vec::with_capacity(imported.len());
    for file in imported {
        let mut table = Table::open(file.name(), files.read(file.name())?, file.required(manifest.version))?;
        let mut rows = 0;
        while let Some(record) = table.next_record()? {
            rows += 1;
            if let Some(id) = record.cell("sourcedId").filter(|_| file.refers_to_itself()) {
                known.expect(file, id);
            }
        }
        counted.push((file, rows));
    }
    Ok(Survey { manifest, files: counted, ignored, known })
}

/// Reads row by row, and hands each one on, until the taker has enough.
///
/// Fails when the bundle has changed since it was surveyed, or can no longer be read.
pub fn read_rows(
    files: &mut dyn Files,
    survey: Survey,
    tenant: &TenantId,
    importer: &Importer,
    take: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<(), Refusal> {
    let Survey { manifest: Manifest { version, .. }, files: to_read, mut known, .. } = survey;
    for (file, _) in to_read {
        let mut table = Table::open(file.name(), files.read(file.name())?, file.required(version))?;
        while let Some(record) = table.next_record()? {
            if let Some(id) = record.cell("sourcedId").filter(|_| file.refers_to_itself()) {
                known.has_come(file, id);
            }
            let read = rows::read(&Row { file, version, record, known: &known }, importer);
            let outcome = match read {
                Err(fault) => Outcome::Rejected(fault),
                Ok(accepted) => {
                    let event = remember(&mut known, file, accepted);
                    Outcome::Accepted(event.map(|event| (event_id(tenant, file, &event, &record), event)))
                }
            };
            if take(Item { file, line: record.line, outcome }).is_break() {
                return Ok(());
            }
        }
        known.end_of(file);
    }
    Ok(())
}

fn remember(known: &mut Known, file: File, Accepted { id, event, memory }: Accepted) -> Option<RowEvent> {
    known.accept(file, id.as_str());
    match memory {
        Memory::Nothing => {}
        Memory::Class(facts) => known.add_class(&id, facts),
        Memory::LineItem(facts) => known.add_line_item(&id, facts),
        Memory::Role { user_id, org_id, held } => known.add_role(&user_id, &org_id, held),
    }
    event
}

/// The same row of the same file gives the same event for the same tenant, however often it is imported. A row that says something
/// else gives another one, also where the source forgot to say that it changed.
fn event_id(tenant: &TenantId, file: File, event: &RowEvent, record: &Record<'_>) -> EventId {
    let mut name = format!("{tenant}\n{}\n{}", file.name(), event.payload.topic());
    for (column, text) in record.pairs().filter(|(_, text)| !text.is_empty()) {
        name.extend(["\n", column, "=", text]);
    }
    EventId::of_producer(PRODUCER, &name)
}
