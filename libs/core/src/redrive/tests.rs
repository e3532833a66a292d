use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

fn plan(total: usize) -> Plan {
    Plan {
        total,
        canary: false,
        failures_percent_max: FAILURES_PERCENT_MAX,
        patience: PATIENCE,
        rate: None,
        keep_until_known: false,
    }
}

fn canary(total: usize) -> Redrive {
    Redrive::new(Plan { canary: true, ..plan(total) })
}

fn at(second: u64) -> Duration {
    Duration::from_secs(second)
}

/// Sends until there is something to wait for, and gives how many were sent and what came then.
fn send(redrive: &mut Redrive, input: Input, now: Duration) -> (usize, Effect) {
    let (mut sent, mut effect) = (0, redrive.on(input, now));
    while let Effect::Send(index) = effect {
        sent += 1;
        effect = redrive.on(Input::Sent(index), now);
    }
    (sent, effect)
}

#[test]
fn without_a_canary_everything_goes_at_once() {
    for total in [0, 1, 1_000] {
        let (sent, effect) = send(&mut Redrive::new(plan(total)), Input::Tick, at(0));
        assert_eq!(sent, total);
        assert_eq!(effect, Effect::Finish(Report { total, sent, stage: 1, ..Report::default() }));
    }
}

#[test]
fn a_canary_grows_from_stage_to_stage() {
    let mut redrive = canary(1_000);
    let (mut stages, mut from, mut input) = (Vec::new(), 0, Input::Tick);
    let finish = loop {
        let (sent, effect) = send(&mut redrive, input, at(0));
        if let Effect::Finish(report) = effect {
            break report;
        }
        assert_eq!(effect, Effect::Wait(Some(PATIENCE)));
        stages.push(sent);
        for index in from..from + sent - 1 {
            assert_eq!(redrive.on(Input::Handled(index), at(0)), Effect::Wait(Some(PATIENCE)));
        }
        from += sent;
        // The last outcome of the stage begins the next one.
        input = Input::Handled(from - 1);
    };
    assert_eq!(stages, [1, 2, 5, 20, 100, 500, 372]);
    assert_eq!((finish.stage, finish.sent, finish.stopped), (7, 1_000, None));
}

#[test]
fn a_canary_stops_by_itself() {
    // How many of the first stages' events fail, and what it comes to.
    let stopped = |failures: &[usize]| {
        let mut redrive = canary(100);
        let (mut from, mut effect) = (0, redrive.on(Input::Tick, at(0)));
        for (stage, failures) in failures.iter().enumerate() {
            let size = CANARY_STAGES[stage].min(100 - from);
            for _ in 0..size {
                let Effect::Send(index) = effect else { panic!("{effect:?}") };
                effect = redrive.on(Input::Sent(index), at(0));
            }
            for index in from..from + size {
                let fails = index < from + failures;
                effect = redrive.on(if fails { Input::ParkedAgain(index) } else { Input::Handled(index) }, at(1));
                if let Effect::Finish(report) = effect {
                    return report.stopped.map(|stopped| (stopped, report.sent));
                }
            }
            from += size;
        }
        None
    };
    let failures = |stage, failed, known| Stopped::Failures { stage, failed, known };
    assert_eq!(stopped(&[1]), Some((failures(1, 1, 1), 1)));
    assert_eq!(stopped(&[0, 1]), Some((failures(2, 1, 1), 3)));
    assert_eq!(stopped(&[0, 0, 1]), Some((failures(3, 1, 1), 8)));
    assert_eq!(stopped(&[0, 0, 0, 3]), Some((failures(4, 3, 3), 28)));
    assert_eq!(stopped(&[0, 0, 0, 2]), None, "a tenth is borne");
    assert_eq!(stopped(&[0, 0, 0, 0, 8]), Some((failures(5, 8, 8), 100)), "the last stage is no exception");
}

#[test]
fn a_large_stage_stops_as_soon_as_enough_is_known() {
    let mut redrive = canary(10_000);
    redrive.report.stage = 7;
    (redrive.stage, redrive.next) = (628..10_000, 628);
    let (mut effect, mut sent) = (redrive.on(Input::Tick, at(0)), 0);
    while let Effect::Send(index) = effect {
        sent += 1;
        redrive.on(Input::ParkedAgain(index), at(0));
        effect = redrive.on(Input::Sent(index), at(0));
    }
    assert!(matches!(effect, Effect::Finish(Report { stopped: Some(Stopped::Failures { known: 20, .. }), .. })));
    assert_eq!(sent, 20);
}

