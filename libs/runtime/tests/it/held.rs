//! A subscription that holds keys, its real consumer, and redrives: whatever an operator does in whatever order, and whoever dies
//! meanwhile, the events of a key are handled in their order.

mod world;

use std::{collections::BTreeSet, time::Duration};

use fabric_core::service::Order;
use proptest::prelude::*;
use world::{End, KEYS, Meanwhile, World, lock, strict};

#[tokio::test(start_paused = true)]
async fn what_is_parked_behind_another_comes_back_after_it() {
    let mut world = World::new(strict()).await;
    lock(&world.handler.broken).insert(0);
    world.publish(9).await;
    world.settle().await;
    assert_eq!([0, 1, 2].map(|key| world.handled_of(key)), [vec![], vec![1, 4, 7], vec![2, 5, 8]]);
    assert_eq!(world.parked().await, 3);

    world.redrive(Some(1)).await;
    world.settle().await;
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![], 3), "it is still broken, and they still wait");

    lock(&world.handler.broken).clear();
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![0, 3, 6], 0));
    world.publish(1).await;
    world.settle().await;
    assert_eq!(world.handled_of(0), [0, 3, 6, 9]);
}

#[tokio::test(start_paused = true)]
async fn what_was_parked_behind_a_dropped_one_is_free_again() {
    let mut world = World::new(strict()).await;
    lock(&world.handler.broken).insert(0);
    world.publish(9).await;
    world.settle().await;
    assert_eq!(world.give_up(0).await, Some(0));
    world.redrive(None).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![3, 6], 0));
}

/// The keys 0, 1 and 2 each have the events 0, 3, 6 and so on; those of the key 0 are parked since the first one is broken.
async fn with_parked() -> World {
    let mut world = World::new(strict()).await;
    lock(&world.handler.broken).insert(0);
    world.publish(9).await;
    world.settle().await;
    assert_eq!(world.parked().await, 3);
    world
}

#[tokio::test(start_paused = true)]
async fn a_key_is_free_when_its_last_parked_event_is_dropped() {
    let mut world = with_parked().await;
    for number in [0, 3, 6] {
        assert_eq!(world.give_up(0).await, Some(number));
    }
    world.settle().await;
    world.publish(3).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![9], 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_behind_a_copy_that_is_on_its_way_does_not_overtake_it() {
    let world = with_parked().await;
    // Nothing waits for the first copy to be handled: the redrive is cut off right after it was sent.
    world.redrive_while(Some(0), Meanwhile::CutOff, Duration::ZERO).await;
    assert!(!world.broker.is_idle(), "the copy is on its way");
    world.redrive(Some(1)).await;
    world.settle().await;
    assert_eq!((world.handled_of(0), world.parked().await), (vec![], 3));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_during_a_redrive_learns_what_is_held() {
    for end in [End::InGoodOrder, End::Crash] {
        let mut world = with_parked().await;
        lock(&world.handler.broken).clear();
        world.restart(end).await;
        let report = world.redrive(None).await;
        assert_eq!((report.handled, report.stopped), (3, None), "{end:?}");
        world.publish(3).await;
        world.settle().await;
        assert_eq!((world.handled_of(0), world.parked().await), (vec![0, 3, 6, 9], 0), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_never_handled() {
    let mut world = World::new(Order::Loose).await;
    world.tell_dropped(7).await;
    world.publish(1).await;
    world.settle().await;
    assert_eq!((world.parked().await, world.in_hand()), (0, 0));
    assert_eq!(*lock(&world.handler.handled), [0]);
}

#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Break(usize),
    Mend,
    Redrive(Option<usize>, Meanwhile, u64),
    GiveUp(usize),
    Restart(End),
    Settle,
}

fn any_end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::InGoodOrder), Just(End::Crash)]
}

fn any_redrive() -> impl Strategy<Value = Step> {
    let meanwhile = prop_oneof![
        4 => Just(Meanwhile::Nothing),
        4 => Just(Meanwhile::CutOff),
        2 => any_end().prop_map(Meanwhile::Restart),
    ];
    (proptest::option::of(0_usize..30), meanwhile, 0_u64..30)
        .prop_map(|(place, meanwhile, after_ms)| Step::Redrive(place, meanwhile, after_ms))
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1_usize..6).prop_map(Step::Publish),
        2 => (0_usize..30).prop_map(Step::Break),
        1 => Just(Step::Mend),
        4 => any_redrive(),
        1 => (0_usize..30).prop_map(Step::GiveUp),
        1 => any_end().prop_map(Step::Restart),
        3 => Just(Step::Settle),
    ]
}

/// Redrives until nothing is parked any more.
async fn redrive_all(world: &World) {
    lock(&world.handler.broken).clear();
    for _ in 0..5 {
        world.settle().await;
        if world.parked().await == 0 {
            return;
        }
        world.redrive(None).await;
    }
    panic!("{} are still parked", world.parked().await);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_events_of_a_key_are_handled_in_their_order(steps in proptest::collection::vec(any_step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(strict()).await;
            let mut given_up = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Publish(count) => world.publish(count).await,
                    Step::Break(number) => { lock(&world.handler.broken).insert(number); }
                    Step::Mend => lock(&world.handler.broken).clear(),
                    Step::Redrive(place, meanwhile, after_ms) => {
                        world.redrive_while(place, meanwhile, Duration::from_millis(after_ms)).await;
                    }
                    Step::GiveUp(place) => given_up.extend(world.give_up(place).await),
                    Step::Restart(end) => world.restart(end).await,
                    Step::Settle => world.settle().await,
                }
            }
            redrive_all(&world).await;
            // No key is held any more.
            world.publish(KEYS).await;
            world.settle().await;
            assert_eq!((world.parked().await, world.in_hand()), (0, 0));
            for key in 0..KEYS {
                // What was given up may have been handled all the same, by a copy of it that was on its way.
                let handled: Vec<usize> =
                    world.handled_of(key).into_iter().filter(|number| !given_up.contains(number)).collect();
                let expected: Vec<usize> = (0..world.published)
                    .filter(|number| number % KEYS == key && !given_up.contains(number)).collect();
                assert_eq!(handled, expected, "key {key}");
            }
        });
    }
}
