//! Which of two events of a topic is the newer one: DESIGN's promise that the last known event never goes backwards.
//!
//! Every event has a place in one total order, and the merge of two events is the greater of them. The maximum of a total order is
//! commutative, associative and idempotent, so any order of arrival, any duplication and any number of writers end at the
//! same value.

use std::fmt;

use jiff::Timestamp;

use crate::{
    metadata::Metadata,
    name::{EventId, TenantId},
    topic::Topic,
};

/// An event's place in the order of its topic: first the epoch, then the position in the log, then the time, then the id.
///
/// An event without a position (from a service that has no log) sorts before all events with one, so that a service that gets a
/// log moves on and never back. The time alone would not do: two events can have the same one, hence the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Recency {
    epoch: u64,
    position: u64,
    time_us: u64,
    id: EventId,
}

/// The key under which a cache has a tenant's last known events: a hash with a field for each topic. The braces keep all keys of a
/// tenant on one node of a cluster.
pub fn last_key(tenant: &TenantId) -> String {
    format!("fabric:{{{tenant}}}:last")
}

/// The key under which a cache has the most recent events of a tenant's topic: a sorted set.
pub fn recent_key(tenant: &TenantId, topic: &Topic) -> String {
    format!("fabric:{{{tenant}}}:recent:{topic}")
}

/// How many characters [`Recency`] has as text.
pub const RECENCY_CHARS: usize = 16 * 3 + 32;

impl Recency {
    /// The place of an event. `epoch` is the generation of the log: an operator raises it after a restore from a backup.
    pub fn of(metadata: &Metadata, epoch: u64) -> Self {
        Self {
            epoch,
            position: metadata.position.map_or(0, |position| position.saturating_add(1)),
            time_us: microseconds(metadata.time),
            id: metadata.id,
        }
    }
}

/// The newer of two: what the cache keeps.
pub fn merge<T>(one: (Recency, T), other: (Recency, T)) -> (Recency, T) {
    if other.0 > one.0 { other } else { one }
}

/// Microseconds since 1970; times before that count as 1970, which no event of ours has.
fn microseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_microsecond()).unwrap_or_default()
}

impl fmt::Display for Recency {
    /// Writes 80 hexadecimal digits of fixed width: texts compare as the values do, so a store that can compare texts can merge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}{:016x}{:032x}", self.epoch, self.position, self.time_us, self.id.uuid().as_u128())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tenant_is_a_hash_tag() {
        let (tenant, topic) = ("district-1".parse().unwrap(), "gradebook.grade.posted".parse().unwrap());
        assert_eq!(last_key(&tenant), "fabric:{district-1}:last");
        assert_eq!(recent_key(&tenant, &topic), "fabric:{district-1}:recent:gradebook.grade.posted");
    }

    fn recency() -> impl Strategy<Value = Recency> {
        (0_u64..3, prop_oneof![0_u64..4, any::<u64>()], 0_u64..4, 0_u64..4).prop_map(
            |(epoch, position, time_us, id)| Recency { epoch, position, time_us, id: EventId::from_parts(id, [7; 10]) },
        )
    }

    proptest! {
        #[test]
        fn the_merge_is_commutative_associative_and_idempotent(a in recency(), b in recency(), c in recency()) {
            let at = |recency: Recency| (recency, recency.to_string());
            prop_assert_eq!(merge(at(a), at(b)), merge(at(b), at(a)));
            prop_assert_eq!(merge(merge(at(a), at(b)), at(c)), merge(at(a), merge(at(b), at(c))));
            prop_assert_eq!(merge(at(a), at(a)), at(a));
        }

        #[test]
        fn texts_compare_as_the_values_do(a in recency(), b in recency()) {
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().len(), RECENCY_CHARS);
        }
    }
}
