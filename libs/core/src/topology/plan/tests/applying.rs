//! Whatever has happened to a broker, applying the plan leaves only what people have to decide.

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::topology::{QueueState, sample::any_services};

/// What may have happened to a broker.
#[derive(Debug, Clone)]
enum Happened {
    QueueGone(Index),
    BindingGone(Index),
    PolicyGone(Index),
    ExchangeGone(Index),
    OtherArgument(Index),
    OtherKind(Index),
    OtherCap(Index, i64),
    Filled(Index, u64),
    Consumed(Index),
    Overruled(Index),
    Standby(Index),
    Extra(Index, Index),
}

fn any_happened() -> impl Strategy<Value = Happened> {
    let index = || any::<Index>();
    prop_oneof![
        index().prop_map(Happened::QueueGone),
        index().prop_map(Happened::BindingGone),
        index().prop_map(Happened::PolicyGone),
        index().prop_map(Happened::ExchangeGone),
        index().prop_map(Happened::OtherArgument),
        index().prop_map(Happened::OtherKind),
        (index(), 1_i64..1_000).prop_map(|(policy, cap)| Happened::OtherCap(policy, cap)),
        (index(), 1_u64..10_000_000_000).prop_map(|(queue, bytes)| Happened::Filled(queue, bytes)),
        index().prop_map(Happened::Consumed),
        index().prop_map(Happened::Overruled),
        index().prop_map(Happened::Standby),
        (index(), index()).prop_map(|(exchange, queue)| Happened::Extra(exchange, queue)),
    ]
}

fn happen(actual: &mut Actual, happened: &Happened) {
    let standing = &mut actual.definitions;
    let pick =
        |names: Vec<&String>, index: &Index| names.get(index.index(names.len().max(1))).map(|name| (*name).clone());
    let queue = |index: &Index| pick(standing.queues.keys().collect(), index);
    let exchange = |index: &Index| pick(standing.exchanges.keys().collect(), index);
    let policy = |index: &Index| pick(standing.policies.keys().collect(), index);
    let state = |states: &mut BTreeMap<String, QueueState>, name: Option<String>, change: &dyn Fn(&mut QueueState)| {
        if let Some(state) = name.and_then(|name| states.get_mut(&name)) {
            change(state);
        }
    };
    match happened {
        Happened::QueueGone(index) => {
            if let Some(name) = queue(index) {
                remove(standing, &Resource::Queue(name));
            }
        }
        Happened::ExchangeGone(index) => {
            if let Some(name) = exchange(index) {
                remove(standing, &Resource::Exchange(name));
            }
        }
        Happened::PolicyGone(index) => {
            if let Some(name) = policy(index) {
                remove(standing, &Resource::Policy(name));
            }
        }
        Happened::BindingGone(index) => {
            let gone = standing.bindings.iter().nth(index.index(standing.bindings.len().max(1))).cloned();
            gone.map(|gone| standing.bindings.remove(&gone));
        }
        Happened::OtherArgument(index) => {
            let changed = queue(index).and_then(|name| standing.queues.get_mut(&name));
            changed.map(|queue| queue.arguments.insert(QUEUE_TYPE.into(), "classic".into()));
        }
        Happened::OtherKind(index) => {
            let changed = exchange(index).and_then(|name| standing.exchanges.get_mut(&name));
            if let Some(exchange) = changed {
                exchange.kind = "fanout".into();
            }
        }
        Happened::OtherCap(index, cap) => {
            let changed = policy(index).and_then(|name| standing.policies.get_mut(&name));
            changed.map(|policy| policy.definition.insert("max-length-bytes".into(), (*cap).into()));
        }
        Happened::Filled(index, bytes) => {
            state(&mut actual.queues, queue(index), &|state| (state.ready, state.bytes) = (1, *bytes));
        }
        Happened::Consumed(index) => {
            state(&mut actual.queues, queue(index), &|state| state.consumers = vec![ConsumerState::default()]);
        }
        Happened::Overruled(index) => {
            state(&mut actual.queues, queue(index), &|state| state.policy = Some("theirs".into()));
        }
        Happened::Standby(index) => {
            if let Some(name) = queue(index) {
                standing.queues.insert(format!("{name}{STANDBY}"), standing.queues[&name].clone());
            }
        }
        Happened::Extra(from, to) => {
            if let (Some(from), Some(to)) = (exchange(from), queue(to)) {
                standing.bindings.insert(to_queue(&from, &to, "#"));
            }
        }
    }
}

/// What others have on the same virtual host.
fn foreign() -> Definitions {
    let mut foreign = Definitions::default();
    let queue = QueueDefinition { durable: true, auto_delete: false, arguments: Arguments::new() };
    foreign.queues.insert("orders".into(), queue);
    foreign.bindings.insert(to_queue("amq.topic", "orders", "#"));
    foreign
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn applying_a_plan_leaves_only_what_people_have_to_decide(
        before in any_services(),
        after in any_services(),
        happened in proptest::collection::vec(any_happened(), 0..6),
    ) {
        let wanted = definitions(&after);
        let mut actual = standing(definitions(&before));
        for happened in &happened {
            happen(&mut actual, happened);
        }
        actual.definitions.queues.extend(foreign().queues);
        actual.definitions.bindings.extend(foreign().bindings);
        actual = refreshed(actual);
        for _round in 0..4 {
            let changes = plan(&wanted, &actual);
            actual = applied(actual, &wanted, &changes);
        }
        let left = plan(&wanted, &actual);
        for change in &left {
            let is_left = match change.class {
                Class::Noop | Class::Dangerous | Class::NeedsMigration => true,
                Class::Orphan => prunable(change, &left, &actual).is_err(),
                Class::Create | Class::Safe => false,
            };
            prop_assert!(is_left, "{:?}", change);
        }
        prop_assert!(actual.definitions.queues.contains_key("orders"));
        prop_assert!(actual.definitions.bindings.is_superset(&foreign().bindings));
    }
}
