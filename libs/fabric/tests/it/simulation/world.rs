//! The school of a simulation: handlers whose doing follows from the seed, the event and how often it has come.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fabric::{
    AnyEvent, Clock, Context, Descriptor, Event, EventId, Fault, RetryPolicy, Service, Subscription, core::seed::Seed,
};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::sample::MarkGiven;

/// A desk was tidied, which interests nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "office.desk.tidied", key = "desk")]
#[garde(allow_unvalidated)]
pub struct DeskTidied {
    pub desk: String,
}

pub const CATALOGUE: &[Descriptor] = &[Descriptor::of::<MarkGiven>(), Descriptor::of::<DeskTidied>()];

/// The subscriptions, all of which get every mark.
pub const SUBSCRIPTIONS: [&str; 3] = ["school.marks", "school.ledger", "school.audit"];

/// One call of a handler.
#[derive(Debug, Clone)]
pub struct Call {
    pub subscription: &'static str,
    pub id: EventId,
    pub key: String,
    pub from: Duration,
    pub to: Option<Duration>,
    pub is_handled: bool,
}

/// What the handlers share.
pub struct World {
    seed: u64,
    calls: Mutex<Vec<Call>>,
}

impl World {
    /// Every call so far, in the order of their beginnings.
    pub fn calls(world: &Arc<Self>) -> Vec<Call> {
        world.calls.lock().unwrap().clone()
    }

    /// Handles a delivery, or not, as chance has it.
    async fn handle(subscription: &'static str, key: String, context: Context<Self>) -> Result<(), Fault> {
        let (world, id) = (context.state(), context.metadata().id);
        let (number, times) = {
            let mut calls = world.calls.lock().unwrap();
            let from = context.clock().elapsed();
            let times = calls.iter().filter(|call| call.id == id && call.subscription == subscription).count();
            calls.push(Call { subscription, id, key, from, to: None, is_handled: false });
            (calls.len() - 1, times)
        };
        let mut chance = Seed::of_bytes(format!("{}/{subscription}/{id}/{times}", world.seed).as_bytes());
        let mut ending = Ending { world, clock: context.clock(), number, is_handled: false };
        let result = act(&mut chance).await;
        ending.is_handled = result.is_ok();
        result
    }
}

/// Notes the end of a call, also of one that panics or is cut off.
struct Ending<'w> {
    world: &'w World,
    clock: Clock,
    number: usize,
    is_handled: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let call = &mut self.world.calls.lock().unwrap()[self.number];
        (call.to, call.is_handled) = (Some(self.clock.elapsed()), self.is_handled);
    }
}

async fn act(chance: &mut Seed) -> Result<(), Fault> {
    if chance.chance(700) {
        tokio::time::sleep(Duration::from_millis(chance.below(40))).await;
    }
    match chance.below(100) {
        0..75 => Ok(()),
        75..87 => Err(Fault::transient("no luck")),
        87..90 => Err(Fault::retry_after(Duration::from_millis(chance.below(4_000)), "later")),
        90..94 => Err(Fault::permanent("never")),
        // Panics, and prints nothing.
        94..98 => std::panic::resume_unwind(Box::new("bad luck")),
        _ => std::future::pending().await,
    }
}

/// The school of a seed.
pub fn service(seed: u64) -> (Service<World>, Arc<World>) {
    let retry = || RetryPolicy::try_new(4, 200, 3, 5_000, 50).unwrap();
    let mark = |subscription| move |mark: MarkGiven, context| World::handle(subscription, mark.pupil, context);
    let any = |event: AnyEvent, context| async move {
        let pupil = event.json()?["pupil"].as_str().unwrap().to_owned();
        World::handle("school.audit", pupil, context).await
    };
    let tune = |subscription: Subscription<World>| subscription.retry(retry()).timeout(Duration::from_secs(2));
    let service = Service::with_state("school", World { seed, calls: Mutex::default() })
        .publishes::<MarkGiven>()
        .subscribe(tune(Subscription::new("marks").on(mark("school.marks"))))
        .subscribe(tune(Subscription::new("ledger").concurrency(1).prefetch(3).on(mark("school.ledger"))))
        .subscribe(tune(Subscription::new("audit").concurrency(4).prefetch(16).on_any("school.#", any)));
    let world = service.state();
    (service, world)
}
