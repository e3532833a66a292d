//! Messages as the driver wants and gives them.

use bytes::Bytes;
use fabric_core::{
    limits::HEADERS_MAX,
    message::{HeaderValue, Headers, Incoming, Message, Outgoing, Properties},
};
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable, ShortString},
};

/// What a header frame can hold for certain: it cannot be split, and frames have 128 KiB.
const HEADERS_BYTES_MAX: usize = 100 * 1024;
/// `delivery_mode` 2: written to disk.
const PERSISTENT: u8 = 2;

/// A message ready to be handed to the driver: nothing in it can break the connection that it shares with others.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub exchange: ShortString,
    pub routing_key: ShortString,
    pub properties: BasicProperties,
    pub body: Bytes,
}

impl Prepared {
    /// Prepares a message that `user` sends. Fails with the reason when AMQP cannot carry it, or it has no message id.
    pub fn new(outgoing: Outgoing, user: &ShortString) -> Result<Self, &'static str> {
        let Message { properties, headers, body } = outgoing.message;
        let message_id = properties.message_id.filter(|id| !id.is_empty()).ok_or("it has no message id")?;
        let mut written = BasicProperties::default()
            .with_message_id(short(message_id)?)
            .with_user_id(user.clone())
            .with_delivery_mode(PERSISTENT)
            .with_headers(table(&headers)?);
        if let Some(kind) = properties.kind {
            written = written.with_type(short(kind)?);
        }
        if let Some(app_id) = properties.app_id {
            written = written.with_app_id(short(app_id)?);
        }
        if let Some(content_type) = properties.content_type {
            written = written.with_content_type(short(content_type)?);
        }
        if let Some(timestamp_s) = properties.timestamp_s {
            written = written.with_timestamp(timestamp_s);
        }
        let (exchange, routing_key) = (short(outgoing.exchange)?, short(outgoing.routing_key)?);
        Ok(Self { exchange, routing_key, properties: written, body })
    }

    /// The id that a returned message is matched by.
    pub fn message_id(&self) -> &str {
        text(self.properties.message_id().as_ref())
    }
}

/// A delivery as plain data.
pub(crate) fn incoming(delivery: Delivery) -> Incoming {
    let properties = &delivery.properties;
    let owned = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
    let message = Message {
        properties: Properties {
            message_id: owned(properties.message_id()),
            kind: owned(properties.kind()),
            app_id: owned(properties.app_id()),
            user_id: owned(properties.user_id()),
            content_type: owned(properties.content_type()),
            timestamp_s: *properties.timestamp(),
            persistent: *properties.delivery_mode() == Some(PERSISTENT),
        },
        headers: properties.headers().as_ref().map(headers).unwrap_or_default(),
        body: Bytes::from(delivery.data),
    };
    Incoming {
        tag: delivery.delivery_tag,
        exchange: delivery.exchange.into(),
        routing_key: delivery.routing_key.into(),
        redelivered: delivery.redelivered,
        message,
    }
}

/// The text of a name that may be absent.
pub(crate) fn text(name: Option<&ShortString>) -> &str {
    name.map(ShortString::as_str).unwrap_or_default()
}

/// A name as AMQP has them. The driver's own conversion panics on a long one.
pub(crate) fn short(text: impl Into<String>) -> Result<ShortString, &'static str> {
    ShortString::try_new(text).map_err(|_too_long| "a name or property of it has more than 255 bytes")
}

/// The same for the driver's own calls: a name that AMQP cannot carry ends them like a lost connection.
pub(crate) fn name(text: &str) -> lapin::Result<ShortString> {
    short(text).map_err(|reason| std::io::Error::other(reason).into())
}

fn table(headers: &Headers) -> Result<FieldTable, &'static str> {
    if headers.size(|_| true).1 > HEADERS_BYTES_MAX {
        return Err("its headers are too large");
    }
    let mut table = FieldTable::default();
    for (name, value) in headers.iter() {
        let value = match value {
            HeaderValue::Text(text) => AMQPValue::LongString(text.as_str().into()),
            HeaderValue::Int(number) => AMQPValue::LongLongInt(*number),
            HeaderValue::Bool(is_true) => AMQPValue::Boolean(*is_true),
            HeaderValue::Other => continue,
        };
        table.insert(short(name)?, value);
    }
    Ok(table)
}

fn headers(table: &FieldTable) -> Headers {
    // One more than there may be is enough for the core to refuse it; a hostile client can send very many.
    let kept = table.inner().len().min(HEADERS_MAX + 1);
    let mut headers = Headers::with_capacity(kept);
    for (name, value) in table.into_iter().take(kept) {
        headers.set(name.to_string(), header(value));
    }
    headers
}

