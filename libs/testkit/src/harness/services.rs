//! One service, or several, as a harness takes them.

use fabric::{AnyService, Service};

/// One service, or several of any state.
pub trait Services {
    /// The services, boxed.
    fn boxed(self) -> Vec<Box<dyn AnyService>>;
}

impl<S: Send + Sync + 'static> Services for Service<S> {
    fn boxed(self) -> Vec<Box<dyn AnyService>> {
        vec![Box::new(self)]
    }
}

impl Services for Vec<Box<dyn AnyService>> {
    fn boxed(self) -> Vec<Box<dyn AnyService>> {
        self
    }
}