#[test]
fn outcomes_that_stay_unknown_stop_a_canary() {
    let mut redrive = canary(10);
    assert_eq!(send(&mut redrive, Input::Tick, at(5)), (1, Effect::Wait(Some(at(35)))));
    assert_eq!(redrive.on(Input::Tick, at(34)), Effect::Wait(Some(at(35))));
    let Effect::Finish(report) = redrive.on(Input::Tick, at(35)) else { panic!("it goes on") };
    assert_eq!(report.stopped, Some(Stopped::Unknown { stage: 1, unknown: 1 }));

    let mut redrive = canary(10);
    send(&mut redrive, Input::Tick, at(0));
    assert_eq!(redrive.on(Input::Handled(0), at(9)), Effect::Send(1));
    redrive.on(Input::Sent(1), at(9));
    assert_eq!(redrive.on(Input::Sent(2), at(10)), Effect::Wait(Some(at(40))));
    assert_eq!(redrive.on(Input::Handled(2), at(20)), Effect::Wait(Some(at(50))), "each outcome gives more time");
}

#[test]
fn what_cannot_be_sent_and_a_word_end_it() {
    let mut redrive = Redrive::new(plan(3));
    assert_eq!(redrive.on(Input::Tick, at(0)), Effect::Send(0));
    assert_eq!(redrive.on(Input::Sent(0), at(0)), Effect::Send(1));
    let stopped = |effect| match effect {
        Effect::Finish(report) => (report.sent, report.stopped),
        effect => panic!("{effect:?}"),
    };
    assert_eq!(stopped(redrive.clone().on(Input::NotSent(1), at(0))), (1, Some(Stopped::NotSent)));
    assert_eq!(stopped(redrive.clone().on(Input::SentAndLost(1), at(0))), (2, Some(Stopped::Lost)));
    assert_eq!(stopped(redrive.on(Input::Stop, at(0))), (1, Some(Stopped::Told)));
}

#[test]
fn a_rate_is_kept() {
    let rate = RateLimit::try_new(2, 1).unwrap();
    let mut redrive = Redrive::new(Plan { rate: Some(rate), ..plan(3) });
    let ms = Duration::from_millis;
    assert_eq!(redrive.on(Input::Tick, ms(0)), Effect::Send(0));
    assert_eq!(redrive.on(Input::Sent(0), ms(10)), Effect::Wait(Some(ms(500))));
    assert_eq!(redrive.on(Input::Tick, ms(500)), Effect::Send(1));
    assert_eq!(redrive.on(Input::Sent(1), ms(510)), Effect::Wait(Some(ms(1_000))));
}

fn keeping(total: usize) -> Redrive {
    Redrive::new(Plan { keep_until_known: true, ..plan(total) })
}

#[test]
fn what_is_kept_is_removed_when_its_outcome_is_known_and_before_more_is_sent() {
    let mut redrive = keeping(3);
    let table = [
        (Input::Tick, Effect::Send(0)),
        (Input::Sent(0), Effect::Send(1)),
        (Input::Handled(0), Effect::Wait(None)),
        (Input::Sent(1), Effect::Remove(0)),
        (Input::ParkedAgain(1), Effect::Wait(None)),
        (Input::Removed(0), Effect::Remove(1)),
        (Input::Removed(1), Effect::Send(2)),
        // Known before it is confirmed, and told twice.
        (Input::Handled(2), Effect::Wait(None)),
        (Input::Handled(2), Effect::Wait(None)),
        (Input::Sent(2), Effect::Remove(2)),
    ];
    for (input, expected) in table {
        assert_eq!(redrive.on(input, at(0)), expected, "{input:?}");
    }
    let report = Report { total: 3, sent: 3, handled: 2, parked_again: 1, kept: 0, stage: 1, stopped: None };
    assert_eq!(redrive.on(Input::Removed(2), at(0)), Effect::Finish(report));
}

#[test]
fn what_is_kept_and_stays_unknown_stays_parked() {
    let mut redrive = keeping(2);
    assert_eq!(send(&mut redrive, Input::Tick, at(0)), (2, Effect::Wait(Some(at(30)))));
    assert_eq!(redrive.on(Input::Handled(1), at(10)), Effect::Remove(1));
    assert_eq!(redrive.on(Input::Removed(1), at(10)), Effect::Wait(Some(at(40))));
    let Effect::Finish(report) = redrive.on(Input::Tick, at(40)) else { panic!("it goes on") };
    assert_eq!((report.kept, report.stopped), (1, Some(Stopped::Unknown { stage: 1, unknown: 1 })));
}

