//! What the shell needs from the world, as traits over plain data. No driver's type crosses them.

mod broker;
mod cache;

use std::pin::Pin;

pub use broker::{
    Broker, BrokerStatus, Claim, ClaimError, Confirmed, ConsumeError, ConsumeRequest, Consumer, DeclareError, Depth,
    DepthError, PublishError, Settled, TapRequest,
};
pub use cache::{Cache, CacheEntry, CacheError, CacheQuery, CachedEvent, Offered};

/// A future that a port returns: adapters are chosen by URL while the program runs, so it has no type of its own.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
