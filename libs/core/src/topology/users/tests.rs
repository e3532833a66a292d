use std::borrow::Cow;

use regex::Regex;

use super::*;
use crate::{
    event::Event,
    name::ServiceName,
    service::{Order, ServiceSpec},
    topology::{
        BindingDefinition, Caps, Destination, of_services,
        sample::{strict, subscription},
        wanted,
    },
};

macro_rules! event {
    ($name:ident, $topic:literal, $owner:literal, $publishers:expr) => {
        #[derive(serde::Serialize, serde::Deserialize, garde::Validate)]
        struct $name {}

        impl Event for $name {
            const TOPIC: &'static str = $topic;
            const VERSION: u16 = 1;
            const AGGREGATE: &'static str = "any";
            const OWNER: &'static str = $owner;
            const PUBLISHERS: &'static [&'static str] = $publishers;
            const ROLES: &'static [&'static str] = &[];
            const DESCRIPTION: &'static str = "Something happened.";
            const KEY_FIELD: &'static str = "key";

            fn key(&self) -> Cow<'_, str> {
                Cow::Borrowed("key")
            }

            fn subject(&self) -> Option<Cow<'_, str>> {
                None
            }
        }
    };
}

event!(Posted, "gradebook.grade.posted", "academic", &["import"]);
event!(Withdrawn, "gradebook.grade.withdrawn", "academic", &[]);
event!(Approved, "kyc.identity.approved", "kyc", &[]);
event!(Requested, "notification.dispatch.requested", "notification", &["academic", "kyc"]);
event!(Parked, "fabric.dead_letter.parked", "platform", &[]);
event!(Resolved, "fabric.dead_letter.resolved", "platform", &[]);
event!(Paused, "fabric.subscription.paused", "platform", &[]);

const CATALOGUE: [Descriptor; 7] = [
    Descriptor::of::<Posted>(),
    Descriptor::of::<Withdrawn>(),
    Descriptor::of::<Approved>(),
    Descriptor::of::<Requested>(),
    Descriptor::of::<Parked>(),
    Descriptor::of::<Resolved>(),
    Descriptor::of::<Paused>(),
];

/// Services, of which `academic` publishes only some of what it might.
fn services() -> Vec<ServiceSpec> {
    let of = |name: &str, publishes: &[Descriptor], subscriptions| {
        ServiceSpec::try_new(ServiceName::try_new(name).unwrap(), publishes.to_vec(), subscriptions).unwrap()
    };
    vec![
        of(
            "academic",
            &[Descriptor::of::<Posted>(), Descriptor::of::<Requested>()],
            vec![
                subscription("academic.gpa", &["gradebook.grade.*"], strict(3)),
                subscription("academic.identity", &["kyc.identity.approved"], Order::Loose),
            ],
        ),
        of("import", &[Descriptor::of::<Posted>()], Vec::new()),
        of("kyc", &[Descriptor::of::<Approved>(), Descriptor::of::<Requested>()], Vec::new()),
        of(
            "notification",
            &[Descriptor::of::<Requested>()],
            vec![subscription("notification.all", &["#"], Order::Loose)],
        ),
    ]
}

/// What the broker decides, as far as it is about names and keys: expressions are not anchored, and an exchange without an entry
/// allows every key.
struct Broker(BTreeMap<String, UserDefinition>);

impl Broker {
    fn with(declaring: Declaring) -> Self {
        let services = services();
        Self(users(&services.iter().collect::<Vec<_>>(), &CATALOGUE, declaring))
    }

    fn allows(&self, user: &str, verb: fn(&Permission) -> &String, name: &str) -> bool {
        let name = if name.is_empty() { "amq.default" } else { name };
        self.0[user].permission.as_ref().is_some_and(|permission| Regex::new(verb(permission)).unwrap().is_match(name))
    }

    fn allows_key(&self, user: &str, verb: fn(&TopicPermission) -> &String, exchange: &str, key: &str) -> bool {
        self.0[user].topics.get(exchange).is_none_or(|entry| Regex::new(verb(entry)).unwrap().is_match(key))
    }

    fn publishes(&self, user: &str, exchange: &str, key: &str) -> bool {
        self.allows(user, |may| &may.write, exchange) && self.allows_key(user, |may| &may.write, exchange, key)
    }

    fn binds(&self, user: &str, destination: &str, exchange: &str, key: &str) -> bool {
        let ends = self.allows(user, |may| &may.write, destination) && self.allows(user, |may| &may.read, exchange);
        ends && self.allows_key(user, |may| &may.read, exchange, key)
    }

    fn consumes(&self, user: &str, queue: &str) -> bool {
        self.allows(user, |may| &may.read, queue)
    }

    fn makes(&self, user: &str, name: &str) -> bool {
        self.allows(user, |may| &may.configure, name)
    }
}

#[test]
fn a_service_publishes_what_it_says_and_nothing_else() {
    for declaring in [Declaring::Own, Declaring::Never] {
        let broker = Broker::with(declaring);
        for service in services() {
            let name = service.name().as_str();
            for event in CATALOGUE {
                let says_so = service.publishes().iter().any(|own| own.topic == event.topic);
                assert!(!says_so || event.may_be_published_by(name));
                let expected = says_so || NOTICES.contains(&event.topic);
                let exchange = names::exchange(context_of(&event));
                assert_eq!(broker.publishes(name, &exchange, event.topic), expected, "{name} {}", event.topic);
            }
            for (exchange, key) in [
                ("events.gradebook", "gradebookXgrade.posted"),
                ("events.gradebook", "gradebook.grade.posted.again"),
                ("events.gradebook", ""),
                ("events.fabric", "fabric.subscription.resumed"),
                ("amq.topic", "gradebook.grade.posted"),
                ("queues.fabric", "fabric.control"),
            ] {
                assert!(!broker.publishes(name, exchange, key), "{name} {exchange} {key}");
            }
        }
    }
}

