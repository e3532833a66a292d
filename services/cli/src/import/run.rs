//! One import from its start to its end.

use std::{ops::ControlFlow, panic, sync::Arc};

use fabric::{Clock, Event, EventId, Published, config::ImportSection, core::name::CorrelationId};
use fabric_catalog::{
    rostering::{ImportCompleted, ImportMode, ImportRecordRejected, ImportStarted, ImportedFile},
    values::Id,
};
use tokio::{sync::mpsc, task::spawn_blocking};

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

/// Imports a OneRoster bundle: reads it, publishes one event for each accepted row, and writes down the rejected ones.
///
/// Nothing is published before the whole bundle has been read once, so what is refused leaves no trace. `progress` is called every
/// few hundred rows; it should return at once. Dropping the future stops the import; what was published stays published.
///
/// # Errors
/// See [`ImportError`]. Rows that break the standard are no error: they are in the report.
pub async fn oneroster(
    source: Source,
    target: &Target,
    limits: &ImportSection,
    rejects: RejectsSink,
    progress: impl Fn(&Progress) + Send + Sync,
) -> Result<Report, ImportError> {
    let clock = target.academic.clock();
    let started = clock.elapsed();
    let limits_of_zip = limits.clone();
    let (files, survey) = blocking(move || -> Result<_, Refusal> {
        let mut files = bundle::open(&source, &limits_of_zip)?;
        let survey = reading::survey(files.as_mut())?;
        Ok((files, survey))
    })
    .await?;
    let importer = Importer { id: id_of(target.identity.actor.id.as_str())?, now: clock.now() };
    let rejects = Rejects::open(rejects, limits.rejects_max)?;
    let mut run = Run::new(target, limits, &importer, &survey, rejects)?;
    let ignored = survey.ignored.clone();
    run.start(&survey, &importer).await?;
    run.rows(files, survey, importer, &progress).await?;
    let elapsed_ms = u64::try_from(clock.elapsed().saturating_sub(started).as_millis()).unwrap_or(u64::MAX);
    run.complete(clock, elapsed_ms).await?;
    run.rejects.finish()?;
    Ok(run.tally.into_report(run.import_id.as_str().to_owned(), ignored, elapsed_ms))
}

/// An import under way.
struct Run<'t> {
    import_id: Id,
    target: &'t Target,
    outbound: Outbound<'t>,
    tally: Tally,
    rejects: Rejects,
    rows_total: u64,
    rows_waiting_max: usize,
}

impl<'t> Run<'t> {
    fn new(
        target: &'t Target,
        limits: &ImportSection,
        importer: &Importer,
        survey: &Survey,
        rejects: Rejects,
    ) -> Result<Self, ImportError> {
        let name = format!("{}\n{}\n{}", target.identity.tenant, importer.id, importer.now);
        let import_id = id_of(&EventId::of_producer(PRODUCER, &name).to_string())?;
        let correlation = CorrelationId::try_new(import_id.as_str())
            .map_err(|error| ImportError::Unnamed { reason: error.to_string() })?;
        Ok(Self {
            import_id,
            target,
            outbound: Outbound::new(target, correlation, limits.concurrency),
            tally: Tally::of(&survey.files),
            rejects,
            rows_total: survey.files.iter().map(|(_, rows)| rows).sum(),
            rows_waiting_max: limits.concurrency.max(1),
        })
    }

    async fn start(&mut self, survey: &Survey, importer: &Importer) -> Result<(), ImportError> {
        let source_system = survey.manifest.source_system.clone().filter(|name| name.chars().count() <= 255);
        let event = ImportStarted {
            import_id: self.import_id.clone(),
            format: survey.manifest.version.into(),
            mode: ImportMode::Bulk,
            source_system,
            files: survey.files.iter().map(|(file, _)| file.name().to_owned()).collect(),
            started_at: importer.now,
        };
        self.own_event("started", event);
        self.settle_all().await
    }

    async fn complete(&mut self, clock: Clock, duration_ms: u64) -> Result<(), ImportError> {
        let files = self.tally.files().iter().map(|report| ImportedFile {
            file: report.file.clone(),
            accepted_records: report.accepted,
            rejected_records: report.rejected,
        });
        let event = ImportCompleted {
            import_id: self.import_id.clone(),
            accepted_records: self.tally.accepted(),
            rejected_records: self.tally.rejected(),
            published_events: self.tally.published_of_rows,
            duration_ms,
            files: files.collect(),
            completed_at: clock.now(),
        };
        self.own_event("completed", event);
        self.settle_all().await
    }

