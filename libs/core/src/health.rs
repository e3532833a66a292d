//! What a service says of itself when it is asked whether it is ready.

/// What one service can see of its own state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Whether the broker is connected.
    pub broker_connected: bool,
    /// Why the broker takes no messages, if it does not.
    pub broker_blocked: Option<String>,
    /// What has to stand on the broker and does not, as far as it is known.
    pub missing: Option<String>,
    /// The subscriptions that have no consumer in this process now.
    pub not_consuming: Vec<String>,
    /// The subscriptions that operators have paused.
    pub paused: Vec<String>,
    /// The subscriptions whose circuit breakers are open, or half open.
    pub open_circuits: Vec<String>,
    /// Whether the cache can be reached.
    pub cache_reachable: bool,
    /// Whether the service is on its way out.
    pub draining: bool,
}

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything works.
    Ready,
    /// Something is missing. What can be answered is answered.
    Degraded,
    /// On its way out: it takes nothing new.
    Draining,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// What: `broker`, `topology`, `consumers`, `circuits`, `pauses`, `cache` or `draining`.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What is the matter, or that nothing is.
    pub detail: String,
}

/// The answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// In one word.
    pub status: Status,
    /// Whether the service should get requests: the cache, a handler that fails, or a pause alone are no reasons not to.
    #[serde(skip)]
    pub takes_requests: bool,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// Judges what was observed.
pub fn assess(observed: &Observed) -> Readiness {
    let broker = match (&observed.broker_blocked, observed.broker_connected) {
        (_, false) => check("broker", false, "not connected"),
        (Some(_), true) => check("broker", false, "the broker takes no messages at the moment"),
        (None, true) => check("broker", true, "connected"),
    };
    let topology = match (&observed.missing, observed.broker_connected) {
        (Some(missing), _) => check("topology", false, missing.clone()),
        // Who cannot look at it must not say that it stands.
        (None, false) => check("topology", false, "not known: the broker is not connected"),
        (None, true) => check("topology", true, "stands"),
    };
    let consumers = unless_any("consumers", &observed.not_consuming, "all registered", "not registered");
    let circuits =
        unless_any("circuits", &observed.open_circuits, "all closed", "open, since nearly every attempt fails");
    let pauses = unless_any("pauses", &observed.paused, "none", "paused by an operator");
    let cache = if observed.cache_reachable {
        check("cache", true, "reachable")
    } else {
        check("cache", false, "not reachable")
    };
    let draining =
        if observed.draining { check("draining", false, "on its way out") } else { check("draining", true, "no") };
    let takes_requests = broker.ok && topology.ok && consumers.ok && draining.ok;
    let all_is_well = takes_requests && cache.ok && circuits.ok && pauses.ok;
    let status = match (observed.draining, all_is_well) {
        (true, _) => Status::Draining,
        (false, true) => Status::Ready,
        (false, false) => Status::Degraded,
    };
    Readiness { status, takes_requests, checks: vec![broker, topology, consumers, circuits, pauses, cache, draining] }
}

fn unless_any(name: &'static str, subscriptions: &[String], good: &str, bad: &str) -> Check {
    match shortened(subscriptions) {
        _ if subscriptions.is_empty() => check(name, true, good),
        shown => check(name, false, format!("{bad}: {shown}")),
    }
}

/// The first few names, and how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN_MAX: usize = 3;
    let shown = names.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn check(name: &'static str, ok: bool, detail: impl Into<String>) -> Check {
    Check { name, ok, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_names_are_shortened() {
        let names = |count: usize| (1..=count).map(|number| format!("s.{number}")).collect::<Vec<_>>();
        assert_eq!(shortened(&names(3)), "s.1, s.2, s.3");
        assert_eq!(shortened(&names(50)), "s.1, s.2, s.3 and 47 more");
    }

    #[test]
    fn nobody_says_that_something_stands_without_having_looked() {
        let topology = |broker_connected| {
            let readiness = assess(&Observed { broker_connected, ..Observed::default() });
            let check = readiness.checks.into_iter().find(|check| check.name == "topology");
            check.map(|check| (check.ok, check.detail))
        };
        assert_eq!(topology(true), Some((true, "stands".to_owned())));
        assert_eq!(topology(false), Some((false, "not known: the broker is not connected".to_owned())));
    }

    #[test]
    fn what_is_missing_decides() {
        let good = Observed { broker_connected: true, cache_reachable: true, ..Observed::default() };
        let table = [
            (good.clone(), Status::Ready, true, None),
            (Observed { broker_connected: false, ..good.clone() }, Status::Degraded, false, Some("broker")),
            (
                Observed { broker_blocked: Some("low on memory".into()), ..good.clone() },
                Status::Degraded,
                false,
                Some("broker"),
            ),
            (
                Observed { not_consuming: vec!["a.b".into()], ..good.clone() },
                Status::Degraded,
                false,
                Some("consumers"),
            ),
            (Observed { paused: vec!["a.b".into()], ..good.clone() }, Status::Degraded, true, Some("pauses")),
            (Observed { open_circuits: vec!["a.b".into()], ..good.clone() }, Status::Degraded, true, Some("circuits")),
            (Observed { cache_reachable: false, ..good.clone() }, Status::Degraded, true, Some("cache")),
            (Observed { draining: true, ..good }, Status::Draining, false, Some("draining")),
        ];
        for (observed, status, takes_requests, failed) in table {
            let readiness = assess(&observed);
            let first = readiness.checks.iter().find(|check| !check.ok).map(|check| check.name);
            assert_eq!(
                (readiness.status, readiness.takes_requests, first),
                (status, takes_requests, failed),
                "{observed:?}"
            );
        }
    }
}
