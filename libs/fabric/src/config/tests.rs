use std::{collections::BTreeSet, fs, time::Duration};

use super::{
    rule::{RULES, Rule},
    *,
};

/// Stands for a password, wherever one may be.
const CANARY: &str = "CANARY";

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn pairs(environment: Pairs<'_>) -> impl Iterator<Item = (String, String)> {
    environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

fn load(environment: Pairs<'_>) -> Result<Config, ConfigError> {
    Config::load(None, pairs(environment))
}

/// A file `fabric.toml` with this text, and what is loaded from it.
fn load_file(text: &str, environment: Pairs<'_>) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fabric.toml");
    fs::write(&path, text).unwrap();
    Config::load(Some(&path), pairs(environment)).map_err(|error| {
        let shown = report(&error).replace(&path.display().to_string(), "FILE");
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
        shown
    })
}

/// The error with all that caused it.
fn report(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", report(source)))
}

fn setting(config: &Config, key: &str) -> (String, Source) {
    config
        .describe()
        .iter()
        .find(|setting| setting.key == key)
        .map(|setting| (setting.value.clone(), setting.source))
        .unwrap()
}

#[test]
fn the_program_runs_without_a_file() {
    let config = load(&[]).unwrap();
    assert_eq!(config.broker.url.expose(), "memory://");
    assert!(config.http.address.ip().is_loopback());
    assert_eq!(config.retry.policy().unwrap(), fabric_core::retry::RetryPolicy::default());
    assert_eq!(config.key_file(), Path::new(".fabric/auth.key"));
    assert_eq!(config.outbox_folder(), Path::new(".fabric/outbox"));
    assert!(config.subscriber.tenants.is_empty());
    assert!(config.describe().iter().all(|setting| setting.source == Source::Default));
}

/// The file is the documentation: each key once, in the table's order, under a comment that names its range or its choices.
#[test]
fn every_key_is_explained_where_its_default_stands() {
    let (mut section, mut comment, mut keys) = ("", String::new(), Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(text);
            comment.push(' ');
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            assert!(!comment.is_empty(), "{line} has no comment");
            section = name;
            comment.clear();
        } else if let Some((key, _)) = line.split_once(" = ") {
            let key = format!("{section}.{key}");
            let rule = RULES.iter().find(|(known, _)| *known == key).map(|(_, rule)| *rule).expect(&key);
            for word in explained(rule) {
                assert!(comment.contains(&word), "the comment on {key} does not say {word:?}");
            }
            keys.push(key);
            comment.clear();
        } else {
            assert!(line.is_empty() || line == "#", "{line:?} is not what a configuration has");
            comment.clear();
        }
    }
    assert_eq!(keys, RULES.iter().map(|(key, _)| *key).collect::<Vec<_>>());
}

/// What the comment on a key must say.
fn explained(rule: Rule) -> Vec<String> {
    match rule {
        Rule::Number(min, max) => vec![format!("{min} to {max}.")],
        Rule::Switch => vec!["true or false".into()],
        Rule::Url(schemes) => schemes.iter().map(|scheme| format!("{scheme}://")).collect(),
        Rule::OptionalUrl(schemes) => {
            schemes.iter().map(|scheme| format!("{scheme}://")).chain(["Empty:".into()]).collect()
        }
        Rule::OneOf(words) => words.iter().map(|word| format!("{word:?}")).collect(),
        Rule::Address => vec!["IP address and port".into()],
        Rule::Path => vec!["folder".into()],
        Rule::OptionalPath => vec!["Empty:".into()],
        Rule::Mailbox => vec!["mail address".into()],
        Rule::Tenants => vec!["separated by commas".into(), "empty for all".into()],
        Rule::LogFilter => vec!["level".into()],
    }
}

