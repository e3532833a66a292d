//! `canteen.accounts`: what follows from `billing.payment.*`.

use fabric::{AnyEvent, Context, Fault, ReadModel, Subscription};

use crate::State;

const NAME: &str = "accounts";

/// The subscription: which events it takes in and, if need be, how: in strict order, how often, how fast.
pub fn subscription() -> Subscription<State> {
    Subscription::new(NAME).on_any("billing.payment.*", any)
}

/// It may be called again with the same event, so what it does must come out the same.
async fn any(event: AnyEvent, context: Context<State>) -> Result<(), Fault> {
    let (state, tenant) = (context.state(), context.tenant());
    state.update(tenant, |model| model.note(NAME, event.topic().as_str()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use fabric::Event;
    use fabric_catalog::{Example, billing::PaymentAuthorized};
    use fabric_testkit::harness::{Harness, tenant};

    use super::*;

    #[tokio::test]
    async fn what_happens_twice_is_noted_once() {
        let service = crate::service();
        let state = service.state();
        let harness = Harness::start_with_catalogue(service, fabric_catalog::all()).await;
        let event = PaymentAuthorized::example().expect("the catalogue's examples are valid");
        for _ in 0..2 {
            harness.publish(event.clone()).await;
        }
        harness.settle().await;
        let noted = state.read(&tenant(), |model| model.noted(NAME));
        assert_eq!(noted, [PaymentAuthorized::TOPIC]);
    }
}
