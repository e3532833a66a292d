//! What moves, and by how much, when this or that happens. What is not named does not move.

use std::{collections::BTreeMap, time::Duration};

use fabric::{
    PublishFailure, RetryPolicy,
    runtime::{metric, ports::BoxFuture},
};
use fabric_testkit::harness::{Harness, Setup, tenant};
use jiff::Timestamp;

use super::{GAUGES, HINDRANCES, check_against_the_table};
use crate::{
    sample::{Act, BellRung, NoteSent, School, mark, marks, school, until},
    scrape::{self, Scrape},
};

/// What happens to a school whose handlers follow a script, and what moves.
struct Row {
    what: &'static str,
    script: &'static [Act],
    happens: for<'h> fn(&'h Harness, &'h School) -> BoxFuture<'h, ()>,
    moves: &'static [(&'static str, i64)],
}

const ROUTED: (&str, i64) = ("eventbus_published_total routed school school.mark.given", 1);
const CONFIRMED: (&str, i64) = ("eventbus_confirm_duration_seconds school", 1);
const WRITTEN: (&str, i64) = ("eventbus_cache_writes_total", 1);
const ACKED: (&str, i64) = ("eventbus_consumed_total ack school.marks school.mark.given", 1);
const RETRIED: (&str, i64) = ("eventbus_consumed_total retry school.marks school.mark.given", 1);
const PARKED: (&str, i64) = ("eventbus_consumed_total park school.marks school.mark.given", 1);
const RETRIES: (&str, i64) = ("eventbus_retry_total school.marks", 1);
const CRITICAL: (&str, i64) = ("eventbus_critical_time_seconds school.marks", 1);
const RECONNECTED: (&str, i64) = ("eventbus_reconnects_total", 1);

const fn processed(times: i64) -> (&'static str, i64) {
    ("eventbus_processing_duration_seconds school.marks", times)
}

fn publish_one<'h>(harness: &'h Harness, _: &'h School) -> BoxFuture<'h, ()> {
    Box::pin(async {
        harness.publish(mark("p-1", 1)).await;
    })
}

/// Publishes, which must fail.
async fn fail(harness: &Harness, points: u16) {
    let failed = harness.fabric_as("school").publish(mark("p-1", points)).tenant(tenant()).await;
    assert!(matches!(failed, Err(PublishFailure::Rejected(_) | PublishFailure::Unconfirmed(_))), "{failed:?}");
}

/// Sends a delivery that is not what it should be.
async fn send_poison(harness: &Harness, spoil: fn(&mut fabric::core::message::Outgoing)) {
    harness.publish(mark("p-1", 1)).await;
    let mut poison = (*harness.broker().recorded()[0].content).clone();
    spoil(&mut poison);
    harness.host().adapters().broker.publish(poison).await.unwrap();
}

const PUBLISHING: &[Row] = &[
    Row {
        what: "an event is published and handled",
        script: &[],
        happens: publish_one,
        moves: &[ROUTED, CONFIRMED, WRITTEN, ACKED, processed(1), CRITICAL],
    },
    Row {
        what: "nobody wants an event",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.publish(BellRung { tower: "north".to_owned() }).await;
            })
        },
        moves: &[
            ("eventbus_published_total unrouted school school.bell.rung", 1),
            ("eventbus_returned_total school school.bell.rung", 1),
            CONFIRMED,
            WRITTEN,
        ],
    },
    Row {
        what: "an event breaks its rules",
        script: &[],
        happens: |harness, _| Box::pin(fail(harness, 1_001)),
        moves: &[("eventbus_published_total rejected school school.mark.given", 1)],
    },
    Row {
        what: "the broker refuses",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.broker().refuse_next(1);
                fail(harness, 1).await;
            })
        },
        moves: &[("eventbus_published_total refused school school.mark.given", 1)],
    },
    Row {
        what: "a confirm is lost, and the event handled nevertheless",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.broker().lose_confirm_next(1);
                fail(harness, 1).await;
            })
        },
        moves: &[("eventbus_published_total unknown school school.mark.given", 1), ACKED, processed(1), CRITICAL],
    },
    Row {
        what: "there is no connection",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.broker().disconnect();
                fail(harness, 1).await;
                harness.broker().reconnect();
            })
        },
        moves: &[("eventbus_published_total not_sent school school.mark.given", 1), RECONNECTED],
    },
];

