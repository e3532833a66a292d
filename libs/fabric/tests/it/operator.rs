//! What operators do: sending back what is parked, pausing and resuming.

use std::time::Duration;

use fabric::{
    Clock, SubscriptionName,
    core::{
        message::{Message, Outgoing},
        parked::{ParkedEvents, Select, keeps_order},
        redrive::Plan,
        topology::Topology,
    },
    runtime::{
        control::{self, Pause},
        parked::ParkedQueue,
        ports::Broker,
        redrive::{self, Job, Outcomes},
    },
};
use tokio::sync::mpsc;

/// How long operators wait for each other.
const PATIENCE: Duration = Duration::from_secs(1);

/// Somebody who can send parked events back.
pub struct Operator<'o> {
    pub broker: &'o dyn Broker,
    pub topology: &'o Topology,
    pub clock: Clock,
    /// Whether the subscription tells what becomes of redriven events.
    pub is_told: bool,
}

impl Operator<'_> {
    /// Sends everything that is parked of a subscription back, as far as the broker lets it, and says which ids before it does. Gives
    /// how many events that was.
    pub async fn redrive(&self, name: &SubscriptionName, redrive_id: &str, note: impl Fn(&str)) -> usize {
        // What keeps the order stays parked until it is known what became of it.
        let keeps = self.is_told && keeps_order(self.topology, name);
        let Ok(outcomes) = (if keeps { Outcomes::watch(self.broker).await } else { Ok(Outcomes::unwatched()) }) else {
            return 0;
        };
        let Ok(mut queue) = ParkedQueue::open(self.broker, name, PATIENCE).await else { return 0 };
        let mut messages = Vec::new();
        while let Ok(Some(incoming)) = queue.next().await {
            messages.push(incoming);
        }
        let moves = ParkedEvents::of(messages).moves(&Select::All, self.topology, name).unwrap();
        for step in &moves {
            note(&step.entry.event.id);
        }
        let total = moves.len();
        let plan = Plan {
            total,
            canary: false,
            failures_percent_max: 100,
            patience: PATIENCE,
            rate: None,
            keep_until_known: keeps,
        };
        let job = Job { redrive_id: redrive_id.to_owned(), moves, plan };
        let (progress, _listening) = mpsc::channel(1);
        redrive::run(self.broker, &mut queue, job, outcomes, self.clock, &progress).await;
        queue.close().await;
        total
    }
}

/// Pauses a subscription and tells everybody. False: the broker did not let it.
pub async fn pause(broker: &dyn Broker, name: &SubscriptionName) -> bool {
    let pause = Pause { reason: "tea".to_owned(), by: "caretaker".to_owned(), at: None };
    let paused = control::pause(broker, name, pause).await.is_ok();
    tell_of_pauses(broker).await;
    paused
}

/// Resumes a subscription and tells everybody. False: the broker did not let it.
pub async fn resume(broker: &dyn Broker, name: &SubscriptionName) -> bool {
    let resumed = control::resume(broker, name).await.is_ok();
    tell_of_pauses(broker).await;
    resumed
}

async fn tell_of_pauses(broker: &dyn Broker) {
    let (exchange, routing_key) = ("events.fabric".to_owned(), "fabric.subscription.changed".to_owned());
    // When it is lost, so is the connection of those who did not hear of it, and they read again.
    drop(broker.publish(Outgoing { exchange, routing_key, message: Message::default() }).await);
}
