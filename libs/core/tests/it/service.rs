//! Services as values: which parts fit together.

use std::time::Duration;

use fabric_core::{
    Descriptor, Pattern, ServiceName, SubscriptionName,
    event::Scope,
    partition::Partitions,
    retry::RetryPolicy,
    service::{InvalidService, OnPark, Order, ServiceSpec, SubscriptionSpec},
};

use crate::sample::GradePosted;

pub fn subscription(name: &str, patterns: &[&str]) -> SubscriptionSpec {
    let patterns = patterns.iter().map(|pattern| Pattern::try_new(pattern).unwrap()).collect();
    let name = SubscriptionName::try_new(name).unwrap();
    SubscriptionSpec { prefetch: 8, concurrency: 4, ..SubscriptionSpec::new(name, patterns) }
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
    let strict = Order::Strict { partitions: Partitions::ONE, on_park: OnPark::GoOn };
    let retry = RetryPolicy::try_new(5, 240_000, 2, 3_600_000, 0).unwrap();
    let patient = SubscriptionSpec { order: strict, retry, ..one.clone() };
    assert_eq!(service("academic", vec![SubscriptionSpec { order: Order::Loose, ..patient.clone() }]), Ok(()));
    let total = Duration::from_hours(1);
    let name = own("academic.audit");
    assert_eq!(service("academic", vec![patient]), Err(InvalidService::StrictRetry { name, total }));
    let greedy = SubscriptionSpec { concurrency: 9, ..one };
    assert_eq!(service("academic", vec![greedy]), Err(InvalidService::Prefetch(own("academic.audit"))));
    let event = InvalidService::ForeignEvent { topic: "gradebook.grade.posted", owner: "academic" };
    assert_eq!(service("social", vec![]), Err(event));
}

#[test]
fn a_subscription_may_not_name_an_event_that_is_local_to_another_service() {
    let local = Descriptor { scope: Scope::Local, ..Descriptor::of::<GradePosted>() };
    let check = |service: &str, patterns: &[&str]| {
        let subscriptions = vec![subscription(&format!("{service}.audit"), patterns)];
        ServiceSpec::try_new(ServiceName::try_new(service).unwrap(), Vec::new(), subscriptions)
            .unwrap()
            .check_against(&[local])
    };
    let refused = InvalidService::LocalEvent {
        subscription: SubscriptionName::try_new("social.audit").unwrap(),
        topic: "gradebook.grade.posted",
        owner: "academic",
    };
    assert_eq!(check("social", &["kyc.#", "gradebook.grade.posted"]), Err(refused));
    assert_eq!(check("academic", &["gradebook.grade.posted"]), Ok(()));
    assert_eq!(check("social", &["gradebook.grade.*"]), Ok(()));
}

#[test]
fn queues_share_the_concurrency_and_strict_waits_end_before_the_brokers_patience() {
    let with = |concurrency, count| {
        let order = Order::Strict { partitions: Partitions::try_new(count).unwrap(), on_park: OnPark::GoOn };
        SubscriptionSpec { concurrency, order, ..subscription("academic.audit", &["#"]) }
    };
    for (concurrency, count, expected) in [(8, 1, 8), (8, 4, 2), (8, 3, 3), (1, 64, 1)] {
        assert_eq!(with(concurrency, count).concurrency_per_queue(), expected, "{concurrency} over {count}");
    }
    let put_off = |seconds| with(1, 1).put_off(Duration::from_secs(seconds)).as_secs();
    assert_eq!([1, 899, 901, 86_400].map(put_off), [1, 899, 900, 900]);
}
