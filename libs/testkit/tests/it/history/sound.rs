//! What is allowed is not found.

use fabric_testkit::history::{Counts, Fact, Order, Phase};

use super::story::{LOOSE, ORDERED, Story, TOPIC};

#[track_caller]
fn assert_clean(story: &Story) -> Counts {
    let verdict = story.check();
    assert!(verdict.is_clean(), "{verdict}");
    verdict.counts
}

#[test]
fn the_counts_of_a_sound_history() {
    let counts = assert_clean(&Story::sound());
    let expected = Counts {
        attempted: 6,
        acknowledged: 5,
        failed: 1,
        handled: 8,
        duplicated_transport: 1,
        duplicate_effects: Some(0),
        parked: 2,
        poison_sent: 2,
        // Healed at 15 ms; a2 confirmed at 17 ms, b1 handled by the first at 22 ms.
        recovery_s: Some(0.007),
        longest_publish_gap_s: Some(0.021),
        longest_handle_gap_s: Some(0.013),
        publish_gap_p99_ms: Some(21.0),
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn nothing_comes_of_nothing() {
    assert_eq!(assert_clean(&Story::new(Order::PerKey)), Counts::default());
}

/// An unknown publish may have taken effect any number of times, also when the driver died before it knew.
#[test]
fn the_unknown_may_be_there_or_not() {
    for times in 0..3 {
        let mut story = Story::new(Order::PerKey);
        story.publish("a1", "a", 1, Phase::Unknown);
        let _died = story.begin(Fact::publish(TOPIC, "b1", "b", 1));
        for _ in 0..times {
            story.handle(LOOSE, "a1", "a", 1, Phase::Ok);
            story.handle(ORDERED, "b1", "b", 1, Phase::Ok);
        }
        let counts = assert_clean(&story);
        assert_eq!((counts.unknown, counts.handled), (2, if times == 0 { 0 } else { 2 }));
    }
}

#[test]
fn a_killed_handler_is_followed_by_another() {
    let mut story = Story::new(Order::PerKey);
    story.publish("a1", "a", 1, Phase::Ok);
    let _killed = story.begin(Fact::handle(ORDERED, "a1", "a", 1, 1));
    story.arrive("a1", "a", 1);
    assert_eq!(assert_clean(&story).duplicated_transport, 0);
}

#[test]
fn what_was_published_at_once_has_no_order() {
    let mut story = Story::new(Order::PerKey);
    let first = story.begin(Fact::publish(TOPIC, "a1", "a", 1));
    let second = story.begin(Fact::publish(TOPIC, "a2", "a", 2));
    story.end(second, Phase::Ok);
    story.end(first, Phase::Ok);
    story.arrive("a2", "a", 2);
    story.arrive("a1", "a", 1);
    assert_clean(&story);
}

#[test]
fn other_keys_and_other_subscriptions_are_independent() {
    let mut story = Story::new(Order::PerKey);
    for (event, key, seq) in [("a1", "a", 1), ("b1", "b", 1), ("b2", "b", 2)] {
        story.publish(event, key, seq, Phase::Ok);
    }
    let a1 = story.begin(Fact::handle(ORDERED, "a1", "a", 1, 1));
    for subscription in [ORDERED, LOOSE] {
        story.handle(subscription, "b1", "b", 1, Phase::Ok);
    }
    story.handle(ORDERED, "b2", "b", 2, Phase::Ok);
    story.end(a1, Phase::Ok);
    let b2 = story.begin(Fact::handle(LOOSE, "b2", "b", 2, 1));
    story.handle(LOOSE, "b2", "b", 2, Phase::Ok);
    story.end(b2, Phase::Ok);
    story.handle(LOOSE, "a1", "a", 1, Phase::Ok);
    assert_clean(&story);
}

/// What was parked and redriven comes late, except where the key was held.
#[test]
fn redriven_events_come_late() {
    for (order, reordered) in [(Order::PerKey, 0), (Order::PerKeyHoldingParked, 1)] {
        let mut story = Story::new(order);
        story.publish_poison("a1", "a", 1);
        story.publish("a2", "a", 2, Phase::Ok);
        for subscription in [ORDERED, LOOSE] {
            story.park(subscription, "a1");
        }
        story.arrive("a2", "a", 2);
        story.arrive("a1", "a", 1);
        for subscription in [ORDERED, LOOSE] {
            story.parked.remove(subscription, "a1");
        }
        let verdict = story.check();
        assert_eq!((verdict.counts.reordered, verdict.findings.len()), (reordered, reordered), "{verdict}");
    }
}

#[test]
fn a_held_key_waits_behind_its_poison_in_the_parked_queue() {
    for (order, without_cause) in [(Order::PerKeyHoldingParked, 0), (Order::PerKey, 1)] {
        let mut story = Story::new(order);
        story.publish_poison("a1", "a", 1);
        story.publish("a2", "a", 2, Phase::Ok);
        story.handle(LOOSE, "a2", "a", 2, Phase::Ok);
        story.park(LOOSE, "a1");
        story.park(ORDERED, "a1");
        story.park(ORDERED, "a2");
        assert_eq!(story.check().findings.len(), without_cause);
    }
}
