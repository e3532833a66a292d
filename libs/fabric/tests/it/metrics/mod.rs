//! The table of metrics as a promise: each series moves exactly when the table says, and nothing else is exported.

mod exported;
mod moves;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use fabric::runtime::metric::{self, Kind, Metric};

use crate::scrape;

/// The gauges, which go back to where they were: what moves them is tested by itself.
const GAUGES: &[&str] =
    &[metric::PUBLISHING, metric::HANDLING, metric::PENDING, metric::PARKED_NOW, metric::CONSUMERS, metric::READY];

/// The gauges that show what keeps a subscription from consuming: what moves them is tested by itself, too.
const HINDRANCES: &[&str] = &[metric::CIRCUIT, metric::PAUSED, metric::HELD_KEYS];

/// Checks that everything rendered stands in the table, with its kind and with exactly its labels. Gives the metrics' names.
fn check_against_the_table(rendered: &str) -> BTreeSet<String> {
    let table: BTreeMap<&str, &Metric> = metric::ALL.iter().map(|metric| (metric.name, metric)).collect();
    let mut names = BTreeSet::new();
    for line in scrape::lines(rendered) {
        let Some(metric) = table.get(line.name) else { panic!("{} is not in the table", line.name) };
        let labels: BTreeSet<&str> = line.labels.keys().copied().filter(|label| *label != "le").collect();
        assert_eq!(labels, metric.labels.iter().copied().collect(), "{}", line.name);
        assert_eq!(line.is_bucket, line.labels.contains_key("le"), "{}", line.name);
        names.insert(line.name.to_owned());
    }
    for described in rendered.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = described.split_once(' ').unwrap();
        let expected = match table[name].kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        assert_eq!(kind, expected, "{name}");
    }
    names
}