/// Every number can be as small and as large as its rule says in the section that takes it, and no smaller and no larger.
#[test]
fn ranges_hold_at_both_ends() {
    // Raised or lowered with the others, so that pairs that must be in order stay so.
    let friends = |key: &str, value: i64| -> Option<(&'static str, i64)> {
        match key {
            "broker.reconnect_min_ms" => Some(("FABRIC__BROKER__RECONNECT_MAX_MS", value)),
            "broker.reconnect_max_ms" => Some(("FABRIC__BROKER__RECONNECT_MIN_MS", value)),
            "subscriber.concurrency" => Some(("FABRIC__SUBSCRIBER__PREFETCH", value)),
            "subscriber.prefetch" => Some(("FABRIC__SUBSCRIBER__CONCURRENCY", value)),
            "retry.immediate" => Some(("FABRIC__RETRY__ATTEMPTS_MAX", 20)),
            "breaker.open_ms" => Some(("FABRIC__BREAKER__OPEN_MAX_MS", value)),
            "breaker.open_max_ms" => Some(("FABRIC__BREAKER__OPEN_MS", value)),
            "retry.first_delay_ms" => Some(("FABRIC__RETRY__DELAY_MAX_MS", value)),
            "retry.delay_max_ms" => Some(("FABRIC__RETRY__FIRST_DELAY_MS", value)),
            _ => None,
        }
    };
    let mut numbers = 0;
    for (key, rule) in RULES {
        let Rule::Number(min, max) = *rule else { continue };
        let name = format!("FABRIC__{}", key.replace('.', "__").to_uppercase());
        for (value, fits) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let friend = friends(key, value).map(|(name, value)| (name.to_owned(), value.to_string())).filter(|_| fits);
            let loaded = Config::load(None, [(name.clone(), value.to_string())].into_iter().chain(friend));
            assert_eq!(loaded.is_ok(), fits, "{key} = {value}");
            if let Err(error) = loaded {
                let wanted =
                    format!("`{key}` in the environment variable {name} must be a whole number, {min} to {max}");
                assert_eq!(error.to_string(), wanted);
            }
        }
        numbers += 1;
    }
    assert!(numbers > 20);
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_defaults() {
    let file = "[cache]\nrecent_max = 7\nepoch = 3\n[log]\nfilter = \"warn\"\n";
    let environment =
        [("FABRIC__CACHE__EPOCH", "4"), ("FABRIC__BROKER__URL", "amqp://me:CANARY@rabbit:5672/%2f"), ("PATH", "/")];
    let config = load_file(file, &environment).unwrap();
    let table = [
        ("cache.recent_max", "7", Source::File),
        ("cache.epoch", "4", Source::Environment),
        ("cache.write_delay_max_ms", "10", Source::Default),
        ("broker.url", "amqp://***@rabbit:5672", Source::Environment),
        ("log.filter", "warn", Source::File),
        ("log.events", "false", Source::Default),
    ];
    for (key, value, source) in table {
        assert_eq!(setting(&config, key), (value.to_owned(), source), "{key}");
    }
    assert_eq!((config.cache.recent_max, config.cache.epoch, config.log.filter.as_str()), (7, 4, "warn"));
    assert_eq!(config.broker.url.expose(), "amqp://me:CANARY@rabbit:5672/%2f");
}

#[test]
fn the_environment_may_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one.toml"), folder.path().join("other.toml"));
    fs::write(&one, "cache.epoch = 1").unwrap();
    fs::write(&other, "cache.epoch = 2").unwrap();
    let environment = [("FABRIC_CONFIG", one.to_str().unwrap())];
    assert_eq!(load(&environment).unwrap().cache.epoch, 1);
    assert_eq!(Config::load(Some(&other), pairs(&environment)).unwrap().cache.epoch, 2, "the command line wins");
    assert_eq!(load(&[("FABRIC_CONFIG", "")]).unwrap().cache.epoch, 0);
}

#[test]
fn logging_of_events_has_a_short_name() {
    let table: [(Pairs<'_>, bool); 4] = [
        (&[("FABRIC_LOG_EVENTS", "true")], true),
        (&[("FABRIC__LOG__EVENTS", "true")], true),
        (&[("FABRIC_LOG_EVENTS", "true"), ("FABRIC__LOG__EVENTS", "false")], false),
        (&[("FABRIC_LOG_EVENTS", "false"), ("FABRIC__LOG__EVENTS", "true")], true),
    ];
    for (environment, events) in table {
        assert_eq!(load(environment).unwrap().log.events, events, "{environment:?}");
    }
}

#[test]
fn values_become_what_they_mean() {
    let config = load(&[
        ("FABRIC__HTTP__ADDRESS", "[::1]:0"),
        ("FABRIC__SUBSCRIBER__TENANTS", " north, south.2 "),
        ("FABRIC__AUTH__KEY_FILE", "/run/secrets/jwt_key"),
        ("FABRIC__LOG__FORMAT", "json"),
        ("FABRIC__RETRY__ATTEMPTS_MAX", "3"),
        ("FABRIC__MAIL__SMTP_URL", "smtps://u:CANARY@mail"),
    ])
    .unwrap();
    assert_eq!(config.http.address.to_string(), "[::1]:0");
    let tenants = ["north", "south.2"].map(|name| fabric_core::TenantId::try_new(name).unwrap());
    assert_eq!(config.subscriber.tenants, BTreeSet::from(tenants));
    assert_eq!(config.key_file(), Path::new("/run/secrets/jwt_key"));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.retry.policy().unwrap().ladder(), [1, 4].map(Duration::from_secs));
    assert_eq!(config.mail.smtp_url.to_string(), "smtps://***@mail");
}

