use std::collections::BTreeSet;

use fabric::EventId;
use fabric_catalog::{
    Example,
    demographics::{UserCreated, UserUpdated},
    user::{AccountRegistered, ProfileField, ProfileUpdated},
    values::{AccountRole, EmailAddress, EnrollmentRole, Id},
};
use jiff::Timestamp;

use super::*;

fn at(second: i64) -> Moment {
    Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(0, [0; 10]) }
}

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let put = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, count - 1);
        order
    };
    orders(count - 1).iter().flat_map(|order| (0..count).map(|place| put(order, place)).collect::<Vec<_>>()).collect()
}

#[test]
fn a_member_comes_out_the_same_in_any_order() {
    let person = id("u-11391");
    let late_email = EmailAddress::try_new("new@example.edu").unwrap();
    let changes: [&dyn Fn(&mut Member); 4] = [
        &|member| member.created(at(1), UserCreated::example().unwrap()),
        &|member| member.registered(at(2), AccountRegistered::example().unwrap()),
        &|member| member.changed_by_holder(at(3), ProfileUpdated::example().unwrap()),
        &|member| {
            let event = UserUpdated { email: Some(late_email.clone()), ..UserUpdated::example().unwrap() };
            member.updated(at(4), event);
        },
    ];
    for order in orders(changes.len()) {
        let mut model = Model::default();
        for index in order.iter().chain(&order) {
            changes[*index](model.member_mut(person.clone()));
        }
        let member = model.member(&person).unwrap();
        assert_eq!(member.email.get(), Some(&Some(late_email.clone())), "{order:?}");
        assert_eq!(member.language.get().unwrap().as_ref().unwrap().as_str(), "en-GB", "{order:?}");
        assert_eq!(member.roles(), BTreeSet::from([AccountRole::Student]), "{order:?}");
        assert_eq!(member.open.get(), Some(&true), "{order:?}");
    }
}

#[test]
fn a_change_by_the_holder_changes_only_what_it_names() {
    let (all, email, none) =
        (ProfileUpdated::example().unwrap(), BTreeSet::from([ProfileField::Email]), BTreeSet::new());
    let gone = ProfileUpdated {
        changed_fields: email.clone(),
        previous_values: all.new_values.clone().only(&email),
        new_values: all.new_values.clone().only(&none),
        ..all.clone()
    };
    for order in [[0, 1], [1, 0]] {
        let mut model = Model::default();
        let member = model.member_mut(id("u-11391"));
        member.registered(at(1), AccountRegistered::example().unwrap());
        for index in order {
            let (second, event) = [(2, &all), (3, &gone)][index];
            member.changed_by_holder(at(second), event.clone());
        }
        assert_eq!(member.email.get(), Some(&None), "{order:?}");
        assert_eq!(member.phone.get(), Some(&all.new_values.phone), "{order:?}");
        assert_eq!(member.given_name.get(), all.new_values.first_name.as_ref(), "{order:?}");
    }
}

#[test]
fn whoever_is_only_named_is_not_known() {
    let mut model = Model::default();
    model.member_mut(id("u-1")).active.set(at(1), false);
    assert!(model.member(&id("u-1")).is_none());
    assert!(model.member(&id("u-2")).is_none());
}

#[test]
fn the_first_to_take_a_user_name_keeps_it() {
    let mut model = Model::default();
    let first = AccountRegistered::example().unwrap();
    let second = AccountRegistered { user_id: id("u-other"), ..first.clone() };
    model.register(at(1), first.clone());
    model.register(at(2), second);
    assert_eq!(model.holder_of(&first.username), Some(&first.user_id));
}

#[test]
fn an_ended_enrollment_stays_ended() {
    let enrollment = Enrollment {
        user_id: id("u-1"),
        role: EnrollmentRole::Teacher,
        primary: None,
        begin_date: None,
        end_date: None,
        ended: false,
    };
    let ended = Enrollment { ended: true, ..enrollment.clone() };
    for changes in [[(1, &enrollment), (2, &ended)], [(2, &ended), (1, &enrollment)]] {
        let mut roster = Roster::default();
        for (number, change) in changes {
            roster.set(id("e-1"), at(number), change.clone());
        }
        assert_eq!(roster.enrolled().count(), 0);
        assert!(!roster.has_teacher(&id("u-1")));
    }
}
