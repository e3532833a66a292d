//! Where an event goes, and why: explained from the same topology that is declared.

use fabric_core::{
    Pattern, ServiceName, Topic,
    service::ServiceSpec,
    topology::{explain, of_services},
};

use crate::service::subscription;

#[test]
fn an_explanation_names_every_subscription_and_each_pattern_that_matches() {
    let subscriptions = vec![
        subscription("academic.gpa", &["gradebook.grade.*", "gradebook.#"]),
        subscription("academic.kyc", &["kyc.#"]),
    ];
    let service = ServiceSpec::try_new(ServiceName::try_new("academic").unwrap(), vec![], subscriptions).unwrap();
    let topology = of_services([&service], &["gradebook", "kyc"]);
    let explanation = explain(&topology, &Topic::try_new("gradebook.grade.posted").unwrap());
    assert_eq!(explanation.exchange, "events.gradebook");
    let [reached] = explanation.reached.as_slice() else { panic!("{explanation:?}") };
    assert_eq!(reached.subscription.as_str(), "academic.gpa");
    assert_eq!(reached.because.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["gradebook.#", "gradebook.grade.*"]);
    assert_eq!(
        (reached.retries_after_ms.as_slice(), reached.parks_in.as_str()),
        (&[1_000, 4_000, 16_000, 64_000][..], "academic.gpa.parked")
    );
    assert!(explain(&topology, &Topic::try_new("social.post.created").unwrap()).reached.is_empty());
}
