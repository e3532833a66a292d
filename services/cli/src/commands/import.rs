//! `fabric import`: school data in, through a running `fabric up` or through services of its own.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use fabric::{
    Actor, TenantId,
    config::Config,
    host::Host,
    identity::Identity,
    runtime::{observer, ports::DepthError},
    telemetry,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    Outcome,
    args::{Common, Oneroster},
    exit::Failure,
    import::{self, ImportError, Progress, RejectsSink, Report, Source, Target},
    operator::{self, ImportRequest, Operator, Reach},
    output::{self, ImportProgress, Table, number},
    platform,
};

/// How long everything that an import set off may take to be handled, after the last event was published.
const HANDLED_DEADLINE: Duration = Duration::from_mins(10);
/// How long nothing may have happened for everything to count as handled.
const QUIET: Duration = Duration::from_millis(400);

/// One line of what a running `fabric up` says of an import.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportLine {
    /// How far it is.
    Progress(Progress),
    /// All rows are published; this many deliveries have been handled so far.
    Handling(u64),
    /// What came of it.
    Report(Imported),
    /// Why it was refused: nothing was published.
    Refused(String),
    /// Why it could not begin: nothing was published.
    Unreachable(String),
    /// Why it did not come to its end, while it is not known what became of the last events.
    Unknown(String),
    /// Why it did not come to its end.
    Stopped(String),
}

/// What came of an import, and of everything that it set off.
#[derive(Debug, Serialize, Deserialize)]
pub struct Imported {
    /// What came of the rows.
    #[serde(flatten)]
    pub report: Report,
    /// Deliveries that subscriptions handled meanwhile, in this process.
    pub handled: u64,
    /// Deliveries that were parked meanwhile.
    pub parked: u64,
    /// Published events per second, until the last one was confirmed.
    pub events_per_second: f64,
    /// Until everything was handled, in milliseconds.
    pub handled_ms: u64,
}

pub async fn run(common: &Common, arguments: Oneroster) -> Outcome {
    let config = platform::configuration(common)?;
    let rejects = arguments.rejects.unwrap_or_else(|| beside(&arguments.path));
    if let Ok(Reach::Running(client)) = operator::reach(common, &config) {
        let request = ImportRequest { path: absolute(&arguments.path)?, rejects: absolute(&rejects)? };
        let lines = client.lines::<ImportRequest, ImportLine>("/operator/import", &[], Some(&request)).await?;
        return conclude(common, &finished(lines).await?, &rejects);
    }
    telemetry::init_logging(&config.log).map_err(fabric::http::ServeError::from)?;
    let services = platform::services(&config, &[])?;
    let host = platform::visit(&config, &services).await?;
    let imported = match host.activity().missing() {
        None => import_here(&host, config, common.tenant.clone(), arguments.path, rejects.clone()).await,
        Some(missing) => Err(Failure::Drifted(missing)),
    };
    host.drain().await;
    conclude(common, &imported?, &rejects)
}

/// Imports a bundle into services that run only for that.
async fn import_here(
    host: &Host,
    config: Config,
    tenant: TenantId,
    path: PathBuf,
    rejects: PathBuf,
) -> Outcome<Imported> {
    let operator = Operator::of(host, &Arc::new(config))?;
    let (sender, receiver) = mpsc::channel(64);
    let request = ImportRequest { path, rejects };
    let work = tokio::spawn(async move { import_into(&operator, &tenant, request, sender).await });
    let imported = finished(receiver).await;
    work.await.map_err(|error| Failure::Other(error.to_string()))?;
    imported
}

/// Imports the sample into services that run in this process. Its three bad rows are bad on purpose.
pub async fn sample(common: &Common, operator: &Operator) -> Outcome {
    let (sender, receiver) = mpsc::channel(64);
    let (operator, tenant) = (operator.clone(), common.tenant.clone());
    let work = tokio::spawn(async move {
        import_source(&operator, &tenant, Source::sample(), RejectsSink::Discard, sender).await;
    });
    let imported = finished(receiver).await;
    work.await.map_err(|error| Failure::Other(error.to_string()))?;
    // `fabric up` has written a line already, so this is one more.
    output::show_line(common.json, &imported?, |imported| describe(imported, None))
}

/// Imports a bundle into services that run in this process, and says how far it is.
pub async fn import_into(
    operator: &Operator,
    tenant: &TenantId,
    request: ImportRequest,
    lines: mpsc::Sender<ImportLine>,
) {
    let source = Source::Path(request.path);
    import_source(operator, tenant, source, RejectsSink::File(request.rejects), lines).await;
}

async fn import_source(
    operator: &Operator,
    tenant: &TenantId,
    source: Source,
    rejects: RejectsSink,
    lines: mpsc::Sender<ImportLine>,
) {
    let line = match import_and_wait(operator, tenant, source, rejects, &lines).await {
        Ok(imported) => ImportLine::Report(imported),
        Err(Failure::Refused(reason)) => ImportLine::Refused(reason),
        Err(Failure::Unreachable(reason)) => ImportLine::Unreachable(reason),
        Err(Failure::Unknown(reason)) => ImportLine::Unknown(reason),
        Err(failure) => ImportLine::Stopped(failure.to_string()),
    };
    if lines.send(line).await.is_err() {
        tracing::info!("whoever asked for the import has gone; it was done all the same");
    }
}