const HANDLING: &[Row] = &[
    Row {
        what: "a handler fails once",
        script: &[Act::Transient],
        happens: publish_one,
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ("eventbus_failed_total transient school.marks", 1),
            RETRIED,
            RETRIES,
            ACKED,
            processed(2),
            CRITICAL,
        ],
    },
    Row {
        what: "a handler fails until the event is parked",
        script: &[Act::Panic, Act::Hang],
        happens: publish_one,
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ("eventbus_failed_total panic school.marks", 1),
            ("eventbus_failed_total timeout school.marks", 1),
            RETRIED,
            RETRIES,
            PARKED,
            ("eventbus_dlq_total exhausted school.marks", 1),
            processed(2),
        ],
    },
    Row {
        what: "a handler fails for good",
        script: &[Act::Permanent],
        happens: publish_one,
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ("eventbus_failed_total permanent school.marks", 1),
            PARKED,
            ("eventbus_dlq_total permanent school.marks", 1),
            processed(1),
        ],
    },
    Row {
        what: "an event cannot be read",
        script: &[],
        happens: |harness, _| Box::pin(send_poison(harness, |it| it.message.headers.set("cloudEvents_id", ""))),
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ACKED,
            processed(1),
            CRITICAL,
            ("eventbus_failed_total poison school.marks", 1),
            ("eventbus_consumed_total park school.marks unreadable", 1),
            ("eventbus_dlq_total poison school.marks", 1),
        ],
    },
    Row {
        what: "a payload cannot be read",
        script: &[],
        happens: |harness, _| Box::pin(send_poison(harness, |it| it.message.body = "{}".into())),
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ACKED,
            processed(1),
            CRITICAL,
            ("eventbus_failed_total poison school.marks", 1),
            PARKED,
            ("eventbus_dlq_total poison school.marks", 1),
        ],
    },
    Row {
        what: "the copy for another attempt is refused a few times",
        script: &[Act::Transient],
        happens: |harness, _| {
            Box::pin(async {
                harness.publish(mark("p-1", 1)).await;
                harness.broker().refuse_next(3);
            })
        },
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ("eventbus_failed_total transient school.marks", 1),
            RETRIED,
            RETRIES,
            ACKED,
            processed(2),
            CRITICAL,
        ],
    },
];

const OUTAGES: &[Row] = &[
    Row {
        what: "the connection is lost under a handler",
        script: &[Act::Wait],
        happens: |harness, state| {
            Box::pin(async {
                harness.publish(mark("p-1", 1)).await;
                until("the handler to be at work", || state.at_work() == 1).await;
                harness.broker().lose_connection();
                state.gate.add_permits(1);
            })
        },
        moves: &[
            ROUTED,
            CONFIRMED,
            WRITTEN,
            ("eventbus_acks_lost_total school.marks", 1),
            RECONNECTED,
            ("eventbus_consumed_total ack school.marks school.mark.given", 2),
            processed(2),
            ("eventbus_critical_time_seconds school.marks", 2),
        ],
    },
    Row {
        what: "the broker is blocked for three seconds, and then for two",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                for seconds in [3_100, 2_100] {
                    harness.broker().block("no room");
                    tokio::time::sleep(Duration::from_millis(seconds)).await;
                    harness.broker().unblock();
                    tokio::time::sleep(Duration::from_millis(900)).await;
                }
            })
        },
        moves: &[("eventbus_blocked_seconds_total", 5)],
    },
];

