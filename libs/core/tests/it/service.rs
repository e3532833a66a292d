//! Services as values: which parts fit together.

use std::time::Duration;

use fabric_core::{
    Descriptor, Pattern, ServiceName, SubscriptionName,
    retry::RetryPolicy,
    service::{InvalidService, ServiceSpec, SubscriptionSpec},
};

use crate::sample::GradePosted;

pub fn subscription(name: &str, patterns: &[&str]) -> SubscriptionSpec {
    SubscriptionSpec {
        name: SubscriptionName::try_new(name).unwrap(),
        patterns: patterns.iter().map(|pattern| Pattern::try_new(pattern).unwrap()).collect(),
        retry: RetryPolicy::default(),
        prefetch: 8,
        concurrency: 4,
        handler_timeout: Duration::from_secs(1),
    }
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let service = |name: &str, subscriptions: Vec<SubscriptionSpec>| {
        ServiceSpec::try_new(ServiceName::try_new(name).unwrap(), vec![Descriptor::of::<GradePosted>()], subscriptions)
            .map(|_| ())
    };
    let own = |name| SubscriptionName::try_new(name).unwrap();
    let one = subscription("academic.audit", &["#"]);
    assert_eq!(service("academic", vec![one.clone()]), Ok(()));
    assert_eq!(
        service("academic", vec![one.clone(), one.clone()]),
        Err(InvalidService::DuplicateSubscription(own("academic.audit")))
    );
    let foreign = subscription("social.audit", &["#"]);
    assert_eq!(service("academic", vec![foreign]), Err(InvalidService::ForeignSubscription(own("social.audit"))));
    let nothing = subscription("academic.audit", &[]);
    assert_eq!(service("academic", vec![nothing]), Err(InvalidService::NoPattern(own("academic.audit"))));
    let greedy = SubscriptionSpec { concurrency: 9, ..one };
    assert_eq!(service("academic", vec![greedy]), Err(InvalidService::Prefetch(own("academic.audit"))));
    let event = InvalidService::ForeignEvent { topic: "gradebook.grade.posted", owner: "academic" };
    assert_eq!(service("social", vec![]), Err(event));
}
