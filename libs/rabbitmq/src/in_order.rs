//! Calls to the driver with many under way at a time, in a known order on the wire.
//!
//! Each of lapin's calls queues its frames when it is first polled, before it first waits, and those of one kind leave in the order in
//! which they were queued. So calls that are polled once each, one after the other, are written in that order, whichever is awaited
//! first later on. Awaiting each one's end before the next would cost a round trip to the driver's thread per call.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// A call that has been polled once.
pub(crate) enum Started<F: Future> {
    /// It had nothing to wait for. With an error it means that nothing was handed to the driver.
    AtOnce(F::Output),
    /// Its frames are queued.
    UnderWay(Pin<Box<F>>),
}

/// Hands a call to the driver.
pub(crate) fn start<F: Future>(call: F) -> Started<F> {
    let mut call = Box::pin(call);
    // Nobody is to be woken for it yet: the poll that waits for it brings its own waker.
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Started::AtOnce(output),
        Poll::Pending => Started::UnderWay(call),
    }
}

impl<F: Future> Started<F> {
    /// Waits for its end.
    pub async fn outcome(self) -> F::Output {
        match self {
            Self::AtOnce(output) => output,
            Self::UnderWay(call) => call.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn calls_begin_in_order_and_may_end_in_any() {
        let order = RefCell::new(Vec::new());
        let call = |index: u32, ends: tokio::sync::oneshot::Receiver<()>| {
            let order = &order;
            async move {
                order.borrow_mut().push(index);
                ends.await.map(|()| index)
            }
        };
        let (first_end, first_ends) = tokio::sync::oneshot::channel();
        let (second_end, second_ends) = tokio::sync::oneshot::channel();
        let first = start(call(1, first_ends));
        let second = start(call(2, second_ends));
        assert_eq!(*order.borrow(), [1, 2]);
        second_end.send(()).unwrap();
        assert_eq!(second.outcome().await, Ok(2));
        first_end.send(()).unwrap();
        assert_eq!(first.outcome().await, Ok(1));
        assert!(matches!(start(async { 3 }), Started::AtOnce(3)));
    }
}
