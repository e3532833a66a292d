//! Exchanges and what is bound to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fabric_core::{
    Pattern,
    message::{HeaderValue, Outgoing},
    resend::SLOT,
    router::Router,
};

use super::queue::QueueId;

/// The exchanges by their names.
#[derive(Debug, Default)]
pub(super) struct Exchanges(BTreeMap<String, Exchange>);

#[derive(Debug)]
enum Exchange {
    Topic(TopicExchange),
    Slots(SlotsExchange),
    /// The queues by their binding keys, which are their names.
    Direct(BTreeMap<String, QueueId>),
}

/// Of which kind an exchange is. It stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeKind {
    Topic,
    Slots,
    Direct,
}

impl ExchangeKind {
    /// As `RabbitMQ` calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Slots => "headers",
            Self::Direct => "direct",
        }
    }
}

#[derive(Debug, Default)]
struct TopicExchange {
    bindings: BTreeSet<(Pattern, Destination)>,
    router: Router<Destination>,
}

/// A headers exchange whose bindings ask for one value of the header [`SLOT`] each.
#[derive(Debug)]
struct SlotsExchange {
    bindings: BTreeSet<(u8, QueueId)>,
    /// The exchange that gets what reaches no queue from here.
    alternate: Arc<str>,
}

/// What a topic exchange sends messages to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    Queue(QueueId),
    /// A slots exchange.
    Exchange(Arc<str>),
}

impl Exchanges {
    pub(super) fn declare_topic(&mut self, name: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| Exchange::Topic(TopicExchange::default()));
    }

    pub(super) fn declare_slots(&mut self, name: &str, alternate: &str) {
        let slots = || SlotsExchange { bindings: BTreeSet::new(), alternate: alternate.into() };
        self.0.entry(name.to_owned()).or_insert_with(|| Exchange::Slots(slots()));
    }

    pub(super) fn declare_direct(&mut self, name: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| Exchange::Direct(BTreeMap::new()));
    }

    pub(super) fn is_topic(&self, name: &str) -> bool {
        self.kind(name) == Some(ExchangeKind::Topic)
    }

    /// Of which kind an exchange is. None: it does not stand.
    pub(super) fn kind(&self, name: &str) -> Option<ExchangeKind> {
        self.0.get(name).map(|exchange| match exchange {
            Exchange::Topic(_) => ExchangeKind::Topic,
            Exchange::Slots(_) => ExchangeKind::Slots,
            Exchange::Direct(_) => ExchangeKind::Direct,
        })
    }

    /// Binds to a topic exchange. What is none binds nothing.
    pub(super) fn bind(&mut self, exchange: &str, pattern: &Pattern, destination: Destination) {
        if let Some(Exchange::Topic(exchange)) = self.0.get_mut(exchange)
            && exchange.bindings.insert((pattern.clone(), destination.clone()))
        {
            exchange.router.insert(pattern, destination);
        }
    }

    /// Binds a queue to a slots exchange. What is none binds nothing.
    pub(super) fn bind_slot(&mut self, exchange: &str, slot: u8, queue: QueueId) {
        if let Some(Exchange::Slots(exchange)) = self.0.get_mut(exchange) {
            exchange.bindings.insert((slot, queue));
        }
    }

    /// Binds a queue to a direct exchange by its name. What is none binds nothing.
    pub(super) fn bind_direct(&mut self, exchange: &str, name: &str, queue: QueueId) {
        if let Some(Exchange::Direct(queues)) = self.0.get_mut(exchange) {
            queues.insert(name.to_owned(), queue);
        }
    }

    /// Removes a queue from everything that it is bound to.
    pub(super) fn unbind(&mut self, queue: QueueId) {
        for exchange in self.0.values_mut() {
            match exchange {
                Exchange::Topic(exchange) => exchange.unbind(&Destination::Queue(queue)),
                Exchange::Slots(exchange) => exchange.bindings.retain(|(_, bound)| *bound != queue),
                Exchange::Direct(queues) => queues.retain(|_, bound| *bound != queue),
            }
        }
    }

    /// Removes an exchange with its bindings, and from what it is bound to. Says whether it stood.
    pub(super) fn delete(&mut self, name: &str) -> bool {
        let stood = self.0.remove(name).is_some();
        let destination = Destination::Exchange(name.into());
        for exchange in self.0.values_mut() {
            if let Exchange::Topic(exchange) = exchange {
                exchange.unbind(&destination);
            }
        }
        stood
    }

    /// The queues that a message reaches, each once, in the order in which they were declared. None: its exchange does not stand.
    ///
    /// Each exchange on the way sees the message once, however many bindings lead there.
    pub(super) fn route(&self, content: &Outgoing) -> Option<Vec<QueueId>> {
        let mut queues = Vec::new();
        let mut on_the_way = vec![self.0.get_key_value(&content.exchange)?];
        let mut seen = 0;
        while let Some((_, exchange)) = on_the_way.get(seen) {
            seen += 1;
            let mut next = Vec::new();
            match exchange {
                Exchange::Topic(exchange) => {
                    exchange.router.visit(&content.routing_key, |destination| match destination {
                        Destination::Queue(queue) => queues.push(*queue),
                        Destination::Exchange(name) => next.push(name),
                    });
                }
                Exchange::Slots(exchange) => {
                    let before = queues.len();
                    queues.extend(exchange.queues_of(content));
                    next.extend((queues.len() == before).then_some(&exchange.alternate));
                }
                Exchange::Direct(bound) => queues.extend(bound.get(&content.routing_key)),
            }
            for name in next {
                let is_new = on_the_way.iter().all(|(other, _)| other.as_str() != &**name);
                on_the_way.extend(self.0.get_key_value(&**name).filter(|_| is_new));
            }
        }
        queues.sort_unstable();
        queues.dedup();
        Some(queues)
    }
}

impl TopicExchange {
    /// A router only grows, so it is built again.
    fn unbind(&mut self, destination: &Destination) {
        let before = self.bindings.len();
        self.bindings.retain(|(_, bound)| bound != destination);
        if self.bindings.len() < before {
            self.router = Router::default();
            self.bindings.iter().for_each(|(pattern, bound)| self.router.insert(pattern, bound.clone()));
        }
    }
}

impl SlotsExchange {
    /// As with `RabbitMQ`, a number that is written as a text is not that number.
    fn queues_of(&self, content: &Outgoing) -> impl Iterator<Item = QueueId> {
        let slot = match content.message.headers.get(SLOT) {
            Some(HeaderValue::Int(slot)) => u8::try_from(*slot).ok(),
            _ => None,
        };
        let of_slot = slot.map(|slot| self.bindings.range((slot, QueueId::MIN)..=(slot, QueueId::MAX)));
        of_slot.into_iter().flatten().map(|(_, queue)| *queue)
    }
}