async fn import_and_wait(
    operator: &Operator,
    tenant: &TenantId,
    source: Source,
    rejects: RejectsSink,
    lines: &mpsc::Sender<ImportLine>,
) -> Outcome<Imported> {
    let academic = operator.service("academic")?.clone();
    let user = operator.service("user")?.clone();
    let identity = Identity { tenant: tenant.clone(), actor: Actor::service(academic.service()) };
    let target = Target { academic, user, identity };
    let before = operator.activity.snapshot();
    let started = Instant::now();
    // A reader that lags misses a step of the progress, not the end.
    let progress = |progress: &Progress| drop(lines.try_send(ImportLine::Progress(progress.clone())));
    let report = import::oneroster(source, &target, &operator.config.import, rejects, progress)
        .await
        .map_err(|error| failure(&error))?;
    let published_in = started.elapsed();
    everything_is_handled(operator, lines, before.handled()).await?;
    let after = operator.activity.snapshot();
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown to people")]
    let events_per_second = report.published as f64 / published_in.as_secs_f64().max(0.001);
    Ok(Imported {
        report,
        handled: after.handled() - before.handled(),
        parked: after.parked() - before.parked(),
        events_per_second,
        handled_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Waits until no subscription has anything waiting and nothing has been settled for a moment. Events that wait for another attempt
/// are not waited for: they are counted as put off in `fabric health`.
async fn everything_is_handled(operator: &Operator, lines: &mpsc::Sender<ImportLine>, before: u64) -> Outcome {
    let watched: Vec<_> = operator.watched.to_vec();
    let mut settled = operator.activity.settled();
    let until = Instant::now() + HANDLED_DEADLINE;
    loop {
        settled.mark_unchanged();
        let is_quiet = tokio::time::timeout(QUIET, settled.changed()).await.is_err();
        let waits =
            observer::depths(operator.adapters.broker.as_ref(), &watched).await.map_err(|error| away(&error))?;
        if is_quiet && operator.activity.in_hand() == 0 && waits.iter().all(|depth| depth.pending == 0) {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(Failure::Other(format!(
                "not everything was handled within {} minutes",
                HANDLED_DEADLINE.as_secs() / 60
            )));
        }
        drop(lines.try_send(ImportLine::Handling(operator.activity.snapshot().handled() - before)));
        tokio::time::sleep(QUIET / 4).await;
    }
}

fn away(error: &DepthError) -> Failure {
    Failure::Unknown(error.to_string())
}

fn failure(error: &ImportError) -> Failure {
    let text = error.to_string();
    match error {
        ImportError::Refused(_) | ImportError::NotAllowed(_) | ImportError::Unnamed { .. } => Failure::Refused(text),
        ImportError::Interrupted { published: 0, .. } => Failure::Unreachable(text),
        ImportError::Interrupted { .. } => Failure::Unknown(text),
        ImportError::Rejects { .. } | ImportError::Lost { .. } => Failure::Other(text),
    }
}

/// Shows how far the import is, to its end.
async fn finished(mut lines: mpsc::Receiver<ImportLine>) -> Outcome<Imported> {
    let shown = ImportProgress::start();
    while let Some(line) = lines.recv().await {
        match line {
            ImportLine::Progress(progress) => shown.rows(&progress),
            ImportLine::Handling(handled) => shown.say(format!("published; {} deliveries handled", number(handled))),
            ImportLine::Refused(reason) => return Err(Failure::Refused(reason)),
            ImportLine::Unreachable(reason) => return Err(Failure::Unreachable(reason)),
            ImportLine::Unknown(reason) => return Err(Failure::Unknown(reason)),
            ImportLine::Stopped(reason) => return Err(Failure::Other(reason)),
            ImportLine::Report(imported) => {
                shown.finish();
                return Ok(imported);
            }
        }
    }
    Err(Failure::Unreachable("the fabric went away before the import came to its end".to_owned()))
}

/// Shows what came of an import.
fn conclude(common: &Common, imported: &Imported, rejects: &Path) -> Outcome {
    output::show(common.json, imported, |imported| describe(imported, Some(rejects)))?;
    match imported.report.rejected {
        0 => Ok(()),
        count => Err(Failure::SomeRejected(format!("{} rows were rejected", number(count)))),
    }
}

fn describe(imported: &Imported, rejects: Option<&Path>) -> String {
    let report = &imported.report;
    let mut table = Table::new(&["FILE", "ROWS", "ACCEPTED", "REJECTED"]);
    for file in &report.files {
        table.row([file.file.clone(), number(file.rows), number(file.accepted), number(file.rejected)]);
    }
    table.row([
        "all".to_owned(),
        number(report.accepted + report.rejected),
        number(report.accepted),
        number(report.rejected),
    ]);
    let mut text = format!("{table}\n");
    for (code, count) in &report.rejects {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  rejected as {code}: {}", number(*count));
    }
    if let (Some(rejects), true) = (rejects, report.rejected > 0) {
        let _ = writeln!(text, "  each with its line, column and reason in {}", rejects.display());
    }
    let _ = writeln!(
        text,
        "{} events published ({:.0}/s), {} of them wanted by nobody; {} deliveries handled, {} parked, in {:.1} s",
        number(report.published),
        imported.events_per_second,
        number(report.unrouted),
        number(imported.handled),
        number(imported.parked),
        Duration::from_millis(imported.handled_ms).as_secs_f64(),
    );
    if !report.ignored.is_empty() {
        let _ = writeln!(text, "not imported: {}", report.ignored.join(", "));
    }
    text
}

fn beside(bundle: &Path) -> PathBuf {
    let mut name = bundle.file_stem().unwrap_or_default().to_os_string();
    name.push(".rejects.csv");
    bundle.with_file_name(name)
}

fn absolute(path: &Path) -> Outcome<PathBuf> {
    std::path::absolute(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
