//! What a test has counted: every series of the metrics with its labels.

use std::collections::BTreeMap;

use fabric::telemetry::SECONDS_BUCKETS;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

/// A recorder for one test. Install it with [`metrics::set_default_local_recorder`], before anything is started.
pub fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().set_buckets(SECONDS_BUCKETS).unwrap().build_recorder()
}

/// A metric's name with the values of its labels, in the order of the labels' names: `eventbus_retry_total school.marks`.
pub type Series = String;

/// Every series at one moment: all that is counted here is whole. A histogram counts its measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrape(BTreeMap<Series, i64>);

/// One line of the text format.
pub struct Line<'t> {
    /// The metric's name, without the endings of a histogram's lines.
    pub name: &'t str,
    /// The labels' names and values.
    pub labels: BTreeMap<&'t str, &'t str>,
    /// Whether it is a bucket of a histogram.
    pub is_bucket: bool,
    /// Whether it is the sum of a histogram.
    pub is_sum: bool,
    /// The number.
    pub value: &'t str,
}

/// The lines with numbers of a text in Prometheus' format. The labels' values must have no commas and quotes, as ours.
pub fn lines(rendered: &str) -> impl Iterator<Item = Line<'_>> {
    rendered.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| label.split_once('='));
        let plain = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        Line {
            name: plain.unwrap_or(name),
            labels: labels.map(|(label, value)| (label, value.trim_matches('"'))).collect(),
            is_bucket: name.ends_with("_bucket"),
            is_sum: name.ends_with("_sum"),
            value,
        }
    })
}

impl Scrape {
    /// What the recorder has counted so far.
    pub fn of(recorder: &PrometheusRecorder) -> Self {
        let rendered = recorder.handle().render();
        let series = |line: &Line| {
            let values: Vec<&str> = line.labels.values().copied().collect();
            format!("{} {}", line.name, values.join(" ")).trim_end().to_owned()
        };
        let counts = lines(&rendered).filter(|line| !line.is_bucket && !line.is_sum);
        Self(counts.map(|line| (series(&line), line.value.parse().unwrap())).collect())
    }

    /// The value of a series; 0 when it is not there.
    pub fn value(&self, series: &str) -> i64 {
        self.0.get(series).copied().unwrap_or_default()
    }

    /// The series that have moved since, and by how much.
    pub fn moved_since(&self, before: &Self) -> BTreeMap<Series, i64> {
        let moves = self.0.iter().map(|(series, value)| (series.clone(), value - before.value(series)));
        moves.filter(|(_, by)| *by != 0).collect()
    }
}
