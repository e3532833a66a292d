//! One declaration.

use fabric_core::topology::{
    Binding, DirectBinding, Queue, Splitter, Target, Topology, queue_arguments, slot_arguments, splitter_arguments,
};
use fabric_runtime::ports::{BoxFuture, DeclareError};
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeBindOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};

use super::arguments;
use crate::{
    error::{Refusal, RefusalKind},
    flaw::Flaws,
    wire::name,
};

/// One declaration.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Exchange(Exchange<'a>),
    Queue(&'a Queue),
    /// Copies for this queue reach it.
    Direct(&'a DirectBinding),
    Binding(&'a Binding),
    /// What has no slot goes to the first queue.
    Slotless(&'a Splitter),
    /// What has this slot goes to its queue.
    Slot(&'a Splitter, u8),
    /// Only asks whether the exchange is there: nobody needs a permission for that.
    HasExchange(Exchange<'a>),
    /// Only asks whether the queue is there.
    HasQueue(&'a Queue),
}

/// A durable exchange of one of the kinds that there are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exchange<'a> {
    /// A context's topic exchange.
    Context(&'a str),
    /// A direct exchange for copies to single queues.
    Direct(&'a str),
    /// A splitter's alternate exchange.
    Slotless(&'a Splitter),
    /// A splitter's headers exchange.
    Slots(&'a Splitter),
}

/// Everything that a topology needs, in an order in which it can be made.
pub(super) fn steps(topology: &Topology) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> =
        topology.exchanges.iter().map(|exchange| Step::Exchange(Exchange::Context(exchange))).collect();
    steps.extend(topology.queues.iter().map(Step::Queue));
    // Before any event flows in: whoever gets one may have to retry or park it.
    steps.extend(topology.direct_exchanges().into_iter().map(|exchange| Step::Exchange(Exchange::Direct(exchange))));
    steps.extend(topology.direct.iter().map(Step::Direct));
    for splitter in &topology.splitters {
        // Its slots before anything flows into it: what comes earlier would all go to the first queue.
        steps.extend([Exchange::Slotless(splitter), Exchange::Slots(splitter)].map(Step::Exchange));
        steps.push(Step::Slotless(splitter));
        steps.extend(splitter.slots().map(|(slot, _)| Step::Slot(splitter, slot)));
    }
    steps.extend(topology.bindings.iter().map(Step::Binding));
    steps
}

impl<'a> Step<'a> {
    /// Makes it stand.
    pub fn make<'c>(&'c self, channel: &'c Channel, flaws: Flaws) -> BoxFuture<'c, lapin::Result<()>> {
        let none = FieldTable::default();
        Box::pin(async move {
            match self {
                Self::Exchange(exchange) => exchange.declare(channel, DURABLE_EXCHANGE).await,
                Self::HasExchange(exchange) => {
                    exchange.declare(channel, ExchangeDeclareOptions { passive: true, ..DURABLE_EXCHANGE }).await
                }
                Self::Queue(queue) => {
                    let arguments = flaws.queue_arguments(arguments::table(&queue_arguments(&queue.role)));
                    channel.queue_declare(name(&queue.name)?, QueueDeclareOptions::durable(), arguments).await.map(drop)
                }
                Self::HasQueue(queue) => {
                    let passive = QueueDeclareOptions::durable().passive();
                    channel.queue_declare(name(&queue.name)?, passive, none).await.map(drop)
                }
                Self::Direct(DirectBinding { exchange, queue }) => {
                    bind_queue(channel, queue, exchange, queue, none).await
                }
                Self::Binding(Binding { exchange, target: Target::Queue(queue), pattern }) => {
                    bind_queue(channel, queue, exchange, pattern.as_str(), none).await
                }
                Self::Binding(Binding { exchange, target: Target::Splitter(splitter), pattern }) => {
                    let (to, from, key) = (name(splitter)?, name(exchange)?, name(pattern.as_str())?);
                    channel.exchange_bind(to, from, key, ExchangeBindOptions::default(), none).await
                }
                Self::Slotless(splitter) => {
                    bind_queue(channel, &splitter.slotless_queue(), &splitter.slotless_exchange(), "#", none).await
                }
                Self::Slot(splitter, slot) => {
                    let arguments = arguments::table(&slot_arguments(*slot));
                    bind_queue(channel, &splitter.queue_of(*slot), &splitter.exchange(), "", arguments).await
                }
            }
        })
    }

    /// The question whether this stands, where one can be asked: bindings cannot be seen.
    pub fn check(&self) -> Option<Step<'a>> {
        match *self {
            Self::Exchange(exchange) => Some(Step::HasExchange(exchange)),
            Self::Queue(queue) => Some(Step::HasQueue(queue)),
            _ => None,
        }
    }

    /// The question that is left when this was refused: what may not be declared is fine if it is there.
    pub fn check_after(&self, refusal: &Refusal) -> Option<Step<'a>> {
        match *self {
            Self::Exchange(_) | Self::Queue(_) if refusal.kind == RefusalKind::Forbidden => self.check(),
            // A binding cannot be asked for. Whoever made the exchange has bound it, and a copy that finds no queue is not confirmed.
            Self::Direct(DirectBinding { exchange, .. }) if refusal.kind == RefusalKind::Forbidden => {
                Some(Step::HasExchange(Exchange::Direct(exchange)))
            }
            _ => None,
        }
    }

    /// What it is about, as operators know it.
    pub fn resource(&self) -> String {
        match self {
            Self::Exchange(exchange) | Self::HasExchange(exchange) => format!("the exchange {}", exchange.name()),
            Self::Queue(queue) | Self::HasQueue(queue) => format!("the queue {}", queue.name),
            Self::Direct(DirectBinding { exchange, queue }) => {
                format!("the binding of the queue {queue} to the exchange {exchange}")
            }
            Self::Binding(Binding { exchange, target, pattern }) => {
                let kind = match target {
                    Target::Queue(_) => "queue",
                    Target::Splitter(_) => "exchange",
                };
                format!("the binding {pattern} of the {kind} {} to the exchange {exchange}", target.name())
            }
            Self::Slotless(splitter) => {
                let (queue, exchange) = (splitter.slotless_queue(), splitter.slotless_exchange());
                format!("the binding of the queue {queue} to the exchange {exchange}")
            }
            Self::Slot(splitter, slot) => {
                let (queue, exchange) = (splitter.queue_of(*slot), splitter.exchange());
                format!("the binding of the slot {slot} of the queue {queue} to the exchange {exchange}")
            }
        }
    }

    /// The error that a refusal of it is.
    pub fn error(&self, refusal: Refusal) -> DeclareError {
        let (resource, detail) = (self.resource(), refusal.detail);
        match refusal.kind {
            RefusalKind::NotFound if matches!(self, Self::HasExchange(_) | Self::HasQueue(_)) => {
                DeclareError::Missing { resource }
            }
            RefusalKind::Forbidden => DeclareError::Forbidden { resource, detail },
            RefusalKind::NotFound | RefusalKind::InUse | RefusalKind::Other => {
                DeclareError::Different { resource, detail }
            }
        }
    }
}

const DURABLE_EXCHANGE: ExchangeDeclareOptions =
    ExchangeDeclareOptions { passive: false, durable: true, auto_delete: false, internal: false, nowait: false };

impl Exchange<'_> {
    fn name(&self) -> String {
        match self {
            Self::Context(exchange) | Self::Direct(exchange) => (*exchange).to_owned(),
            Self::Slotless(splitter) => splitter.slotless_exchange(),
            Self::Slots(splitter) => splitter.exchange(),
        }
    }

    async fn declare(&self, channel: &Channel, options: ExchangeDeclareOptions) -> lapin::Result<()> {
        let (kind, arguments) = match self {
            Self::Context(_) | Self::Slotless(_) => (ExchangeKind::Topic, FieldTable::default()),
            Self::Direct(_) => (ExchangeKind::Direct, FieldTable::default()),
            Self::Slots(splitter) => (ExchangeKind::Headers, arguments::table(&splitter_arguments(splitter))),
        };
        channel.exchange_declare(name(&self.name())?, kind, options, arguments).await
    }
}

async fn bind_queue(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
    arguments: FieldTable,
) -> lapin::Result<()> {
    channel.queue_bind(name(queue)?, name(exchange)?, name(key)?, QueueBindOptions::default(), arguments).await
}
