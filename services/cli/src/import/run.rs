//! One import from its start to its end.

use std::{future::poll_fn, sync::Arc, task::Poll};

use fabric::{Event, EventId, Published, config::ImportSection, core::name::CorrelationId};
use fabric_catalog::{
    rostering::{ImportCompleted, ImportMode, ImportRecordRejected, ImportStarted, ImportedFile},
    values::Id,
};
use jiff::Timestamp;
use tokio::{
    sync::mpsc,
    task::{JoinError, spawn_blocking},
};

use super::{
    bundle::{self, Files, Source},
    error::{ImportError, Refusal},
    fault::Fault,
    file::File,
    outbound::{Outbound, Parcel, Sent, Target},
    reading::{self, Item, Outcome, PRODUCER, Survey},
    rejects::{Rejects, RejectsSink},
    report::{Progress, Report, Tally},
    rows::{Importer, RowEvent},
};

/// How many rows go by between two reports of progress.
const PROGRESS_ROWS: u64 = 500;
