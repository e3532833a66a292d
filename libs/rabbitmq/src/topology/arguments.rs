//! The arguments that queues, exchanges and bindings are declared with.
//!
//! They follow from name and role and never change: the broker refuses a declaration with others, so changing any of them needs a
//! migration of everything that stands anywhere.

use fabric_core::{
    resend,
    topology::{PARKED_RETURNS_MAX, QueueRole, RETURNS_MAX, Splitter},
};
use lapin::types::{AMQPValue, FieldTable};

/// A queue's.
pub(super) fn of_queue(role: &QueueRole) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    match role {
        QueueRole::Work { parked, single_active } => {
            dead_letter_to(&mut arguments, parked);
            limit_returns(&mut arguments, RETURNS_MAX);
            if *single_active {
                activate_one_consumer(&mut arguments);
            }
        }
        QueueRole::Wait { delay, work } => {
            dead_letter_to(&mut arguments, work);
            let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(delay_ms));
        }
        QueueRole::Parked => {
            keep(&mut arguments);
            activate_one_consumer(&mut arguments);
        }
        QueueRole::Unrouted => keep(&mut arguments),
    }
    arguments
}

/// A splitter's.
pub(super) fn of_splitter(splitter: &Splitter) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("alternate-exchange".into(), text(&splitter.slotless_exchange()));
    arguments
}

/// Those of a binding that takes the events of one slot. The header is published with the same type.
pub(super) fn of_slot(slot: u8) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-match".into(), text("all"));
    arguments.insert(resend::SLOT.into(), AMQPValue::LongLongInt(slot.into()));
    arguments
}

/// At-least-once dead-lettering needs all four together.
fn dead_letter_to(arguments: &mut FieldTable, queue: &str) {
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-routing-key".into(), text(queue));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
}

/// Whatever is kept stays: it is not worn out by looking at it, and under a length limit that somebody sets, the newest is refused
/// instead of the oldest dropped.
fn keep(arguments: &mut FieldTable) {
    limit_returns(arguments, PARKED_RETURNS_MAX);
    arguments.insert("x-overflow".into(), text("reject-publish"));
}

/// A limit, however high, also makes what comes back keep its place at the head. Without one, brokers before 4.0 put it at the end,
/// and later ones have a limit of their own.
fn limit_returns(arguments: &mut FieldTable, returns_max: u32) {
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(returns_max.into()));
}

fn activate_one_consumer(arguments: &mut FieldTable) {
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fabric_core::partition::Partitions;

    use super::*;

    fn shown(arguments: &FieldTable) -> Vec<String> {
        arguments
            .into_iter()
            .map(|(name, value)| match value {
                AMQPValue::LongString(text) => format!("{name}={text}"),
                other => format!("{name}={other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_arguments_of_a_queue_are_fixed_by_its_role() {
        let work = |single_active| QueueRole::Work { parked: "kyc.audit.parked".to_owned(), single_active };
        assert_eq!(
            shown(&of_queue(&work(true))),
            [
                "x-dead-letter-exchange=",
                "x-dead-letter-routing-key=kyc.audit.parked",
                "x-dead-letter-strategy=at-least-once",
                "x-delivery-limit=LongLongInt(100)",
                "x-overflow=reject-publish",
                "x-queue-type=quorum",
                "x-single-active-consumer=Boolean(true)"
            ]
        );
        assert_eq!(shown(&of_queue(&work(false))).len(), 6, "the same without the single active consumer");
        assert_eq!(
            shown(&of_queue(&QueueRole::Wait { delay: Duration::from_secs(4), work: "kyc.audit".to_owned() })),
            [
                "x-dead-letter-exchange=",
                "x-dead-letter-routing-key=kyc.audit",
                "x-dead-letter-strategy=at-least-once",
                "x-message-ttl=LongLongInt(4000)",
                "x-overflow=reject-publish",
                "x-queue-type=quorum"
            ]
        );
        assert_eq!(
            shown(&of_queue(&QueueRole::Parked)),
            [
                "x-delivery-limit=LongLongInt(1000000000)",
                "x-overflow=reject-publish",
                "x-queue-type=quorum",
                "x-single-active-consumer=Boolean(true)"
            ]
        );
        assert_eq!(
            shown(&of_queue(&QueueRole::Unrouted)),
            ["x-delivery-limit=LongLongInt(1000000000)", "x-overflow=reject-publish", "x-queue-type=quorum"]
        );
    }

    #[test]
    fn the_arguments_of_a_splitter_and_its_bindings_are_fixed_too() {
        let splitter = Splitter { subscription: "kyc.audit".parse().unwrap(), partitions: Partitions::ONE };
        assert_eq!(shown(&of_splitter(&splitter)), ["alternate-exchange=kyc.audit.slotless"]);
        assert_eq!(shown(&of_slot(63)), ["fabric-slot=LongLongInt(63)", "x-match=all"]);
    }
}
