use std::collections::BTreeMap;

use super::*;
use crate::{
    event::Checked,
    service::OnPark,
    topology::{
        Caps, of_services,
        sample::{CONTEXTS, service, strict, subscription, topology, two_services},
        wanted,
    },
};

fn event(topic: &'static str, owner: &'static str) -> Descriptor {
    Descriptor {
        topic,
        version: 2,
        aggregate: "grade",
        owner,
        publishers: &["social"],
        roles: &["teacher"],
        scope: Scope::Integration,
        upcasters: &[],
        description: "A grade was posted.",
        key_field: "id",
        subject_field: None,
        check: |_| Ok(Checked { body: Vec::new(), key: String::new(), subject: None }),
    }
}

fn explained(services: &[ServiceSpec], topic: &'static str, key: Option<&str>) -> Explanation {
    let key = key.map(|key| PartitionKey::try_new(key).unwrap());
    let question = Question {
        topic: &topic.parse().unwrap(),
        event: &event(topic, "academic"),
        key: key.as_ref(),
        tenant: &"demo".parse().unwrap(),
    };
    explain(services, &topology(services), question)
}

/// `subscription: queues` of everything that is reached.
fn reached(explanation: &Explanation) -> Vec<String> {
    let shown = |reached: &Reached| format!("{}: {}", reached.subscription, reached.queues.join(" "));
    explanation.reached.iter().map(shown).collect()
}

#[test]
fn a_match_is_told_word_by_word() {
    let table = [
        ("a.b.c", "it names this topic"),
        ("#", "# stands for every topic"),
        ("a.#", "a is the same word, # stands for b.c"),
        ("*.b.*", "b is the same word, * stands for a, * stands for c"),
        ("a.*.c", "a and c are the same words, * stands for b"),
        ("a.b.c.#", "a and b and c are the same words, # stands for no word"),
        ("#.*.#", "# stands for no word, * stands for a, # stands for b.c"),
        ("#.c", "c is the same word, # stands for a.b"),
        ("*.*.*", "* stands for a, * stands for b, * stands for c"),
    ];
    for (pattern, expected) in table {
        assert_eq!(Because::of(&pattern.parse().unwrap(), "a.b.c").unwrap().why, expected, "{pattern}");
    }
    for pattern in ["a.b", "b.#", "*", "a.b.c.*"] {
        assert_eq!(Because::of(&pattern.parse().unwrap(), "a.b.c"), None, "{pattern}");
    }
}

proptest::proptest! {
    #[test]
    fn what_the_parts_have_matched_is_the_topic(
        pattern in proptest::collection::vec(proptest::sample::select(vec!["a", "b", "*", "#"]), 1..6),
        key in proptest::collection::vec(proptest::sample::select(vec!["a", "b"]), 1..6),
    ) {
        let (pattern, key): (Pattern, _) = (pattern.join(".").parse().unwrap(), key.join("."));
        let because = Because::of(&pattern, &key);
        proptest::prop_assert_eq!(because.is_some(), pattern.matches(&key));
        if let Some(Because { parts, .. }) = because {
            let matched: Vec<String> = parts.iter().flat_map(|part| part.matched.clone()).collect();
            proptest::prop_assert_eq!(matched.join("."), key);
            for part in parts {
                let fits = match part.word.as_str() {
                    "#" => true,
                    "*" => part.matched.len() == 1,
                    literal => part.matched == [literal],
                };
                proptest::prop_assert!(fits, "{:?}", part);
            }
        }
    }
}

#[test]
fn an_explanation_names_every_subscription_and_its_queues() {
    let services = two_services();
    let table = [
        (
            "gradebook.grade.posted",
            None,
            vec![
                "academic.audit: academic.audit",
                "academic.parked: academic.parked",
                "academic.progress: academic.progress",
            ],
        ),
        (
            "kyc.document.verified",
            None,
            vec![
                "academic.audit: academic.audit",
                "academic.parked: academic.parked",
                "kyc-2.identity.checks: kyc-2.identity.checks.partition.0 kyc-2.identity.checks.partition.1 \
                 kyc-2.identity.checks.partition.2 kyc-2.identity.checks.partition.3",
            ],
        ),
        // Its exchange is not one of the catalogue's contexts, so nobody has bound `#` there.
        ("other.thing.done", None, vec![]),
    ];
    for (topic, key, expected) in table {
        assert_eq!(reached(&explained(&services, topic, key)), expected, "{topic}");
    }
}

#[test]
fn a_key_says_which_slot_and_partition() {
    let explanation = explained(&two_services(), "kyc.document.verified", Some("u-7"));
    let slot = slot_of(&PartitionKey::try_new("u-7").unwrap());
    assert_eq!(explanation.slot, Some(slot));
    let expected = format!("kyc-2.identity.checks: kyc-2.identity.checks.partition.{}", slot / 16);
    assert_eq!(reached(&explanation)[2], expected);
}

#[test]
fn it_says_how_often_and_where_an_event_is_tried_again() {
    let loose = subscription("academic.audit", &["gradebook.#"], Order::Loose);
    let holding = Order::Strict { partitions: Partitions::ONE, on_park: OnPark::HoldKey };
    let held = subscription("academic.progress", &["gradebook.#"], holding);
    let quick = SubscriptionSpec { retry: loose.retry.clone().immediate(1).unwrap(), ..loose.clone() };
    let table = [
        (loose, (false, 3, 0, vec![1_000, 4_000], false)),
        (quick, (false, 3, 1, vec![1_000], false)),
        (held, (true, 3, 0, vec![1_000, 4_000], true)),
    ];
    for (subscription, expected) in table {
        let parks_in = names::parked_queue(&subscription.name);
        let explanation = explained(&[service("academic", vec![subscription])], "gradebook.grade.posted", None);
        let [reached] = &explanation.reached[..] else { panic!("{explanation:?}") };
        let Reached { strict, attempts_max, immediate, retries_after_ms, holds_key, .. } = reached.clone();
        assert_eq!((strict, attempts_max, immediate, retries_after_ms, holds_key), expected);
        assert_eq!(reached.parks_in, parks_in);
    }
}

