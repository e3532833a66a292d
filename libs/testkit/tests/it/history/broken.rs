//! The checker bites: one thing wrong with a sound history, and the count that is for it moves.

use fabric_testkit::history::{Counts, Fact, Finding, Order, Phase};

use super::story::{LOOSE, ORDERED, Story, is_handling};

/// Breaks a sound history, and expects that one finding is made and one count moves from 0 to 1.
#[track_caller]
fn assert_bites(break_it: impl Fn(&mut Story), count: impl Fn(&Counts) -> usize, finding: &Finding) {
    let mut story = Story::sound();
    let sound = story.check();
    assert!(sound.is_clean() && count(&sound.counts) == 0, "{sound}");
    break_it(&mut story);
    let verdict = story.check();
    assert_eq!(verdict.findings, std::slice::from_ref(finding), "{verdict}");
    assert_eq!(count(&verdict.counts), 1, "{verdict}");
}

fn at(event: &str, subscription: &str) -> (String, String) {
    (event.to_owned(), subscription.to_owned())
}

#[test]
fn lost() {
    let lost = |event, subscription| {
        let (event, subscription) = at(event, subscription);
        Finding::Lost { event, subscription }
    };
    let count = |counts: &Counts| counts.lost;
    let never_handled = |story: &mut Story| story.forget(|entry| is_handling(entry, LOOSE, "a3"));
    assert_bites(never_handled, count, &lost("a3", LOOSE));
    let never_with_success =
        |story: &mut Story| story.forget(|entry| is_handling(entry, LOOSE, "a3") && entry.phase == Phase::Ok);
    assert_bites(never_with_success, count, &lost("a3", LOOSE));
    let without_effect = |story: &mut Story| story.forget(|entry| entry.fact == Fact::effect(ORDERED, "a3"));
    assert_bites(without_effect, count, &lost("a3", ORDERED));
    let poison_gone = |story: &mut Story| assert!(story.parked.remove(LOOSE, "b3"));
    assert_bites(poison_gone, count, &lost("b3", LOOSE));
}

#[test]
fn unexpected() {
    let unexpected = |event, subscription| {
        let (event, subscription) = at(event, subscription);
        Finding::Unexpected { event, subscription }
    };
    let count = |counts: &Counts| counts.unexpected;
    let never_attempted = |story: &mut Story| story.handle(LOOSE, "x1", "x", 1, Phase::Ok);
    assert_bites(never_attempted, count, &unexpected("x1", LOOSE));
    let certainly_failed = |story: &mut Story| story.handle(LOOSE, "b2", "b", 2, Phase::Fail);
    assert_bites(certainly_failed, count, &unexpected("b2", LOOSE));
    let somewhere_else = |story: &mut Story| story.handle("kyc.review", "a1", "a", 1, Phase::Ok);
    assert_bites(somewhere_else, count, &unexpected("a1", "kyc.review"));
    let parked_from_nowhere = |story: &mut Story| story.parked.add(LOOSE, ["x1"]);
    assert_bites(parked_from_nowhere, count, &unexpected("x1", LOOSE));
    let effect_from_nowhere = |story: &mut Story| story.done(Fact::effect(ORDERED, "x1"));
    assert_bites(effect_from_nowhere, count, &unexpected("x1", ORDERED));
}

#[test]
fn altered() {
    let (event, subscription) = at("a1", LOOSE);
    let finding = Finding::Altered { event, subscription };
    for (key, seq) in [("a", 2), ("b", 1)] {
        let deliver = |story: &mut Story| story.handle(LOOSE, "a1", key, seq, Phase::Fail);
        assert_bites(deliver, |counts| counts.altered, &finding);
    }
}

#[test]
fn duplicate_effects() {
    let (event, subscription) = at("a1", ORDERED);
    assert_bites(
        |story| story.done(Fact::effect(ORDERED, "a1")),
        |counts| counts.duplicate_effects.unwrap(),
        &Finding::EffectRepeated { event, subscription, times: 2 },
    );
    let mut story = Story::sound();
    story.forget(|entry| matches!(entry.fact, Fact::Effect { .. }));
    let verdict = story.check();
    assert_eq!(verdict.counts.duplicate_effects, None);
    assert!(verdict.is_clean(), "where none are recorded none are missing: {verdict}");
}

fn reordered(event: &str, after: &str) -> Finding {
    let (event, subscription) = at(event, ORDERED);
    Finding::Reordered { event, after: after.into(), key: "x".into(), subscription }
}

#[test]
fn reordered_by_a_swap() {
    let swapped = |story: &mut Story| {
        for (event, seq) in [("x1", 1), ("x2", 2), ("x3", 3)] {
            story.publish(event, "x", seq, Phase::Ok);
        }
        story.arrive("x1", "x", 1);
        story.arrive("x3", "x", 3);
        story.arrive("x2", "x", 2);
    };
    assert_bites(swapped, |counts| counts.reordered, &reordered("x2", "x3"));
}

