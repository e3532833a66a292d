//! `canteen.grades`: what follows from `gradebook.grade.posted`.

use fabric::{Context, Event, Fault, ReadModel, Subscription};
use fabric_catalog::gradebook::GradePosted;

use crate::State;

const NAME: &str = "grades";

/// The subscription: which events it takes in and, if need be, how: in strict order, how often, how fast.
pub fn subscription() -> Subscription<State> {
    Subscription::new(NAME).on(grade_posted)
}

/// It may be called again with the same event, so what it does must come out the same.
async fn grade_posted(event: GradePosted, context: Context<State>) -> Result<(), Fault> {
    let (state, tenant) = (context.state(), context.tenant());
    state.update(tenant, |model| model.note(NAME, &event.key()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use fabric_catalog::Example;
    use fabric_testkit::harness::{Harness, tenant};

    use super::*;

    #[tokio::test]
    async fn what_happens_twice_is_noted_once() {
        let service = crate::service();
        let state = service.state();
        let harness = Harness::start(service).await;
        let event = GradePosted::example().expect("the catalogue's examples are valid");
        for _ in 0..2 {
            harness.publish(event.clone()).await;
        }
        harness.settle().await;
        let noted = state.read(&tenant(), |model| model.noted(NAME));
        assert_eq!(noted, [event.key()]);
    }
}
