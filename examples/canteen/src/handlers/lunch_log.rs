//! `canteen.lunch_log`: what follows from `canteen.lunch.ordered`.

use fabric::{Context, Event, Fault, ReadModel, Subscription};

use crate::{State, events::LunchOrdered};

const NAME: &str = "lunch_log";

/// The subscription: which events it takes in and, if need be, how: in strict order, how often, how fast.
pub fn subscription() -> Subscription<State> {
    Subscription::new(NAME).on(lunch_ordered)
}

/// It may be called again with the same event, so what it does must come out the same.
async fn lunch_ordered(event: LunchOrdered, context: Context<State>) -> Result<(), Fault> {
    let (state, tenant) = (context.state(), context.tenant());
    state.update(tenant, |model| model.note(NAME, &event.key()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use fabric_testkit::harness::{Harness, tenant};

    use super::*;

    #[tokio::test]
    async fn what_happens_twice_is_noted_once() {
        let service = crate::service();
        let state = service.state();
        let harness = Harness::start(service).await;
        for _ in 0..2 {
            harness.publish(LunchOrdered::example()).await;
        }
        harness.settle().await;
        let noted = state.read(&tenant(), |model| model.noted(NAME));
        assert_eq!(noted, [LunchOrdered::example().key()]);
    }
}
