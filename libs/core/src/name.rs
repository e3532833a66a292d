//! Names and ids. Each is a type of its own, so that a tenant cannot be passed for an actor, and each is checked once, where it enters.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// Why a text is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must have 1 to {bytes_max} bytes of {wanted}")]
pub struct InvalidName {
    /// What the text should have been, such as `tenant`.
    pub what: &'static str,
    /// The most bytes it may have.
    pub bytes_max: usize,
    /// Which characters it may have.
    pub wanted: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $bytes_max:literal, $wanted:literal, $allowed:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text. Fails when it is empty, too long, or has a character that it may not have.
            pub fn try_new(text: &str) -> Result<Self, InvalidName> {
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $bytes_max || !text.chars().all(allowed) {
                    return Err(InvalidName { what: $what, bytes_max: $bytes_max, wanted: $wanted });
                }
                Ok(Self(text.into()))
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::try_new(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

fn is_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@')
}

fn is_snake(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

names! {
    /// The organisation that the data belongs to, such as a district. One tenant never sees another's events.
    TenantId, "tenant", 64, "letters, digits and - _ .", |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    /// Who caused an event: a person's or a service's pseudonymous id.
    ActorId, "actor", 128, "letters, digits and - _ . : @", is_identifier;
    /// What a person may do, such as `teacher`. `service` is the role of a service acting by itself.
    Role, "role", 32, "a-z, 0-9 and _", is_snake;
    /// The name of a service, such as `academic`.
    ServiceName, "service", 64, "a-z, 0-9, - and _", |c| is_snake(c) || c == '-';
    /// The name of a subscription, `{service}.{name}`. Its queue bears the same name.
    SubscriptionName, "subscription", 128, "a-z, 0-9, - _ and .", |c| is_snake(c) || matches!(c, '-' | '.');
    /// What is kept in order: events with the same key are handled in the order in which they were published.
    PartitionKey, "partition key", 255, "printable characters", |c| !c.is_control();
    /// What ties together everything that one request set off.
    CorrelationId, "correlation id", 128, "printable characters", |c| !c.is_control();
    /// The person whom the data is about, usually a student: a pseudonymous id.
    SubjectId, "subject", 255, "printable characters", |c| !c.is_control();
    /// The id of one aggregate's events in the log.
    StreamId, "stream", 255, "printable characters", |c| !c.is_control();
}

/// The id of an event: a UUID of version 7 for our own, the same on every resend.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// Makes an id of version 7 from the time in milliseconds since 1970 and ten random bytes, both given from outside.
    pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// Reads an id of ours, or makes a stable one for an id of a foreign producer: `CloudEvents` asks only that
    /// `source` and `id` together are unique.
    pub fn of_producer(source: &str, id: &str) -> Self {
        Uuid::try_parse(id)
            .map_or_else(|_| Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{source}\n{id}").as_bytes())), Self)
    }

    /// The id as a UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EventId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl std::str::FromStr for EventId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({})", self.0)
    }
}

impl Role {
    /// The role of a service that acts by itself, not on behalf of a person. It may publish whatever the service may.
    pub fn service() -> Self {
        Self("service".into())
    }
}

impl From<&ServiceName> for ActorId {
    /// A service acting by itself: its name's characters are a subset of an actor's.
    fn from(service: &ServiceName) -> Self {
        Self(service.0.clone())
    }
}

impl SubscriptionName {
    /// `{service}.{name}`. Fails when the name is not of the form that a subscription's name has.
    pub fn of_service(service: &ServiceName, name: &str) -> Result<Self, InvalidName> {
        Self::try_new(&format!("{service}.{name}"))
    }

    /// The service that the subscription belongs to.
    pub fn service(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_where_they_enter() {
        assert!(TenantId::try_new("district-1").is_ok());
        for bad in ["", "a b", "a\n", "a/b", &"x".repeat(65)] {
            assert_eq!(TenantId::try_new(bad).map_err(|error| error.what), Err("tenant"), "{bad:?}");
        }
        assert!(PartitionKey::try_new("Schüler 7").is_ok());
        assert!(PartitionKey::try_new("line\nbreak").is_err());
    }

    #[test]
    fn ids_of_version_7_sort_by_time() {
        let (early, late) = (EventId::from_parts(1_000, [0xff; 10]), EventId::from_parts(1_001, [0; 10]));
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }

    #[test]
    fn a_foreign_id_maps_to_the_same_id_every_time() {
        let id = EventId::of_producer("//pika", "order-1");
        assert_eq!(id, EventId::of_producer("//pika", "order-1"));
        assert_ne!(id, EventId::of_producer("//other", "order-1"));
        let ours = EventId::from_parts(5, [1; 10]);
        assert_eq!(EventId::of_producer("any", &ours.to_string()), ours);
    }
}
