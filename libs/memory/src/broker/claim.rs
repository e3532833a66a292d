//! Claiming a name.

use std::sync::{Arc, PoisonError};

use fabric_runtime::ports::{Claim, ClaimError};

use super::server::Server;
use crate::model::{ClientId, Line};

/// Claims a name for a client, unless somebody has it.
pub(super) fn start(server: &Arc<Server>, client: ClientId, name: String) -> Result<Box<dyn Claim>, ClaimError> {
    if !server.claims.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
        return Err(ClaimError::Taken { name });
    }
    Ok(Box::new(Claimed { server: Arc::clone(server), client, name }))
}

struct Claimed {
    server: Arc<Server>,
    client: ClientId,
    name: String,
}

impl Claim for Claimed {
    fn is_held(&self) -> bool {
        self.server.look(|model| model.line(self.client)) == Line::Up
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.server.claims.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use fabric_runtime::{clock::Clock, ports::Broker};

    use super::*;
    use crate::{BrokerOptions, MemoryBroker};

    #[tokio::test]
    async fn a_name_is_claimed_by_one_until_it_goes() {
        let broker = MemoryBroker::new(Clock::system(), BrokerOptions::default());
        let other = broker.another_client();
        let name = || "fabric.migration.work".to_owned();
        let first = broker.claim(name()).await.unwrap();
        assert_eq!(other.claim(name()).await.err(), Some(ClaimError::Taken { name: name() }));
        assert!(first.is_held());
        drop(first);
        assert!(other.claim(name()).await.unwrap().is_held());
    }
}
