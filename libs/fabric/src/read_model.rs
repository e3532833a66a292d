//! What a service remembers of events, per tenant, behind a small trait: in memory until it has a log of its own.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{PoisonError, RwLock},
};

use fabric_core::{EventId, TenantId};

/// How many handled events each tenant's model remembers, so that one that comes again changes nothing.
pub const REMEMBERED_MAX: usize = 65_536;

/// A model per tenant. One tenant's code path never gets another's model.
pub trait ReadModel<M>: Send + Sync {
    /// Reads the tenant's model; an empty one if nothing has happened yet.
    fn read<R>(&self, tenant: &TenantId, reader: impl FnOnce(&M) -> R) -> R;

    /// Changes the tenant's model. The change must come out the same when it is made again: deliveries can come more than once.
    fn update<R>(&self, tenant: &TenantId, writer: impl FnOnce(&mut M) -> R) -> R;

    /// Changes the tenant's model once per event and handler, however often the event comes: for changes that count something. None
    /// when the event was handled before.
    fn update_once<R>(
        &self,
        tenant: &TenantId,
        handler: &'static str,
        event: EventId,
        writer: impl FnOnce(&mut M) -> R,
    ) -> Option<R>;
}

/// Models in memory. They live as long as the process.
#[derive(Debug, Default)]
pub struct InMemory<M> {
    tenants: RwLock<HashMap<TenantId, Tenant<M>>>,
}

#[derive(Debug)]
struct Tenant<M> {
    model: M,
    handled: HashSet<(&'static str, EventId)>,
    order: VecDeque<(&'static str, EventId)>,
}

impl<M: Default> Default for Tenant<M> {
    fn default() -> Self {
        Self { model: M::default(), handled: HashSet::new(), order: VecDeque::new() }
    }
}

impl<M> Tenant<M> {
    /// False when it was remembered already. Forgets the oldest when there are too many.
    fn remember(&mut self, handled: (&'static str, EventId)) -> bool {
        if !self.handled.insert(handled) {
            return false;
        }
        self.order.push_back(handled);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.handled.remove(&oldest);
        }
        true
    }
}

impl<M: Default + Send + Sync> InMemory<M> {
    fn with<R>(&self, tenant: &TenantId, writer: impl FnOnce(&mut Tenant<M>) -> R) -> R {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        writer(tenants.entry(tenant.clone()).or_default())
    }
}

impl<M: Default + Send + Sync> ReadModel<M> for InMemory<M> {
    fn read<R>(&self, tenant: &TenantId, reader: impl FnOnce(&M) -> R) -> R {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        match tenants.get(tenant) {
            Some(tenant) => reader(&tenant.model),
            None => reader(&M::default()),
        }
    }

    fn update<R>(&self, tenant: &TenantId, writer: impl FnOnce(&mut M) -> R) -> R {
        self.with(tenant, |tenant| writer(&mut tenant.model))
    }

    fn update_once<R>(
        &self,
        tenant: &TenantId,
        handler: &'static str,
        event: EventId,
        writer: impl FnOnce(&mut M) -> R,
    ) -> Option<R> {
        self.with(tenant, |tenant| tenant.remember((handler, event)).then(|| writer(&mut tenant.model)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> EventId {
        EventId::from_parts(number, [0; 10])
    }

    #[test]
    fn an_event_counts_once_per_handler_and_tenant() {
        let models: InMemory<u32> = InMemory::default();
        let (one, two) = (TenantId::try_new("one").unwrap(), TenantId::try_new("two").unwrap());
        for (tenant, handler, event) in [(&one, "a", 1), (&one, "a", 1), (&one, "b", 1), (&two, "a", 1), (&one, "a", 2)]
        {
            models.update_once(tenant, handler, id(event), |count| *count += 1);
        }
        assert_eq!((models.read(&one, |count| *count), models.read(&two, |count| *count)), (3, 1));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let models: InMemory<u32> = InMemory::default();
        let tenant = TenantId::try_new("one").unwrap();
        for number in 0..=REMEMBERED_MAX as u64 {
            models.update_once(&tenant, "a", id(number), |count| *count += 1);
        }
        assert_eq!(models.update_once(&tenant, "a", id(1), |count| *count += 1), None);
        assert_eq!(models.update_once(&tenant, "a", id(0), |count| *count += 1), Some(()));
    }
}
