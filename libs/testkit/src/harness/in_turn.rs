//! A broker whose consumers come back in the order in which they asked, so that a history repeats exactly.

use std::{sync::Arc, time::Duration};

use fabric::{
    core::{message::Outgoing, topology::Topology},
    runtime::ports::{
        BoxFuture, Broker, BrokerStatus, Confirmed, ConsumeError, ConsumeRequest, Consumer, DeclareError, Depth,
        DepthError, PublishError, TapRequest,
    },
};
use fabric_memory::MemoryBroker;
use tokio::sync::{Mutex, watch};

/// The broker in memory, which one consumer at a time waits for. Those who wait for a connection together are woken in an order
/// that tokio leaves to chance; those who wait for a mutex have their turns.
pub(super) struct InTurn {
    broker: Arc<MemoryBroker>,
    turn: Mutex<()>,
}

impl InTurn {
    pub(super) fn new(broker: Arc<MemoryBroker>) -> Arc<Self> {
        Arc::new(Self { broker, turn: Mutex::new(()) })
    }
}

impl Broker for InTurn {
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>> {
        self.broker.declare(topology)
    }

    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>> {
        self.broker.restore()
    }

    fn publish(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>> {
        self.broker.publish(outgoing)
    }

    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            self.broker.consume(request).await
        })
    }

    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        self.broker.tap(request)
    }

    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>> {
        self.broker.depths(queues)
    }

    fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.broker.status()
    }

    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()> {
        self.broker.close(deadline)
    }
}