#[test]
fn errors_in_a_file_name_the_key_and_the_line() {
    let table = [
        (
            "[broker]\n\npublish_windw_max = 1",
            "unknown key `broker.publish_windw_max` in FILE, line 3: did you mean `broker.publish_window_max`?",
        ),
        ("[brokr]\nurl = \"\"", "unknown key `brokr.url` in FILE, line 2: did you mean `broker.url`?"),
        ("[brokr]", "unknown key `brokr` in FILE, line 1: did you mean `broker.url`?"),
        ("\nepoch = 1", "unknown key `epoch` in FILE, line 2: did you mean `cache.epoch`?"),
        ("broker = 1", "`broker` in FILE, line 1 must be a section, [broker]"),
        ("[[broker]]\nurl = \"\"", "`broker` in FILE, line 1 must be a section, [broker]"),
        (
            "[broker.url]\nx = 1",
            "`broker.url` in FILE, line 1 must be a URL that begins with memory://, amqp:// or amqps://",
        ),
        ("[cache]\nepoch = \"1\"", "`cache.epoch` in FILE, line 2 must be a whole number, 0 to 4294967295"),
        ("[cache]\nepoch = 1.5", "`cache.epoch` in FILE, line 2 must be a whole number, 0 to 4294967295"),
        (
            "[cache]\nepoch = 99999999999999999999",
            "`cache.epoch` in FILE, line 2 must be a whole number, 0 to 4294967295",
        ),
        ("[log]\nevents = 1", "`log.events` in FILE, line 2 must be true or false"),
        ("[log]\nformat = \"xml\"", "`log.format` in FILE, line 2 must be text, text or json"),
        ("[data]\nfolder = \"\"", "`data.folder` in FILE, line 2 must be text with the name of a file or folder"),
        ("[data]\nfolder = 7", "`data.folder` in FILE, line 2 must be text with the name of a file or folder"),
        (
            "[subscriber]\ntenants = [\"a\"]",
            "`subscriber.tenants` in FILE, line 2 must be empty or text with the names of tenants, separated by commas",
        ),
        ("[cache]\nepoch = 1\nepoch = 2", "FILE, line 3 is not TOML: duplicate key"),
        ("[retry]\nfirst_delay_ms = 300001", "`retry.first_delay_ms` must not be above `retry.delay_max_ms`"),
        ("[subscriber]\nconcurrency = 65", "`subscriber.concurrency` must not be above `subscriber.prefetch`"),
        ("[broker]\nreconnect_min_ms = 10001", "`broker.reconnect_min_ms` must not be above `broker.reconnect_max_ms`"),
    ];
    for (text, message) in table {
        assert_eq!(load_file(text, &[]).unwrap_err(), message, "{text}");
    }
}

