//! The port `Consumer` over a channel of the model.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use fabric_core::{ack_ledger::Settlement, message::Incoming};
use fabric_runtime::ports::{BoxFuture, Consumer, Settled};
use tokio::task::coop;

use super::server::Server;
use crate::model::{ChannelId, Delivery};

/// The reader of one channel. When it is dropped, the channel is closed and what is out goes back.
pub(super) struct MemoryConsumer {
    server: Arc<Server>,
    channel: ChannelId,
}

impl MemoryConsumer {
    pub(super) fn new(server: Arc<Server>, channel: ChannelId) -> Self {
        Self { server, channel }
    }
}

impl Consumer for MemoryConsumer {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        // Nothing here ever has to wait for a network, so a busy consumer would never let anybody else run.
        let budget = ready!(coop::poll_proceed(context));
        let delivery = ready!(self.server.poll_delivery(self.channel, context));
        budget.made_progress();
        Poll::Ready(delivery.map(Delivery::into_incoming))
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        let settled = self.server.step(|state| {
            let mut settled = Settled::default();
            for settlement in settlements {
                if state.model.settle(self.channel, settlement) {
                    settled.sent += 1;
                } else {
                    settled.lost += 1;
                }
            }
            settled
        });
        Box::pin(std::future::ready(settled))
    }

    fn close(self: Box<Self>, _deadline: Duration) -> BoxFuture<'static, ()> {
        // Settlements are never on their way here: dropping closes the channel at once.
        drop(self);
        Box::pin(std::future::ready(()))
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        drop(self.server.step(|state| state.close_channel(self.channel)));
    }
}
