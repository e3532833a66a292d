//! What can be done wrong on purpose, so that the fault harness can show that its checks would notice.
//!
//! All of it is behind the feature `flaws`, which is off by default and which no release has. Without it a broker cannot be given a
//! [`Flaw`], [`Flaws`] has no size, and each of its methods gives back what is right.

#![cfg_attr(
    not(feature = "flaws"),
    allow(unused_variables, clippy::unused_self, clippy::unused_async, reason = "nothing is left to do")
)]

use std::sync::Arc;

use fabric_core::ack_ledger::Settlement;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, PublisherConfirm,
    options::BasicPublishOptions,
    types::{FieldTable, ShortString},
};

use crate::{options::RabbitOptions, standing::Standing};

/// What a broker does wrong.
#[cfg(feature = "flaws")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// A returned message is believed to belong to the confirm that carries it, as the driver pairs them: routed and unrouted are
    /// told of the wrong publishes.
    PairingTrusted,
    /// Nothing is published as mandatory: what no queue wants is reported as routed.
    MandatoryOff,
    /// Giving back one delivery gives back all that were delivered before it too (`basic.nack` with `multiple`), also those that
    /// are being handled, whose acknowledgements then end the channel.
    NackMultiple,
    /// Work and wait queues drop their oldest instead of refusing, which silently makes dead-lettering at-most-once: what moves on
    /// to a queue that is missing or dying at that moment is lost. It applies to queues that do not stand yet.
    DropHead,
    /// What is published goes over the connection that consumes: a broker that blocks publishers takes no acknowledgements.
    OneConnection,
    /// A publish is reported as done as soon as the driver has it.
    ConfirmIgnored,
}

/// The flaw of a broker, if it has one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flaws(#[cfg(feature = "flaws")] Option<Flaw>);

impl Flaws {
    /// What a broker with these options does wrong.
    pub fn of(options: &RabbitOptions) -> Self {
        Self(
            #[cfg(feature = "flaws")]
            options.flaw,
        )
    }

    /// How to publish.
    pub fn publish_options(self, options: BasicPublishOptions) -> BasicPublishOptions {
        #[cfg(feature = "flaws")]
        if self.0 == Some(Flaw::MandatoryOff) {
            return BasicPublishOptions { mandatory: false, ..options };
        }
        options
    }

    /// The message id that a return is to be taken for, whichever it has.
    pub fn paired_with(self, published: &BasicProperties) -> Option<ShortString> {
        #[cfg(feature = "flaws")]
        if self.0 == Some(Flaw::PairingTrusted) {
            return published.message_id().clone();
        }
        None
    }

    /// Waits for a confirm.
    pub async fn confirmation(
        self,
        confirm: PublisherConfirm,
        paired_with: Option<ShortString>,
    ) -> lapin::Result<Confirmation> {
        #[cfg(feature = "flaws")]
        match (self.0, paired_with) {
            (Some(Flaw::ConfirmIgnored), _) => return Ok(Confirmation::Ack(None)),
            (_, Some(id)) => return confirm.await.map(|confirmation| paired(confirmation, id)),
            (_, None) => {}
        }
        confirm.await
    }

    /// Where to publish, instead of on a connection for that alone.
    pub async fn shared_connection(self, standing: &Standing) -> Option<Result<Arc<Connection>, String>> {
        #[cfg(feature = "flaws")]
        if self.0 == Some(Flaw::OneConnection) {
            return Some(standing.connection().await);
        }
        None
    }

    /// Settles in another way than it should be.
    #[cfg_attr(feature = "flaws", expect(clippy::disallowed_methods, reason = "this is the flaw"))]
    pub async fn settle(self, channel: &Channel, settlement: &Settlement) -> Option<lapin::Result<()>> {
        #[cfg(feature = "flaws")]
        if let (Some(Flaw::NackMultiple), Settlement::GiveBack { tag }) = (self.0, settlement) {
            let all = lapin::options::BasicNackOptions { multiple: true, requeue: true };
            return Some(channel.basic_nack(*tag, all).await);
        }
        None
    }

    /// What to declare a queue with.
    pub fn queue_arguments(self, arguments: FieldTable) -> FieldTable {
        #[cfg(feature = "flaws")]
        if self.0 == Some(Flaw::DropHead) {
            return dropping_head(&arguments);
        }
        arguments
    }
}

#[cfg(feature = "flaws")]
fn paired(mut confirmation: Confirmation, id: ShortString) -> Confirmation {
    if let Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) = &mut confirmation {
        returned.delivery.properties = std::mem::take(&mut returned.delivery.properties).with_message_id(id);
    }
    confirmation
}

#[cfg(feature = "flaws")]
fn dropping_head(arguments: &FieldTable) -> FieldTable {
    use lapin::types::AMQPValue;

    let mut flawed = FieldTable::default();
    for (name, value) in arguments {
        let value = match name.as_str() {
            "x-dead-letter-strategy" => continue,
            "x-overflow" => AMQPValue::LongString("drop-head".into()),
            _ => value.clone(),
        };
        flawed.insert(name.clone(), value);
    }
    flawed
}