#[test]
fn errors_in_the_environment_name_the_variable() {
    let table = [
        (
            ("FABRIC__BROKER__PUBLISH_WINDW_MAX", "1"),
            "unknown key `broker.publish_windw_max` in the environment variable FABRIC__BROKER__PUBLISH_WINDW_MAX: \
             did you mean `broker.publish_window_max`?",
        ),
        (
            ("FABRIC__EPOCH", "1"),
            "unknown key `epoch` in the environment variable FABRIC__EPOCH: did you mean `cache.epoch`?",
        ),
        (
            ("FABRIC__CACHE__EPOCH", "one"),
            "`cache.epoch` in the environment variable FABRIC__CACHE__EPOCH must be a whole number, 0 to 4294967295",
        ),
        (
            ("FABRIC__HTTP__ADDRESS", "localhost"),
            "`http.address` in the environment variable FABRIC__HTTP__ADDRESS must be text with an IP address and a port, \
             such as 127.0.0.1:7070",
        ),
        (
            ("FABRIC_LOG_EVENTS", "yes"),
            "`log.events` in the environment variable FABRIC_LOG_EVENTS must be true or false",
        ),
        (
            ("FABRIC__MAIL__FROM", "nobody"),
            "`mail.from` in the environment variable FABRIC__MAIL__FROM must be text with a mail address, such as \
             fabric@localhost",
        ),
        (
            ("FABRIC__LOG__FILTER", "fabric=loud"),
            "`log.filter` in the environment variable FABRIC__LOG__FILTER must be text with a log level, or targets with \
             theirs, such as info,fabric=debug",
        ),
    ];
    for (pair, message) in table {
        assert_eq!(load(&[pair]).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = Config::load(Some(&missing), []).unwrap_err();
    assert_eq!(error.to_string(), format!("the configuration file {} cannot be read", missing.display()));

    let large = folder.path().join("large.toml");
    fs::write(&large, "#".repeat(1 << 21)).unwrap();
    assert!(report(&Config::load(Some(&large), []).unwrap_err()).ends_with("it is larger than 1 MiB"));

    let binary = folder.path().join("binary.toml");
    fs::write(&binary, [0xff, 0xfe]).unwrap();
    assert!(matches!(Config::load(Some(&binary), []), Err(ConfigError::File { .. })));
}

/// Whatever is wrong, and wherever a password stands, no error shows it: `load_file` looks at their `Debug`, too.
#[test]
fn no_error_shows_a_password() {
    let files = [
        "[broker]\nurl = \"http://u:CANARY@h\"",
        "[broker]\nurl = \"amqp://u:CANARY@h",
        "[broker]\nurl = amqp://u:CANARY@h",
        "[broker]\nurl = CANARY",
        "[broker]\nurl = 'amqp://u:CANARY@h' CANARY",
        "[broker]\nurl = \"\\CANARY\"",
        "[broker]\nurl = [\"amqp://u:CANARY@h\"]",
        "[broker]\nurl = { CANARY = \"CANARY\" }",
        "[broker]\nurl = \"amqp://u:CANARY@h\"\nurl = \"amqp://u:CANARY@h\"",
        "[broker]\nurl \"amqp://u:CANARY@h\"",
        "[broker\nurl = \"amqp://u:CANARY@h\"",
        "[broker]\n\"amqp://u:CANARY@h\" = 1",
        "[broker]\nurl = \"amqp://u:CANARY@h\"\nconnections = 1",
        "[cache]\nurl = \"amqp://u:CANARY@h\"",
        "[cache]\nepoch = \"amqp://u:CANARY@h\"",
        "[mail]\nsmtp_url = \"CANARY\"",
        "broker = \"amqp://u:CANARY@h\"",
        "\"amqp://u:CANARY@h\" = 1",
        "[\"amqp://u:CANARY@h\"]",
    ];
    for text in files {
        let error = load_file(text, &[]).unwrap_err();
        assert!(!error.contains(CANARY), "{text}\ngave\n{error}");
    }
    let environments: [Pairs<'_>; 4] = [
        &[("FABRIC__BROKER__URL", "u:CANARY@h")],
        &[("FABRIC__BROKER__CANARY://x", "1")],
        &[("FABRIC__CACHE__EPOCH", "CANARY")],
        &[("FABRIC__LOG__FILTER", "=CANARY=")],
    ];
    for environment in environments {
        let error = load(environment).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(CANARY), "{environment:?}");
    }
}

#[test]
fn nothing_else_shows_a_password() {
    let urls = [
        ("FABRIC__BROKER__URL", "amqp://u:CANARY@h/%2f"),
        ("FABRIC__CACHE__URL", "redis://:CANARY@h"),
        ("FABRIC__MAIL__SMTP_URL", "smtp://u:CANARY/1@h"),
    ];
    let config = load(&urls).unwrap();
    for shown in [format!("{config:?}"), format!("{config:#?}"), format!("{:?}", config.describe())] {
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(shown.contains("amqp://***@h"), "{shown}");
    }
}

#[test]
fn the_management_interface_is_found_beside_the_broker() {
    let table = [
        ("memory://", "", None),
        ("amqp://fabric:s3cret@rabbit:5672/%2f?heartbeat=10", "", Some("http://fabric:s3cret@rabbit:15672")),
        ("amqps://u:p@one:5671,two:5671/vhost", "", Some("https://u:p@one:15671")),
        ("amqp://rabbit", "", Some("http://guest:guest@rabbit:15672")),
        ("amqp://u:p@[::1]/", "", Some("http://u:p@[::1]:15672")),
        ("amqp://rabbit", "https://admin:x@elsewhere", Some("https://admin:x@elsewhere")),
    ];
    for (broker, management, expected) in table {
        let given = [("FABRIC__BROKER__URL", broker), ("FABRIC__TOPOLOGY__MANAGEMENT_URL", management)];
        let config = Config::load(None, given.map(|(name, value)| (name.into(), value.into()))).unwrap();
        assert_eq!(config.management_url().as_ref().map(SecretUrl::expose), expected, "{broker} {management}");
    }
}

#[test]
fn a_service_of_its_own_makes_nothing_on_the_broker_unless_it_is_told_to() {
    let table = [("auto", AtStart::Verify), ("create", AtStart::Create), ("verify", AtStart::Verify)];
    for (word, expected) in table {
        let config = Config::load(None, [("FABRIC__TOPOLOGY__AT_START".into(), word.into())]).unwrap();
        assert_eq!(config.of_one_service().topology.at_start, expected, "{word}");
    }
    assert_eq!(Config::load(None, []).unwrap().topology.at_start, AtStart::Auto);
}
