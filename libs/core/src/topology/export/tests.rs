use proptest::{
    collection::{btree_map, btree_set},
    option,
    prelude::*,
};
use serde_json::json;

use super::*;

fn argument() -> impl Strategy<Value = Argument> {
    prop_oneof![
        any::<bool>().prop_map(Argument::Truth),
        any::<i64>().prop_map(Argument::Number),
        ".{0,8}".prop_map(Argument::Text),
    ]
}

fn arguments() -> impl Strategy<Value = Arguments> {
    btree_map(".{1,8}", argument(), 0..4)
}

fn name() -> impl Strategy<Value = String> {
    "[b-z][a-z./ %ü]{0,8}"
}

fn exchange() -> impl Strategy<Value = ExchangeDefinition> {
    (name(), any::<[bool; 3]>(), arguments()).prop_map(|(kind, [durable, auto_delete, internal], arguments)| {
        ExchangeDefinition { kind, durable, auto_delete, internal, arguments }
    })
}

fn queue() -> impl Strategy<Value = QueueDefinition> {
    (any::<[bool; 2]>(), arguments()).prop_map(|([durable, auto_delete], arguments)| QueueDefinition {
        durable,
        auto_delete,
        arguments,
    })
}

fn binding() -> impl Strategy<Value = BindingDefinition> {
    let destination = prop_oneof![name().prop_map(Destination::Queue), name().prop_map(Destination::Exchange)];
    (name(), destination, ".{0,8}", arguments()).prop_map(|(source, destination, key, arguments)| BindingDefinition {
        source,
        destination,
        key,
        arguments,
    })
}

fn policy() -> impl Strategy<Value = PolicyDefinition> {
    (name(), name(), any::<i64>(), arguments()).prop_map(|(pattern, apply_to, priority, definition)| PolicyDefinition {
        pattern,
        apply_to,
        priority,
        definition,
    })
}

fn user() -> impl Strategy<Value = UserDefinition> {
    let permission =
        [name(), name(), name()].prop_map(|[configure, write, read]| Permission { configure, write, read });
    let topic = [name(), name()].prop_map(|[write, read]| TopicPermission { write, read });
    (btree_set(name(), 0..3), option::of(permission), btree_map(name(), topic, 0..3))
        .prop_map(|(tags, permission, topics)| UserDefinition { tags, permission, topics })
}