#[test]
fn reordered_by_a_retry_that_does_not_hold_back() {
    let overtaken = |story: &mut Story| {
        story.publish("x1", "x", 1, Phase::Ok);
        story.publish("x2", "x", 2, Phase::Ok);
        story.handle(ORDERED, "x1", "x", 1, Phase::Fail);
        story.arrive("x2", "x", 2);
        story.arrive("x1", "x", 1);
    };
    assert_bites(overtaken, |counts| counts.reordered, &reordered("x1", "x2"));
}

#[test]
fn reordered_past_a_parked_event_that_holds_its_key() {
    let mut story = Story::new(Order::PerKeyHoldingParked);
    story.publish_poison("x1", "x", 1);
    story.publish("x2", "x", 2, Phase::Ok);
    story.park(ORDERED, "x1");
    story.park(LOOSE, "x1");
    story.arrive("x2", "x", 2);
    assert_eq!(story.check().findings, [reordered("x1", "x2")]);
}

#[test]
fn overlapped() {
    let (event, subscription) = at("x2", ORDERED);
    let overlapping = |story: &mut Story| {
        story.publish("x1", "x", 1, Phase::Ok);
        story.publish("x2", "x", 2, Phase::Ok);
        story.done(Fact::effect(ORDERED, "x1"));
        story.done(Fact::effect(ORDERED, "x2"));
        let first = story.begin(Fact::handle(ORDERED, "x1", "x", 1, 1));
        let second = story.begin(Fact::handle(ORDERED, "x2", "x", 2, 1));
        story.end(first, Phase::Ok);
        story.end(second, Phase::Ok);
        story.handle(LOOSE, "x1", "x", 1, Phase::Ok);
        story.handle(LOOSE, "x2", "x", 2, Phase::Ok);
    };
    let finding = Finding::Overlapped { event, with: "x1".into(), key: "x".into(), subscription };
    assert_bites(overlapping, |counts| counts.overlapped, &finding);
}

#[test]
fn parking() {
    let findings = |break_it: &dyn Fn(&mut Story)| {
        let mut story = Story::sound();
        break_it(&mut story);
        story.check().findings
    };
    let (event, subscription) = at("a3", LOOSE);
    let innocent = findings(&|story| story.parked.add(LOOSE, ["a3"]));
    assert_eq!(innocent, [Finding::ParkedWithoutCause { event, subscription }]);
    let (event, subscription) = at("x1", LOOSE);
    let handled = findings(&|story| {
        story.publish_poison("x1", "x", 1);
        story.park(ORDERED, "x1");
        story.handle(LOOSE, "x1", "x", 1, Phase::Ok);
    });
    assert_eq!(handled, [Finding::PoisonHandled { event, subscription }]);
}

#[test]
fn an_id_used_twice() {
    let mut story = Story::sound();
    story.publish("a1", "a", 9, Phase::Fail);
    assert!(story.check().findings.contains(&Finding::IdReused { event: "a1".into() }));
}

#[test]
fn faults_that_show_nothing() {
    let fault = || "link cut".to_owned();
    let mut story = Story::sound();
    let _unhealed = story.begin(Fact::fault("link cut"));
    assert_eq!(story.check().findings, [Finding::NotHealed { fault: fault() }]);

    let mut story = Story::sound();
    let act = story.begin(Fact::fault("link cut"));
    story.end(act, Phase::Fail);
    assert_eq!(story.check().findings, [Finding::NotBroken { fault: fault() }]);

    let mut story = Story::sound();
    let act = story.begin(Fact::fault("link cut"));
    story.end(act, Phase::Ok);
    assert!(story.check().is_clean(), "nothing was tried afterwards");
    story.publish("x1", "x", 1, Phase::Unknown);
    assert_eq!(story.check().findings, [Finding::NotRecovered { fault: fault() }]);
}

#[test]
fn recovery_is_the_worst_of_confirms_and_handlers() {
    let mut story = Story::new(Order::PerKey);
    story.publish("a1", "a", 1, Phase::Ok);
    assert_eq!(story.check().counts.recovery_s, None);
    let cut = story.begin(Fact::fault("link cut"));
    story.end(cut, Phase::Ok);
    story.now_us += 3_000_000;
    story.publish("a2", "a", 2, Phase::Ok);
    story.now_us += 4_000_000;
    story.arrive("a1", "a", 1);
    story.arrive("a2", "a", 2);
    let counts = story.check().counts;
    assert_eq!(counts.recovery_s, Some(7.005), "the handlers were slower");
    assert_eq!(counts.longest_publish_gap_s, Some(3.004));
    assert_eq!(counts.publish_gap_p99_ms, Some(3_004.0));
    assert_eq!(counts.longest_handle_gap_s, Some(0.003));
}

#[test]
fn findings_are_sentences() {
    let mut story = Story::sound();
    story.forget(|entry| is_handling(entry, LOOSE, "a3"));
    let said = story.check().to_string();
    assert!(said.ends_with("a3 was acknowledged, and social.feed neither handled nor parked it"), "{said}");
    assert!(said.starts_with("attempted 6, acknowledged 5, unknown 0, failed 1, handled 7, lost 1"), "{said}");
    for number in 0..30 {
        story.handle(LOOSE, &format!("x{number}"), "x", 1, Phase::Ok);
    }
    assert!(story.check().to_string().ends_with("and 11 more"));
}
