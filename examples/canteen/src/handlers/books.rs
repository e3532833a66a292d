//! `canteen.books`: what follows from `library.book.lent`.

use fabric::{AnyEvent, Context, Fault, ReadModel, Subscription};

use crate::State;

const NAME: &str = "books";

/// The subscription: which events it takes in and, if need be, how: in strict order, how often, how fast.
pub fn subscription() -> Subscription<State> {
    Subscription::new(NAME).on_any("library.book.lent", any)
}

/// It may be called again with the same event, so what it does must come out the same.
async fn any(event: AnyEvent, context: Context<State>) -> Result<(), Fault> {
    let (state, tenant) = (context.state(), context.tenant());
    state.update(tenant, |model| model.note(NAME, event.topic().as_str()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use fabric::{Descriptor, Event};
    use fabric_testkit::harness::{Harness, tenant};
    use garde::Validate;
    use serde::{Deserialize, Serialize};

    use super::*;

    /// An event that matches.
    #[derive(Debug, Clone, Serialize, Deserialize, Validate, Event)]
    #[event(topic = "library.book.lent", key = "id")]
    struct Matching {
        #[garde(length(min = 1, max = 64))]
        id: String,
    }

    const KNOWN: &[Descriptor] = &[Descriptor::of::<Matching>()];

    #[tokio::test]
    async fn what_happens_twice_is_noted_once() {
        let service = crate::service();
        let state = service.state();
        let harness = Harness::start_with_catalogue(service, KNOWN).await;
        for _ in 0..2 {
            harness.publish(Matching { id: "1".to_owned() }).await;
        }
        harness.settle().await;
        let noted = state.read(&tenant(), |model| model.noted(NAME));
        assert_eq!(noted, [Matching::TOPIC]);
    }
}
