//! Policies and users: what can be changed in place.

use super::*;

#[test]
fn a_cap_is_dangerous_where_a_queue_holds_more() {
    let caps = |work_bytes_max| Caps { work_bytes_max, ..Caps::default() };
    let services = two_services();
    let of = |stands: u64, should: u64, holds: u64| {
        let mut actual = standing(wanted(&topology(&services), &caps(stands)));
        let state = actual.queues.get_mut("academic.audit").unwrap();
        state.bytes = holds;
        state.effective.insert("max-length-bytes".into(), i64::try_from(stands).unwrap().into());
        let mut changes = shown(&plan(&wanted(&topology(&services), &caps(should)), &actual));
        changes.retain(|change| !change.contains(".kyc-2"));
        changes
    };
    assert_eq!(of(100, 200, 0), ["Safe policy fabric-work.academic max-length-bytes 100 -> 200"]);
    assert_eq!(of(100, 200, 250), ["Safe policy fabric-work.academic max-length-bytes 100 -> 200"]);
    assert_eq!(of(200, 100, 100), ["Safe policy fabric-work.academic max-length-bytes 200 -> 100"]);
    assert_eq!(of(200, 100, 101), ["Dangerous policy fabric-work.academic max-length-bytes 200 -> 100"]);
    let missing = after(Order::Loose, |actual| {
        actual.definitions.policies.remove("fabric-work.academic");
        actual.queues.get_mut("academic.audit").unwrap().bytes = 2 << 30;
    });
    assert_eq!(missing, ["Dangerous policy fabric-work.academic"]);
}

#[test]
fn policies_of_others_are_dangerous_when_they_win() {
    let changes = after(Order::Loose, |actual| {
        actual.queues.get_mut("academic.audit").unwrap().policy = Some("everything".into());
        let policy = PolicyDefinition { priority: 99, ..actual.definitions.policies["fabric-work.academic"].clone() };
        actual.definitions.policies.insert("everything".into(), policy.clone());
        actual.definitions.policies.insert("fabric-old".into(), policy);
    });
    assert_eq!(
        changes,
        [r#"Dangerous queue academic.audit policy "everything" -> "fabric-work.academic""#, "Orphan policy fabric-old"]
    );
    // A weaker one counts until ours is made, and is shown a little longer.
    for is_made in [true, false] {
        let expected = if is_made { vec![] } else { vec!["Create policy fabric-work.academic".to_owned()] };
        let seen = after(Order::Loose, |actual| {
            let (ours, policies) = ("fabric-work.academic", &mut actual.definitions.policies);
            let weaker = PolicyDefinition { priority: 0, ..policies[ours].clone() };
            policies.insert("everything".into(), weaker);
            if !is_made {
                policies.remove(ours);
            }
            actual.queues.get_mut("academic.audit").unwrap().policy = Some("everything".into());
        });
        assert_eq!(seen, expected);
    }
}

#[test]
fn users_get_exactly_their_rights() {
    let services = two_services();
    let wanted = Definitions {
        users: users(&services.iter().collect::<Vec<_>>(), &[] as &[Descriptor], Declaring::Never),
        ..definitions(&services)
    };
    let with = |happens: fn(&mut BTreeMap<String, UserDefinition>)| {
        let mut actual = standing(wanted.clone());
        happens(&mut actual.definitions.users);
        shown(&plan(&wanted, &actual))
    };
    assert_eq!(with(|_| ()), Vec::<String>::new());
    assert_eq!(with(|users| drop(users.remove("academic"))), ["Create user academic"]);
    assert_eq!(with(|users| drop(users.insert("guest".into(), users["fabric"].clone()))), Vec::<String>::new());
    let tagged = with(|users| users.get_mut("academic").unwrap().tags.extend(["administrator".into()]));
    assert_eq!(tagged, [r#"Dangerous user academic tags "administrator" -> """#]);
    let more = with(|users| {
        users.get_mut("academic").unwrap().permission.as_mut().unwrap().configure = ".*".into();
    });
    assert_eq!(more, [r#"Safe user academic permission.configure ".*" -> "^academic\\.tap\\..*$""#]);
    let useless = with(|users| {
        let topics = &mut users.get_mut("academic").unwrap().topics;
        topics.insert("amq.topic".into(), TopicPermission { write: "^$".into(), read: ".*".into() });
    });
    assert_eq!(useless, [r#"Safe user academic topics.amq.topic.read ".*" -> "^$""#]);
    let open = with(|users| users.get_mut("academic").unwrap().topics.clear());
    assert_eq!(
        open,
        [
            r#"Safe user academic topics.events.fabric.read  -> "^(fabric\\.subscription\\.\\*)$""#,
            r#"Safe user academic topics.events.fabric.write  -> "^$""#
        ]
    );
    let fewer = services.iter().filter(|service| service.name().as_str() == "kyc-2").collect::<Vec<_>>();
    let fewer = Definitions { users: users(&fewer, &[] as &[Descriptor], Declaring::Never), ..wanted.clone() };
    let mut actual = standing(wanted.clone());
    assert_eq!(shown(&plan(&fewer, &actual)), ["Orphan user academic"]);
    let academic = actual.definitions.users.get_mut("academic").unwrap();
    (academic.permission, academic.topics) = (None, BTreeMap::new());
    assert_eq!(shown(&plan(&fewer, &actual)), Vec::<String>::new(), "it can do nothing here");
    let unwanted = Definitions { users: BTreeMap::new(), ..wanted.clone() };
    assert_eq!(shown(&plan(&unwanted, &standing(wanted.clone()))), Vec::<String>::new(), "users are not compared");
}
