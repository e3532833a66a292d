//! A message as plain data: what any broker's adapter can send and receive, with no driver's types in it.

use bytes::Bytes;

/// A header's value. Ours are scalars only.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderValue {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A header of a kind that the fabric never reads, such as a table. It is dropped when the message is published again.
    Other,
}

impl HeaderValue {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) | Self::Bool(_) | Self::Other => None,
        }
    }

    /// The number, if it is one or a text that reads as one: clients of other languages write numbers as they like.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Bool(_) | Self::Other => None,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Int(_) => 8,
            Self::Bool(_) | Self::Other => 1,
        }
    }
}

impl From<&str> for HeaderValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Headers in the order in which they were written. There are few, so a list is faster than a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers(Vec<(std::borrow::Cow<'static, str>, HeaderValue)>);

impl Headers {
    /// Room for this many headers.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Sets a header, in the place of one with the same name.
    pub fn set(&mut self, name: impl Into<std::borrow::Cow<'static, str>>, value: impl Into<HeaderValue>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The value of a header.
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The text of a header that has one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(HeaderValue::as_text)
    }

    /// All headers in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Keeps the headers that `keep` says true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &HeaderValue) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many headers with a name that `counts`, and how many bytes their names and values have together.
    pub fn size(&self, counts: impl Fn(&str) -> bool) -> (usize, usize) {
        let counted = self.0.iter().filter(|(name, _)| counts(name));
        counted.fold((0, 0), |(count, bytes), (name, value)| (count + 1, bytes + name.len() + value.bytes()))
    }

    /// Adds a header without looking for one with the same name: for a writer that writes each once.
    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<HeaderValue>) {
        self.0.push((std::borrow::Cow::Borrowed(name), value.into()));
    }
}

/// The AMQP properties that the fabric uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// The event's id: returns are matched by it.
    pub message_id: Option<String>,
    /// The topic (`type` in AMQP).
    pub kind: Option<String>,
    /// The service that sent it.
    pub app_id: Option<String>,
    /// The broker's user that sent it: the adapter sets it to the connection's, the broker checks it.
    pub user_id: Option<String>,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// When it was made, in seconds since 1970.
    pub timestamp_s: Option<u64>,
    /// Whether it is written to disk (`delivery_mode` 2).
    pub persistent: bool,
}

/// Properties, headers and a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// The properties.
    pub properties: Properties,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// A message on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The exchange. Copies that are meant for one queue go by a [queues exchange](crate::topology::names::queues_exchange).
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// The message. Its `message_id` must be set: the answer is matched by it.
    pub message: Message,
}

/// A message on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The number by which it is settled on its channel.
    pub tag: crate::ack_ledger::Tag,
    /// The exchange that it was published to.
    pub exchange: String,
    /// The routing key that it was published with.
    pub routing_key: String,
    /// Whether the broker says that it may have been delivered before. Not set proves nothing.
    pub redelivered: bool,
    /// The message.
    pub message: Message,
}