fn header(value: &AMQPValue) -> HeaderValue {
    match value {
        AMQPValue::LongString(text) => {
            std::str::from_utf8(text.as_bytes()).map_or(HeaderValue::Other, HeaderValue::from)
        }
        AMQPValue::ShortString(text) => HeaderValue::Text(text.to_string()),
        AMQPValue::Boolean(is_true) => HeaderValue::Bool(*is_true),
        AMQPValue::ShortShortInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::ShortShortUInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::ShortInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::ShortUInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::LongInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::LongUInt(number) => HeaderValue::Int((*number).into()),
        AMQPValue::LongLongInt(number) => HeaderValue::Int(*number),
        AMQPValue::Timestamp(seconds) => i64::try_from(*seconds).map_or(HeaderValue::Other, HeaderValue::Int),
        AMQPValue::Float(_)
        | AMQPValue::Double(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => HeaderValue::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        let mut headers = Headers::default();
        headers.set("cloudEvents_id", "1");
        headers.set("fabric-attempt", HeaderValue::Int(2));
        headers.set("fabric-replay", HeaderValue::Bool(true));
        headers.set("table", HeaderValue::Other);
        let properties = Properties {
            message_id: Some("1".to_owned()),
            kind: Some("social.post.created".to_owned()),
            app_id: Some("social".to_owned()),
            user_id: Some("somebody-else".to_owned()),
            content_type: Some("application/json".to_owned()),
            timestamp_s: Some(1_700_000_000),
            persistent: false,
        };
        let message = Message { properties, headers, body: Bytes::from_static(b"{}") };
        Outgoing { exchange: "events.social".to_owned(), routing_key: "social.post.created".to_owned(), message }
    }

    #[test]
    fn a_message_comes_out_as_it_went_in_but_persistent_and_from_the_connections_user() {
        let prepared = Prepared::new(outgoing(), &"social".into()).unwrap();
        let mut delivery = Delivery::mock(7, prepared.exchange, prepared.routing_key, true, prepared.body.to_vec());
        delivery.properties = prepared.properties;
        let incoming = incoming(delivery);

        let mut expected = outgoing();
        expected.message.properties.user_id = Some("social".to_owned());
        expected.message.properties.persistent = true;
        expected.message.headers.retain(|name, _| name != "table");
        assert_eq!(incoming.message, expected.message);
        assert_eq!((incoming.tag, incoming.redelivered), (7, true));
        assert_eq!((incoming.exchange, incoming.routing_key), (expected.exchange, expected.routing_key));
    }

    #[test]
    fn what_amqp_cannot_carry_is_refused_before_it_breaks_the_connection() {
        let long = || "x".repeat(256);
        let table: [fn(&mut Outgoing, String); 6] = [
            |outgoing, long| outgoing.routing_key = long,
            |outgoing, long| outgoing.exchange = long,
            |outgoing, long| outgoing.message.properties.message_id = Some(long),
            |outgoing, long| outgoing.message.properties.app_id = Some(long),
            |outgoing, long| outgoing.message.headers.set(long, "value"),
            |outgoing, long| outgoing.message.headers.set("name", long.repeat(500)),
        ];
        for change in table {
            let mut outgoing = outgoing();
            change(&mut outgoing, long());
            assert!(Prepared::new(outgoing, &"social".into()).is_err());
        }
        let mut nameless = outgoing();
        nameless.message.properties.message_id = Some(String::new());
        assert_eq!(Prepared::new(nameless, &"social".into()).unwrap_err(), "it has no message id");
    }

    #[test]
    fn headers_of_other_clients_are_read_as_what_they_are() {
        let table = [
            (AMQPValue::ShortString("a".into()), HeaderValue::Text("a".to_owned())),
            (AMQPValue::LongString(vec![0xff_u8].into()), HeaderValue::Other),
            (AMQPValue::LongUInt(7), HeaderValue::Int(7)),
            (AMQPValue::ShortShortInt(-7), HeaderValue::Int(-7)),
            (AMQPValue::Timestamp(9), HeaderValue::Int(9)),
            (AMQPValue::Timestamp(u64::MAX), HeaderValue::Other),
            (AMQPValue::FieldTable(FieldTable::default()), HeaderValue::Other),
            (AMQPValue::Double(1.0), HeaderValue::Other),
            (AMQPValue::Void, HeaderValue::Other),
        ];
        for (value, expected) in table {
            assert_eq!(header(&value), expected, "{value:?}");
        }
    }
}
