//! The core's arguments as the driver takes them.

use fabric_core::topology::{Argument, Arguments};
use lapin::types::{AMQPValue, FieldTable};

/// The table of arguments.
pub(super) fn table(arguments: &Arguments) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        let value = match value {
            Argument::Truth(truth) => AMQPValue::Boolean(*truth),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
        };
        table.insert(name.as_str().into(), value);
    }
    table
}
