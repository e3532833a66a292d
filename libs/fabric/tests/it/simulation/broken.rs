//! Brokers that are broken on purpose: a checker that has never found anything proves nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use fabric::{
    core::{
        ack_ledger::Settlement,
        message::{HeaderValue, Incoming, Outgoing},
        topology::{QueueRole, Topology, names::leads_to_one_queue},
    },
    runtime::ports::{
        BoxFuture, Broker, BrokerStatus, Claim, ClaimError, Confirmed, ConsumeError, ConsumeRequest, Consumer,
        DeclareError, Depth, DepthError, PublishError, Settled, TapRequest,
    },
};
use fabric_memory::MemoryBroker;
use tokio::sync::watch;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Deliveries are acknowledged when they come.
    AcksAtDelivery,
    /// An acknowledgement is taken for everything before it, too.
    AcksAllBefore,
    /// A publish is reported as confirmed when it is handed over.
    ConfirmsBeforehand,
    /// Copies for another attempt and for parking are not waited for.
    CopiesUnconfirmed,
    /// What no queue wanted is reported as routed.
    MandatoryOff,
    /// Any number of consumers are active on a queue of a strict subscription.
    ManyActive,
    /// What is parked is not seen by who reads it.
    ParkedUnseen,
    /// Events go to any partition.
    SlotsByChance,
    /// Deliveries are not told apart: the oldest one that is out is settled, whichever is meant.
    OneTag,
}

pub const FLAWS: [Flaw; 9] = [
    Flaw::AcksAtDelivery,
    Flaw::AcksAllBefore,
    Flaw::ConfirmsBeforehand,
    Flaw::CopiesUnconfirmed,
    Flaw::MandatoryOff,
    Flaw::ManyActive,
    Flaw::ParkedUnseen,
    Flaw::SlotsByChance,
    Flaw::OneTag,
];

/// A broker with a flaw.
pub struct Broken {
    broker: Arc<MemoryBroker>,
    flaw: Flaw,
    count: AtomicU64,
}

impl Broken {
    /// The broker with the flaw, or as it is.
    pub fn wrap(broker: &Arc<MemoryBroker>, flaw: Option<Flaw>) -> Arc<dyn Broker> {
        let broker = Arc::clone(broker);
        match flaw {
            None => broker,
            Some(flaw) => Arc::new(Self { broker, flaw, count: AtomicU64::new(0) }),
        }
    }
}

impl Broker for Broken {
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>> {
        Box::pin(async move {
            let mut topology = topology.clone();
            if self.flaw == Flaw::ManyActive {
                for queue in &mut topology.queues {
                    if let QueueRole::Work { single_active, .. } = &mut queue.role {
                        *single_active = false;
                    }
                }
            }
            self.broker.declare(&topology).await
        })
    }

    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>> {
        self.broker.restore()
    }

    fn publish(&self, mut outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>> {
        let is_copy = leads_to_one_queue(&outgoing.exchange);
        if self.flaw == Flaw::SlotsByChance && !is_copy {
            let slot = i64::try_from(self.count.fetch_add(23, Relaxed) % 64).unwrap();
            outgoing.message.headers.set("fabric-slot", HeaderValue::Int(slot));
        }
        let published = self.broker.publish(outgoing);
        let flaw = self.flaw;
        Box::pin(async move {
            match (flaw, published.await) {
                (Flaw::CopiesUnconfirmed, _) if is_copy => Ok(Confirmed::Routed),
                (Flaw::ConfirmsBeforehand, _) if !is_copy => Ok(Confirmed::Routed),
                (Flaw::MandatoryOff, Ok(_)) => Ok(Confirmed::Routed),
                (_, published) => published,
            }
        })
    }

    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(async move {
            let consumer = self.broker.consume(request).await?;
            Ok(Box::new(BrokenConsumer { consumer, flaw: self.flaw, owed: Vec::new() }) as Box<dyn Consumer>)
        })
    }

    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        self.broker.tap(request)
    }

    fn claim(&self, name: String) -> BoxFuture<'_, Result<Box<dyn Claim>, ClaimError>> {
        self.broker.claim(name)
    }

    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>> {
        Box::pin(async move {
            let mut depths = self.broker.depths(queues).await?;
            if self.flaw == Flaw::ParkedUnseen {
                depths.iter_mut().filter(|depth| depth.queue.ends_with(".parked")).for_each(|depth| depth.ready = 0);
            }
            Ok(depths)
        })
    }

    fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.broker.status()
    }

    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()> {
        self.broker.close(deadline)
    }
}

struct BrokenConsumer {
    consumer: Box<dyn Consumer>,
    flaw: Flaw,
    /// The tags of what was delivered, for a consumer that does not tell them apart.
    owed: Vec<u64>,
}

impl Consumer for BrokenConsumer {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let mut polled = self.consumer.poll_next(context);
        if let Poll::Ready(Some(incoming)) = &mut polled {
            match self.flaw {
                Flaw::AcksAtDelivery => {
                    let ack = Settlement::Ack { tag: incoming.tag, multiple: false };
                    // The port in memory settles when it is called.
                    drop(self.consumer.settle(vec![ack]));
                }
                Flaw::OneTag => self.owed.push(incoming.tag),
                _ => {}
            }
        }
        polled
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        let sent = settlements.len();
        let settlements = match self.flaw {
            Flaw::AcksAtDelivery => {
                return Box::pin(std::future::ready(Settled { sent, lost: 0 }));
            }
            Flaw::AcksAllBefore => settlements.into_iter().map(all_before).collect(),
            Flaw::OneTag => self.settle_any(settlements),
            _ => settlements,
        };
        self.consumer.settle(settlements)
    }

    fn close(self: Box<Self>, deadline: Duration) -> BoxFuture<'static, ()> {
        self.consumer.close(deadline)
    }
}

impl BrokenConsumer {
    /// Settles the oldest delivery that is out, whichever is meant.
    fn settle_any(&mut self, settlements: Vec<Settlement>) -> Vec<Settlement> {
        let mut settled = Vec::new();
        for settlement in settlements {
            let (tag, multiple) = match settlement {
                Settlement::Ack { tag, multiple } => (tag, multiple),
                Settlement::GiveBack { tag } => (tag, false),
            };
            let count = if multiple { self.owed.iter().filter(|owed| **owed <= tag).count() } else { 1 };
            for tag in self.owed.drain(..count.min(self.owed.len())) {
                settled.push(match settlement {
                    Settlement::Ack { .. } => Settlement::Ack { tag, multiple: false },
                    Settlement::GiveBack { .. } => Settlement::GiveBack { tag },
                });
            }
        }
        settled
    }
}

fn all_before(settlement: Settlement) -> Settlement {
    match settlement {
        Settlement::Ack { tag, .. } => Settlement::Ack { tag, multiple: true },
        Settlement::GiveBack { tag } => Settlement::GiveBack { tag },
    }
}
