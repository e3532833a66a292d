//! Logs and metrics of a process: both are set up once, and setting them up again is harmless.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use fabric_runtime::metric::{self, Kind};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSection};

/// The content type of [`MetricsHandle::render`].
pub const METRICS_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the buckets of every histogram whose name ends in `_seconds`: half a millisecond to half a minute.
pub const SECONDS_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The upper bounds of the buckets of every other histogram, such as of counts and bytes: powers of four. Without buckets the
/// exporter would write summaries, which cannot be added up over instances.
pub const OTHER_BUCKETS: &[f64] =
    &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0];

/// Between two scrapes the exporter keeps every single measurement; this often it folds them into buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Why logging was not set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not one. It cannot be so for a section as it was loaded.
    #[error("log.filter is not a filter")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
}

/// Why metrics were not set up: somebody else's recorder is there already.
#[derive(Debug, thiserror::Error)]
#[error("the recorder of metrics could not be installed")]
pub struct MetricsError(#[source] BuildError);

/// Renders what the process has counted. Cheap to clone.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

/// Starts to log to standard error, as text (in colours only on a terminal, and not with `NO_COLOR`) or as JSON, one object a
/// line. Where somebody is logging already, everything stays as it is.
pub fn init_logging(log: &LogSection) -> Result<(), LoggingError> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&log.filter)?).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.with_ansi(wants_colours()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if started.is_ok() {
        log_panics();
    }
    if started.is_err() {
        tracing::debug!("logging was set up before, and stays as it is");
    }
    Ok(())
}

/// Starts to count, with the fabric's metrics described. All calls give handles of the same recorder.
pub fn install_metrics() -> Result<MetricsHandle, MetricsError> {
    static INSTALLED: Mutex<Option<MetricsHandle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let handle = MetricsHandle(recorder().and_then(PrometheusBuilder::install_recorder).map_err(MetricsError)?);
    describe();
    Ok(installed.insert(handle).clone())
}

impl MetricsHandle {
    /// Everything counted so far, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the memory of the metrics small while nobody scrapes them. It never ends: spawn it, and abort it at the end.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            self.0.run_upkeep();
        }
    }
}

/// A panic's message can quote what it stumbled over, so only its place is logged.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic: what it was about ends as failed");
    }));
}

/// The configured filter, and over it what keeps drivers from logging payloads.
fn filter(configured: &str) -> Result<EnvFilter, LoggingError> {
    let filter = EnvFilter::try_new(configured).map_err(LoggingError::Filter)?;
    fabric_rabbitmq::LOG_DIRECTIVES.iter().try_fold(filter, |filter, directive| {
        Ok(filter.add_directive(directive.parse().map_err(LoggingError::Filter)?))
    })
}

fn wants_colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn recorder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(OTHER_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)
}

fn describe() {
    for metric in metric::ALL {
        let help = format!("{} {}", metric.help, metric.moves);
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(filter: &str, format: LogFormat) -> LogSection {
        LogSection { filter: filter.to_owned(), format, events: false }
    }

    #[test]
    fn logging_can_be_set_up_again() {
        for format in [LogFormat::Text, LogFormat::Json, LogFormat::Text] {
            init_logging(&log("warn,fabric=info", format)).unwrap();
        }
        assert!(init_logging(&log("fabric=loud", LogFormat::Text)).is_err());
    }

    #[test]
    fn every_metric_of_the_table_is_exported_with_its_kind_and_its_help() {
        let handle = install_metrics().unwrap();
        for metric in metric::ALL {
            match metric.kind {
                Kind::Counter => metrics::counter!(metric.name).increment(1),
                Kind::Gauge => metrics::gauge!(metric.name).set(1.0),
                Kind::Histogram => metrics::histogram!(metric.name).record(0.003),
            }
        }
        let again = install_metrics().unwrap();
        for rendered in [handle.render(), again.render()] {
            for metric in metric::ALL {
                let kind = format!("# TYPE {} {}\n", metric.name, format!("{:?}", metric.kind).to_lowercase());
                assert!(rendered.contains(&kind), "{kind}{rendered}");
                let help = format!("# HELP {} {}", metric.name, metric.help);
                assert!(rendered.contains(&help), "{help}\n{rendered}");
            }
        }
    }

    #[test]
    fn histograms_have_buckets_that_fit_their_unit() {
        let handle = install_metrics().unwrap();
        metrics::histogram!("test_wait_seconds").record(0.0007);
        metrics::histogram!("test_batch_events").record(300.0);
        let rendered = handle.render();
        for line in [
            "# TYPE test_wait_seconds histogram",
            "test_wait_seconds_bucket{le=\"0.0005\"} 0",
            "test_wait_seconds_bucket{le=\"0.001\"} 1",
            "test_wait_seconds_bucket{le=\"30\"} 1",
            "test_wait_seconds_bucket{le=\"+Inf\"} 1",
            "# TYPE test_batch_events histogram",
            "test_batch_events_bucket{le=\"256\"} 0",
            "test_batch_events_bucket{le=\"1024\"} 1",
        ] {
            assert!(rendered.lines().any(|rendered| rendered == line), "{line}\n{rendered}");
        }
    }

    #[test]
    fn the_fabric_measures_in_seconds() {
        let histograms = metric::ALL.iter().filter(|metric| metric.kind == Kind::Histogram);
        for metric in histograms {
            assert!(metric.name.ends_with("_seconds") && metric.unit == "seconds", "{metric:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn upkeep_folds_measurements_without_losing_any() {
        let handle = install_metrics().unwrap();
        let upkeep = tokio::spawn(handle.clone().upkeep());
        for _ in 0..3 {
            metrics::histogram!("test_upkeep_seconds").record(0.01);
            tokio::time::advance(UPKEEP_INTERVAL).await;
        }
        assert!(!upkeep.is_finished());
        upkeep.abort();
        assert!(handle.render().contains("test_upkeep_seconds_count 3\n"));
    }
}