fn definitions() -> impl Strategy<Value = Definitions> {
    (
        btree_map(name(), exchange(), 0..4),
        btree_map(name(), queue(), 0..4),
        btree_set(binding(), 0..4),
        btree_map(name(), policy(), 0..4),
        btree_map(name(), user(), 0..4),
    )
        .prop_map(|(exchanges, queues, bindings, policies, users)| Definitions {
            exchanges,
            queues,
            bindings,
            policies,
            users,
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(definitions in definitions(), vhost in ".{1,8}") {
        let file = to_json(&definitions, &vhost, &BTreeMap::new());
        prop_assert_eq!(from_json(&file, &vhost), Ok(definitions.clone()));
        let text = serde_json::to_string(&file).unwrap();
        prop_assert_eq!(from_json(&serde_json::from_str(&text).unwrap(), &vhost), Ok(definitions.clone()));
        prop_assert_eq!(serde_json::to_string(&to_json(&definitions, &vhost, &BTreeMap::new())).unwrap(), text);
        let elsewhere = from_json(&file, "another virtual host").unwrap();
        let without_rights =
            definitions.users.into_iter().map(|(name, user)| (name, UserDefinition { permission: None, topics: BTreeMap::new(), ..user }));
        prop_assert_eq!(elsewhere, Definitions { users: without_rights.collect(), ..Definitions::default() });
    }
}

#[test]
fn the_file_is_the_brokers_own() {
    let permission = Permission { configure: "^$".into(), write: "^e$".into(), read: "^q$".into() };
    let topics = [("e".to_owned(), TopicPermission { write: "^a$".into(), read: "^$".into() })].into();
    let limited: Arguments = [("x-delivery-limit".to_owned(), 100.into())].into();
    let definitions = Definitions {
        exchanges: [(
            "e".to_owned(),
            ExchangeDefinition {
                kind: "topic".into(),
                durable: true,
                auto_delete: false,
                internal: false,
                arguments: Arguments::new(),
            },
        )]
        .into(),
        queues: [("q".to_owned(), QueueDefinition { durable: true, auto_delete: false, arguments: limited })].into(),
        bindings: [BindingDefinition {
            source: "e".into(),
            destination: Destination::Queue("q".into()),
            key: "a.#".into(),
            arguments: Arguments::new(),
        }]
        .into(),
        policies: [(
            "p".to_owned(),
            PolicyDefinition {
                pattern: "^q$".into(),
                apply_to: "queues".into(),
                priority: 1,
                definition: [("max-length".to_owned(), 5.into())].into(),
            },
        )]
        .into(),
        users: [(
            "u".to_owned(),
            UserDefinition { tags: ["monitoring".to_owned()].into(), permission: Some(permission), topics },
        )]
        .into(),
    };
    let hashes = [("u".to_owned(), "aGFzaA==".to_owned()), ("other".to_owned(), "x".to_owned())].into();
    let file = json!({
        "vhosts": [{"name": "v"}],
        "users": [{
            "name": "u", "password_hash": "aGFzaA==", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["monitoring"]
        }],
        "permissions": [{"user": "u", "vhost": "v", "configure": "^$", "write": "^e$", "read": "^q$"}],
        "topic_permissions": [{"user": "u", "vhost": "v", "exchange": "e", "write": "^a$", "read": "^$"}],
        "policies": [{
            "name": "p", "vhost": "v", "pattern": "^q$", "apply-to": "queues", "priority": 1, "definition": {"max-length": 5}
        }],
        "queues": [{
            "name": "q", "vhost": "v", "durable": true, "auto_delete": false, "arguments": {"x-delivery-limit": 100}
        }],
        "exchanges": [{
            "name": "e", "vhost": "v", "type": "topic", "durable": true, "auto_delete": false, "internal": false, "arguments": {}
        }],
        "bindings": [{
            "source": "e", "vhost": "v", "destination": "q", "destination_type": "queue", "routing_key": "a.#", "arguments": {}
        }],
    });
    assert_eq!(to_json(&definitions, "v", &hashes), file);
    assert_eq!(from_json(&file, "v"), Ok(definitions));
}

#[test]
fn what_belongs_to_the_broker_itself_is_left_out() {
    let exchange = |name| {
        json!({
            "name": name, "type": "topic", "durable": true, "auto_delete": false, "internal": false, "arguments": []
        })
    };
    let binding = |source| {
        json!({
            "source": source, "destination": "q", "destination_type": "queue", "routing_key": "q", "arguments": {}
        })
    };
    let file = json!({
        "exchanges": [exchange(""), exchange("amq.topic"), exchange("own")],
        "bindings": [binding(""), binding("amq.topic")],
    });
    let read = from_json(&file, "v").unwrap();
    assert_eq!(read.exchanges.keys().collect::<Vec<_>>(), ["own"]);
    assert_eq!(read.bindings.iter().map(|binding| &*binding.source).collect::<Vec<_>>(), ["amq.topic"]);
}

#[test]
fn an_unusual_argument_is_kept_as_text() {
    let read =
        arguments_from_json(&json!({"a": [1, "b"], "b": 1.5, "c": null, "d": u64::MAX, "e": {"f": true}})).unwrap();
    let texts: Vec<_> = read.values().map(|argument| argument.to_string().replace('\\', "")).collect();
    assert_eq!(texts, [r#""[1,"b"]""#, r#""1.5""#, r#""null""#, r#""18446744073709551615""#, r#""{"f":true}""#]);
    assert_eq!(arguments_from_json(&json!([])), Some(Arguments::new()));
    assert_eq!([json!([1]), json!(null), json!("a")].map(|value| arguments_from_json(&value)), [None, None, None]);
}

#[test]
fn what_is_wrong_is_told_by_its_place_and_never_quoted() {
    let queue = |durable: Value, arguments: Value| {
        json!({
            "queues": [{"name": "secret", "durable": durable, "auto_delete": false, "arguments": arguments}]
        })
    };
    let permission = json!({"user": "secret", "configure": "", "write": "", "read": ""});
    let topic = json!({"user": "secret", "exchange": "", "write": "", "read": ""});
    let table = [
        (json!("secret"), "."),
        (json!({"queues": "secret"}), "queues"),
        (queue(json!("secret"), json!({})), "queues[0].durable"),
        (queue(json!(true), json!("secret")), "queues[0].arguments"),
        (json!({"bindings": [{"source": "secret"}]}), "bindings[0]"),
        (json!({"permissions": [permission]}), "permissions[0].user"),
        (json!({"topic_permissions": [topic]}), "topic_permissions[0].user"),
    ];
    for (file, at) in table {
        let error = from_json(&file, "v").unwrap_err();
        assert_eq!(error.at, at);
        assert!(!error.to_string().contains("secret"));
    }
}
