//! The copy of an event that a migration moves to another place.

use super::super::{Destination, names};
use crate::{
    message::{Incoming, Outgoing},
    resend::{ORIGIN_EXCHANGE, ORIGIN_KEY, may_travel, strip_claims},
};

/// The same event for another place: by the default exchange to a queue, which whoever may delete queues may write to, and with its own
/// key to an exchange that tells by its headers where it goes. It says by which way the original came, and keeps its attempts if it
/// was a copy already.
pub fn moved_copy(mut incoming: Incoming, to: &Destination) -> Outgoing {
    // What comes next counts as a copy of ours and is believed, so nothing that its publisher has claimed may be in it.
    strip_claims(&mut incoming);
    let Incoming { tag, exchange, routing_key, redelivered: _, mut message } = incoming;
    message.headers.retain(may_travel);
    if !names::brings_copies(&exchange) {
        message.headers.set(ORIGIN_EXCHANGE, exchange);
        message.headers.set(ORIGIN_KEY, routing_key.as_str());
    }
    let properties = &mut message.properties;
    // The broker checks the user id against the connection that publishes, which is ours now.
    properties.user_id = None;
    properties.persistent = true;
    if properties.message_id.as_deref().is_none_or(str::is_empty) {
        // The confirm is matched by it; a foreign event may have come without one.
        properties.message_id = Some(format!("{}:{tag}", to.name()));
    }
    let (exchange, routing_key) = match to {
        Destination::Queue(queue) => (String::new(), queue.clone()),
        Destination::Exchange(exchange) => {
            let key = message.headers.text(ORIGIN_KEY).map_or(routing_key, str::to_owned);
            (exchange.clone(), key)
        }
    };
    Outgoing { exchange, routing_key, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Message, Properties};

    fn incoming(exchange: &str, key: &str, headers: &[(&'static str, &str)]) -> Incoming {
        let properties =
            Properties { message_id: Some("1".into()), user_id: Some("a".into()), ..Properties::default() };
        let mut message = Message { properties, ..Message::default() };
        for (name, value) in headers {
            message.headers.set(*name, *value);
        }
        Incoming { tag: 7, exchange: exchange.to_owned(), routing_key: key.to_owned(), redelivered: true, message }
    }

    #[test]
    fn an_event_goes_to_a_queue_with_what_it_carries_and_where_it_came_from() {
        let to = Destination::Queue("a.b.standby".to_owned());
        let headers = [("cloudEvents_id", "1"), ("x-death", "forged"), ("CC", "kyc"), ("fabric-attempt", "2")];
        let copy = moved_copy(incoming("events.a", "a.b.c", &headers), &to);
        assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("", "a.b.standby"));
        let names: Vec<&str> = copy.message.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cloudEvents_id", ORIGIN_EXCHANGE, ORIGIN_KEY], "a publisher's claims are left behind");
        let again = moved_copy(incoming("", "a.b", &[(ORIGIN_EXCHANGE, "events.a"), ("fabric-attempt", "2")]), &to);
        let names: Vec<&str> = again.message.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [ORIGIN_EXCHANGE, "fabric-attempt"], "a copy keeps its own");
        let properties = &copy.message.properties;
        assert_eq!((properties.message_id.as_deref(), properties.user_id.as_deref()), (Some("1"), None));
        assert!(properties.persistent);
    }

    #[test]
    fn a_copy_goes_to_a_splitter_with_the_key_of_its_original() {
        let to = Destination::Exchange("a.b.slots".to_owned());
        let copy =
            moved_copy(incoming("queues.a", "a.b", &[(ORIGIN_EXCHANGE, "events.a"), (ORIGIN_KEY, "a.b.c")]), &to);
        assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("a.b.slots", "a.b.c"));
        assert_eq!(moved_copy(incoming("events.a", "a.x.y", &[]), &to).routing_key, "a.x.y");
        let mut nameless = incoming("", "a.b", &[]);
        nameless.message.properties.message_id = None;
        assert_eq!(moved_copy(nameless, &to).message.properties.message_id.as_deref(), Some("a.b.slots:7"));
    }
}