const CACHE: &[Row] = &[
    Row {
        what: "an event is older than the last known one",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.publish(mark("p-1", 1)).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                let fabric = harness.fabric_as("school");
                fabric.publish(mark("p-1", 2)).tenant(tenant()).at(Timestamp::UNIX_EPOCH).await.unwrap();
            })
        },
        moves: &[
            ("eventbus_published_total routed school school.mark.given", 2),
            ("eventbus_confirm_duration_seconds school", 2),
            WRITTEN,
            ("eventbus_cache_stale_total", 1),
            ("eventbus_consumed_total ack school.marks school.mark.given", 2),
            processed(2),
            ("eventbus_critical_time_seconds school.marks", 2),
        ],
    },
    Row {
        what: "newer events come while one waits",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                for _ in 0..3 {
                    harness.publish(BellRung { tower: "north".to_owned() }).await;
                }
            })
        },
        moves: &[
            ("eventbus_published_total unrouted school school.bell.rung", 3),
            ("eventbus_returned_total school school.bell.rung", 3),
            ("eventbus_confirm_duration_seconds school", 3),
            WRITTEN,
            ("eventbus_cache_coalesced_total", 2),
        ],
    },
    Row {
        what: "the cache is away, and a third topic finds no room",
        script: &[],
        happens: |harness, _| {
            Box::pin(async {
                harness.cache().go_away();
                harness.publish(mark("p-1", 1)).await;
                harness.publish(BellRung { tower: "north".to_owned() }).await;
                harness.publish(NoteSent { pupil: "p-1".to_owned() }).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                harness.cache().come_back();
                tokio::time::sleep(Duration::from_secs(1)).await;
            })
        },
        moves: &[
            ROUTED,
            ("eventbus_published_total unrouted school school.bell.rung", 1),
            ("eventbus_published_total unrouted school school.note.sent", 1),
            ("eventbus_returned_total school school.bell.rung", 1),
            ("eventbus_returned_total school school.note.sent", 1),
            ("eventbus_confirm_duration_seconds school", 3),
            ("eventbus_cache_failures_total", 1),
            ("eventbus_cache_dropped_total", 1),
            ("eventbus_cache_writes_total", 2),
            ACKED,
            processed(1),
            CRITICAL,
        ],
    },
];

fn rows() -> impl Iterator<Item = &'static Row> {
    [PUBLISHING, HANDLING, OUTAGES, CACHE].into_iter().flatten()
}

#[tokio::test(start_paused = true)]
async fn each_metric_moves_when_the_table_says_and_no_other_moves() {
    for row in rows() {
        let recorder = scrape::recorder();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let twice = RetryPolicy::try_new(2, 1_000, 1, 1_000, 0).unwrap();
        let marks = marks().retry(twice).timeout(Duration::from_secs(2));
        let (service, state) = school(School::following(row.script), marks);
        let environment = vec![("FABRIC__CACHE__PENDING_TOPICS_MAX", "2")];
        let harness = Harness::start_with(service, Setup { environment, ..Setup::default() }).await;
        // Depths are read every ten seconds; what happens is over before they are read again.
        tokio::time::sleep(Duration::from_secs(11)).await;
        let before = Scrape::of(&recorder);
        (row.happens)(&harness, &state).await;
        harness.settle().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let moved = Scrape::of(&recorder).moved_since(&before);
        let expected: BTreeMap<String, i64> =
            row.moves.iter().map(|(series, by)| ((*series).to_owned(), *by)).collect();
        assert_eq!(moved, expected, "{}", row.what);
        check_against_the_table(&recorder.handle().render());
    }
}

#[test]
fn every_metric_of_the_table_is_moved_by_a_test() {
    let moved = rows().flat_map(|row| row.moves).map(|(series, _)| series.split(' ').next().unwrap());
    let moved: std::collections::BTreeSet<&str> =
        moved.chain(GAUGES.iter().chain(HINDRANCES).copied()).chain([metric::NOTICES_LOST]).collect();
    assert_eq!(moved, metric::ALL.iter().map(|metric| metric.name).collect());
}