#[test]
fn it_says_who_publishes_the_event_and_where_it_is_remembered() {
    let explanation = explained(&[], "gradebook.grade.posted", None);
    assert_eq!(
        (explanation.exchange.as_str(), explanation.dataschema.as_str(), explanation.otherwise),
        ("events.gradebook", "urn:fabric:gradebook.grade.posted:2", "events.unrouted")
    );
    assert_eq!((&explanation.publishers[..], &explanation.roles[..]), (&["academic", "social"][..], &["teacher"][..]));
    assert!(explanation.reached.is_empty());
    let Cached { last_key, field, recent_key } = explanation.cached;
    assert_eq!((last_key.as_str(), field.as_str()), ("fabric:{demo}:last", "gradebook.grade.posted"));
    assert_eq!(recent_key, "fabric:{demo}:recent:gradebook.grade.posted");
}

const CATALOGUE: [(&str, &str); 3] =
    [("gradebook.grade.posted", "academic"), ("gradebook.gpa.updated", "academic"), ("kyc.document.verified", "kyc-2")];

fn queue_of(services: &[ServiceSpec], queue: &str) -> Option<QueueExplanation> {
    let catalogue = CATALOGUE.map(|(topic, owner)| event(topic, owner));
    let topology = of_services(services, &CONTEXTS);
    explain_queue(services, &catalogue, &topology, &wanted(&topology, &Caps::default()), queue)
}

#[test]
fn a_queue_says_what_can_reach_it_and_what_becomes_of_it() {
    let services = two_services();
    let topics = |explanation: &QueueExplanation| {
        explanation.events.iter().map(|arrival| arrival.topic).collect::<Vec<_>>().join(" ")
    };
    // Name, kind, events, dead letters from and to, policy.
    let table = [
        (
            "academic.progress",
            Kind::Work,
            "gradebook.grade.posted",
            "",
            Some("academic.progress.parked"),
            "fabric-work.academic",
        ),
        (
            "academic.audit",
            Kind::Work,
            "gradebook.gpa.updated gradebook.grade.posted kyc.document.verified",
            "academic.audit.retry.1000 academic.audit.retry.4000",
            Some("academic.audit.parked"),
            "fabric-work.academic",
        ),
        (
            "kyc-2.identity.checks.partition.3",
            Kind::Partition,
            "kyc.document.verified",
            "",
            Some("kyc-2.identity.checks.parked"),
            "fabric-work.kyc-2",
        ),
        ("academic.audit.retry.1000", Kind::Wait, "", "", Some("academic.audit"), "fabric-wait.academic"),
        ("academic.audit.parked", Kind::Parked, "", "academic.audit", None, "fabric-parked.academic"),
        ("academic.parked.parked", Kind::Parked, "", "academic.parked", None, "fabric-parked.academic"),
        ("events.unrouted", Kind::Unrouted, "", "", None, "fabric-unrouted"),
        ("fabric.control", Kind::Control, "", "", None, "fabric-control"),
    ];
    for (queue, kind, events, from, to, policy) in table {
        let explanation = queue_of(&services, queue).unwrap();
        assert_eq!((explanation.kind, topics(&explanation).as_str()), (kind, events), "{queue}");
        assert_eq!(explanation.dead_letters_from.join(" "), from, "{queue}");
        assert_eq!(explanation.dead_letters_to.as_deref(), to, "{queue}");
        assert_eq!(explanation.policy.unwrap().name, policy, "{queue}");
        assert!(!explanation.purpose.is_empty() && !explanation.read_by.is_empty(), "{queue}");
        assert_eq!(explanation.arguments["x-queue-type"], "quorum".into(), "{queue}");
    }
    assert_eq!(queue_of(&services, "academic.audi"), None);
}

#[test]
fn a_queue_says_by_which_ways_events_and_copies_come() {
    let services = two_services();
    let partition = queue_of(&services, "kyc-2.identity.checks.partition.3").unwrap();
    assert_eq!(partition.slots, (48..64).collect::<Vec<u8>>());
    let [arrival] = &partition.events[..] else { panic!("{partition:?}") };
    assert_eq!((arrival.exchange.as_str(), &arrival.publishers[..]), ("events.kyc", &["kyc-2", "social"][..]));
    assert_eq!(arrival.because[0].why, "kyc is the same word, # stands for document.verified");
    let writers = |queue: &str| -> BTreeMap<String, Vec<String>> {
        let copies = queue_of(&services, queue).unwrap().copies;
        copies.into_iter().map(|way| (way.exchange, way.writers)).collect()
    };
    let both = |service: &str| vec![service.to_owned(), "fabric".to_owned()];
    assert_eq!(writers("academic.audit"), BTreeMap::from([("queues.academic".to_owned(), both("academic"))]));
    let everybody = writers("events.unrouted");
    assert_eq!((everybody.len(), &everybody["queues.kyc-2"]), (3, &both("kyc-2")));
    assert_eq!(writers("fabric.control")["queues.fabric"], ["fabric"]);
    let strict =
        queue_of(&[service("academic", vec![subscription("academic.one", &["kyc.#"], strict(1))])], "academic.one");
    assert!(strict.unwrap().read_by.starts_with("academic: one process at a time"));
}