    /// Reads the rows on a thread of their own, and publishes what follows from them. Few rows wait between the two.
    async fn rows(
        &mut self,
        mut files: Box<dyn Files>,
        survey: Survey,
        importer: Importer,
        progress: &(impl Fn(&Progress) + Sync),
    ) -> Result<(), ImportError> {
        let (sender, mut items) = mpsc::channel(self.rows_waiting_max);
        let tenant = self.target.identity.tenant.clone();
        let reader = blocking(move || {
            let mut take = |item| match sender.blocking_send(item) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            reading::read_rows(files.as_mut(), survey, &tenant, &importer, &mut take)
        });
        let publish = async {
            let mut is_open = true;
            loop {
                self.outbound.resend(self.tally.published).await?;
                tokio::select! {
                    biased;
                    item = items.recv(), if is_open && self.outbound.has_room() => match item {
                        Some(item) => self.take(item, progress)?,
                        None => is_open = false,
                    },
                    Some(sent) = self.outbound.settle(), if self.outbound.is_busy() => self.count(sent)?,
                    else => {}
                }
                if !is_open && self.outbound.is_idle() {
                    return Ok::<(), ImportError>(());
                }
            }
        };
        let ((), read) = tokio::try_join!(publish, async { Ok(reader.await) })?;
        read.map_err(|reason| ImportError::Lost { published: self.tally.published, reason })
    }

    fn take(&mut self, Item { file, line, outcome }: Item, progress: &impl Fn(&Progress)) -> Result<(), ImportError> {
        match outcome {
            Outcome::Rejected(fault) => self.reject(file, line, &fault)?,
            Outcome::Accepted(event) => {
                self.tally.accept(file);
                if let Some((id, event)) = event {
                    self.outbound.start(Parcel { row: Some((file, line)), id, event });
                }
            }
        }
        let rows_read = self.tally.rows();
        if rows_read.is_multiple_of(PROGRESS_ROWS) || rows_read == self.rows_total {
            progress(&self.tally.progress(file, self.rows_total));
        }
        Ok(())
    }

    fn reject(&mut self, file: File, line: u64, fault: &Fault) -> Result<(), ImportError> {
        self.tally.reject(file, &fault.code);
        if self.rejects.add(file, line, fault)? {
            let event = ImportRecordRejected {
                import_id: self.import_id.clone(),
                file: file.name().to_owned(),
                line,
                column: fault.column.as_deref().map(str::to_owned),
                code: fault.code.clone().into_owned(),
            };
            self.own_event(&format!("rejected\n{}\n{line}", file.name()), event);
        }
        Ok(())
    }

    fn count(&mut self, sent: Sent) -> Result<(), ImportError> {
        match sent {
            Sent::Confirmed(parcel, published) => {
                self.tally.published += 1;
                self.tally.published_of_rows += u64::from(parcel.row.is_some());
                self.tally.unrouted += u64::from(matches!(published, Published::Unrouted(_)));
                Ok(())
            }
            Sent::Rejected(parcel, rejected) => {
                let of_row =
                    parcel.row.and_then(|(file, line)| Some((file, line, Fault::of_rejected(file, &rejected)?)));
                let Some((file, line, fault)) = of_row else { return Err(ImportError::NotAllowed(rejected)) };
                self.tally.take_back(file);
                self.reject(file, line, &fault)
            }
            Sent::Unconfirmed => Ok(()),
        }
    }

    /// Starts to publish an event about the import itself.
    fn own_event<E: Event>(&mut self, what: &str, event: E) {
        let id = EventId::of_producer(PRODUCER, &format!("{}\n{what}", self.import_id));
        let event = RowEvent { owner: E::OWNER, payload: Arc::new(event) };
        self.outbound.start(Parcel { row: None, id, event });
    }

    async fn settle_all(&mut self) -> Result<(), ImportError> {
        while !self.outbound.is_idle() {
            self.outbound.resend(self.tally.published).await?;
            if let Some(sent) = self.outbound.settle().await {
                self.count(sent)?;
            }
        }
        Ok(())
    }
}

fn id_of(text: &str) -> Result<Id, ImportError> {
    Id::try_new(text).map_err(|error| ImportError::Unnamed { reason: error.to_string() })
}

/// Does blocking work on a thread for such work. A panic there goes on here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down: whoever waits here will not wait much longer.
        Err(_) => std::future::pending().await,
    }
}