#[test]
fn whatever_stops_it_what_is_known_is_still_removed_unless_the_queue_is_lost() {
    let table = [
        (Input::Stop, Stopped::Told, true),
        (Input::NotSent(2), Stopped::NotSent, true),
        (Input::NotRemoved(0), Stopped::Lost, false),
    ];
    for (input, why, removes) in table {
        let mut redrive = keeping(3);
        redrive.on(Input::Tick, at(0));
        redrive.on(Input::Sent(0), at(0));
        redrive.on(Input::Handled(0), at(0));
        assert_eq!(redrive.on(Input::Sent(1), at(0)), Effect::Remove(0));
        redrive.on(Input::Handled(1), at(0));
        let mut effect = redrive.on(input, at(0));
        if removes {
            assert_eq!(effect, Effect::Wait(None), "the first one is being removed");
            assert_eq!(redrive.on(Input::Removed(0), at(0)), Effect::Remove(1));
            effect = redrive.on(Input::Removed(1), at(0));
        }
        let Effect::Finish(report) = effect else { panic!("{effect:?}") };
        assert_eq!((report.sent, report.stopped), (2, Some(why)));
    }
    let mut redrive = Redrive::new(Plan { canary: true, keep_until_known: true, ..plan(9) });
    redrive.on(Input::Tick, at(0));
    redrive.on(Input::Sent(0), at(0));
    assert_eq!(redrive.on(Input::ParkedAgain(0), at(0)), Effect::Remove(0), "its new copy is parked");
    let Effect::Finish(report) = redrive.on(Input::Removed(0), at(0)) else { panic!("it goes on") };
    assert_eq!(report.stopped, Some(Stopped::Failures { stage: 1, failed: 1, known: 1 }));
}

proptest! {
    /// Whatever comes in whatever order: each event is sent at most once, in order, and it ends with everything sent or a reason. What is
    /// kept is removed once, when its outcome is known and never before.
    #[test]
    fn it_always_ends_and_never_sends_twice(
        total in 0_usize..60,
        canary: bool,
        keep_until_known: bool,
        per_second in 0_u32..5,
        steps in proptest::collection::vec((0_u8..8, 0_usize..60, 0_u64..2_000), 0..300),
    ) {
        let rate = RateLimit::try_new(per_second, 1).ok();
        let mut redrive = Redrive::new(Plan { canary, rate, keep_until_known, ..plan(total) });
        let (mut now, mut sent, mut out) = (Duration::ZERO, 0, None);
        let mut known: BTreeSet<usize> = BTreeSet::new();
        let mut removed: BTreeSet<usize> = BTreeSet::new();
        let mut inputs = steps.into_iter();
        let mut input = Input::Tick;
        let mut finished = None;
        for _ in 0..2_000 {
            if let Input::Handled(index) | Input::ParkedAgain(index) = input && index < sent {
                known.insert(index);
            }
            let effect = redrive.on(input, now);
            match &effect {
                Effect::Send(index) => {
                    prop_assert_eq!(*index, sent);
                    prop_assert!(out.replace(Input::Sent(*index)).is_none(), "one at a time");
                    prop_assert!(!keep_until_known || removed == known, "removals go first");
                    sent += 1;
                }
                Effect::Remove(index) => {
                    prop_assert!(keep_until_known && known.contains(index) && removed.insert(*index));
                    let before = out.replace(Input::Removed(*index));
                    prop_assert!(before.is_none() || redrive.report().stopped.is_some(), "one at a time");
                }
                Effect::Wait(until) => prop_assert!(until.is_none_or(|until| until > now) && (until.is_some() || out.is_some())),
                Effect::Finish(report) => {
                    finished = Some(report.clone());
                    break;
                }
            }
            let any = inputs.next();
            now += Duration::from_millis(any.map_or(0, |(_, _, pause)| pause));
            input = match (any, out, &effect) {
                (Some((0, index, _)), _, _) => Input::Handled(index),
                (Some((1, index, _)), _, _) => Input::ParkedAgain(index),
                (Some((2, _, _)), _, _) => Input::Tick,
                (_, Some(answer), _) => { out = None; answer }
                (_, None, Effect::Wait(Some(until))) => { now = now.max(*until); Input::Tick }
                _ => Input::Tick,
            };
        }
        let report = finished.expect("it ends");
        prop_assert!(report.sent <= total && report.handled + report.parked_again <= total);
        prop_assert!(report.stopped.is_some() || report.sent == total);
        let waits = canary || keep_until_known;
        prop_assert!(waits || report.stopped.is_none());
        if keep_until_known {
            prop_assert_eq!(removed.len(), report.handled + report.parked_again);
        }
        if waits && report.stopped.is_none() {
            prop_assert_eq!(report.handled + report.parked_again, total);
        }
    }
}