#[test]
fn a_service_reaches_only_its_own_queues() {
    let broker = Broker::with(Declaring::Never);
    assert!(broker.publishes("academic", "queues.academic", "academic.gpa.parked"));
    assert!(!broker.publishes("kyc", "queues.academic", "academic.gpa.parked"));
    assert!(!broker.publishes("kyc", "", "academic.gpa.parked"), "by the default exchange it would reach every queue");
    for (queue, by_academic) in [
        ("academic.gpa.partition.2", true),
        ("academic.identity.parked", true),
        ("academic.identity.retry.1000", true),
        ("academic.tap.1", true),
        ("fabric.control", true),
        ("notification.all", false),
        ("academics.gpa", false),
        ("x.academic.gpa", false),
        ("events.unrouted", false),
        ("kyc.tap.1", false),
    ] {
        assert_eq!(broker.consumes("academic", queue), by_academic, "{queue}");
    }
}

#[test]
fn a_service_that_declares_nothing_can_only_watch_what_is_paused() {
    let broker = Broker::with(Declaring::Never);
    for user in ["academic", "notification", "import"] {
        let own = |queue: &str| format!("{user}.{queue}");
        assert!(broker.makes(user, &own("tap.1")));
        assert!(broker.binds(user, &own("tap.1"), "events.fabric", SIGNS));
        for (exchange, key) in [
            ("events.kyc", "#"),
            ("events.kyc", "kyc.identity.approved"),
            ("events.fabric", "#"),
            ("events.fabric", "fabric.subscription.x"),
            ("queues.kyc", "kyc.x"),
        ] {
            assert!(!broker.binds(user, &own("tap.1"), exchange, key), "{user} {exchange} {key}");
        }
        for name in [own("gpa"), "events.kyc".to_owned(), "queues.academic".to_owned(), "kyc.tap.1".to_owned()] {
            assert!(!broker.makes(user, &name), "{user} {name}");
        }
    }
}

#[test]
fn a_service_that_declares_makes_all_that_it_needs() {
    let broker = Broker::with(Declaring::Own);
    let contexts: BTreeSet<&str> = CATALOGUE.iter().map(context_of).collect();
    for service in services() {
        let user = service.name().as_str();
        let wanted = wanted(&of_services([&service], &contexts.iter().copied().collect::<Vec<_>>()), &Caps::default());
        for queue in wanted.queues.keys() {
            assert!(broker.makes(user, queue), "{user} {queue}");
            let dead_letters = broker.allows(user, |may| &may.write, "") && broker.consumes(user, queue);
            assert!(dead_letters, "{user} {queue}: declaring dead letters needs both");
        }
        for exchange in wanted.exchanges.keys().filter(|exchange| !exchange.starts_with("events.")) {
            assert!(broker.makes(user, exchange), "{user} {exchange}");
        }
        for BindingDefinition {
            source, destination: Destination::Queue(to) | Destination::Exchange(to), key, ..
        } in &wanted.bindings
        {
            assert!(broker.binds(user, to, source, key), "{user} {source} -> {to} {key}");
        }
    }
    assert!(broker.makes("kyc", "events.kyc") && !broker.makes("academic", "events.kyc"));
    assert!(!broker.binds("academic", "academic.gpa", "events.kyc", "#"), "it may bind what it subscribes to");
    assert!(!broker.binds("import", "import.x", "events.kyc", "kyc.identity.approved"));
}

#[test]
fn operators_publish_and_pause_and_deployers_make() {
    let broker = Broker::with(Declaring::Never);
    assert!(broker.publishes(OPERATOR, "events.kyc", "kyc.identity.approved"));
    assert!(broker.publishes(OPERATOR, "queues.fabric", "fabric.control"));
    assert!(broker.consumes(OPERATOR, "academic.gpa.parked"));
    assert!(broker.binds(OPERATOR, "fabric.tap.1", "events.kyc", "#"));
    assert!(!broker.publishes(OPERATOR, "", "academic.gpa"));
    assert!(broker.makes(OPERATOR, "fabric.tap.1") && !broker.makes(OPERATOR, "fabric.control"));
    assert!(broker.makes(DEPLOYER, "academic.gpa") && broker.binds(DEPLOYER, "academic.gpa", "events.kyc", "#"));
    let tags = |user: &str| broker.0[user].tags.iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        (tags(OPERATOR), tags(DEPLOYER), tags("kyc").len()),
        (vec!["monitoring".into()], vec!["administrator".into()], 0)
    );
}

#[test]
fn rights_are_written_in_full() {
    let academic = Broker::with(Declaring::Never).0["academic"].clone();
    let permission = academic.permission.unwrap();
    assert_eq!(permission.configure, r"^academic\.tap\..*$");
    assert_eq!(
        permission.write,
        r"^(events\.fabric|events\.gradebook|events\.notification|queues\.academic|academic\.tap\..*)$"
    );
    assert_eq!(permission.read, r"^(academic\..*|fabric\.control|events\.fabric)$");
    let topics: Vec<String> =
        academic.topics.iter().map(|(name, topic)| format!("{name} {} {}", topic.write, topic.read)).collect();
    assert_eq!(
        topics,
        [
            r"events.fabric ^(fabric\.dead_letter\.parked|fabric\.dead_letter\.resolved)$ ^(fabric\.subscription\.\*)$",
            r"events.gradebook ^(gradebook\.grade\.posted)$ ^$",
            r"events.notification ^(notification\.dispatch\.requested)$ ^$",
        ]
    );
}
