use fabric::{Actor, ActorId, Role, TenantId, identity::Identity};
use fabric_catalog::{
    social::{Audience, PostCreated},
    values::Id,
};
use jiff::Timestamp;

use super::*;
use crate::model::{Model, Said, Status};

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn by(role: &str) -> Identity {
    let actor = Actor { id: ActorId::try_new("anybody").unwrap(), role: Role::try_new(role).unwrap() };
    Identity { tenant: TenantId::try_new("district-1").unwrap(), actor }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_788_000_000).unwrap()
}

/// Ada and Bob are connected, Eve has asked Ada, Ada has posted, and Bob commented.
fn model() -> Model {
    let mut model = Model::default();
    model.connection(id("c-ab"), id("ada"), id("bob"), Status::Accepted);
    model.connection(id("c-ea"), id("eve"), id("ada"), Status::Requested);
    model.post_created(PostCreated {
        post_id: id("p-1"),
        author_id: id("ada"),
        audience: Audience::Connections,
        audience_id: None,
        text: "Hello".parse().unwrap(),
        attachment_ids: Vec::new(),
        posted_at: now(),
    });
    let said = Said { author_id: id("bob"), parent_comment_id: None, text: "Hi".parse().unwrap(), added_at: now() };
    model.thread_mut(id("p-1")).comment_added(id("m-1"), said);
    model
}

#[test]
fn posts_for_a_class_come_from_the_class_and_staff() {
    use PostRejection::{NoAudience, NotInAudience};
    let table = [
        (None, None, "student", Ok((Audience::Connections, None))),
        (Some(Audience::Connections), Some("k-1"), "student", Ok((Audience::Connections, None))),
        (Some(Audience::Everybody), None, "student", Ok((Audience::Everybody, None))),
        (Some(Audience::Class), None, "teacher", Err(NoAudience)),
        (Some(Audience::Class), Some("k-1"), "teacher", Ok((Audience::Class, Some(id("k-1"))))),
        (Some(Audience::Class), Some("k-1"), "student", Err(NotInAudience)),
        (Some(Audience::School), Some("s-1"), "guardian", Err(NotInAudience)),
    ];
    for (audience, audience_id, role, expected) in table {
        let text = "Hello".parse().unwrap();
        let command = CreatePost { audience, audience_id: audience_id.map(id), text, attachment_ids: Vec::new() };
        let outcome = create_post(&model(), &by(role), id("ada"), id("p-2"), command, now());
        assert_eq!(outcome.map(|event| (event.audience, event.audience_id)), expected, "{audience:?} {role}");
    }
}

#[test]
fn authors_and_moderators_delete() {
    let table = [
        ("ada", "student", "p-1", Ok(())),
        ("bob", "student", "p-1", Err(PostRejection::NotYours)),
        ("eve", "student", "p-1", Err(PostRejection::UnknownPost)),
        ("tea", "teacher", "p-1", Ok(())),
        ("ada", "student", "p-0", Err(PostRejection::UnknownPost)),
    ];
    for (member, role, post, expected) in table {
        let outcome = delete_post(&model(), &by(role), id(member), id(post), now());
        assert_eq!(outcome.map(|event| assert_eq!(event.author_id, id("ada"))), expected, "{member} {post}");
    }
}

#[test]
fn whoever_sees_a_post_comments_on_it() {
    let table = [
        ("bob", "student", "p-1", None, Ok(())),
        ("bob", "student", "p-1", Some("m-1"), Ok(())),
        ("bob", "student", "p-1", Some("m-0"), Err(PostRejection::UnknownComment)),
        ("eve", "student", "p-1", None, Err(PostRejection::UnknownPost)),
        ("tea", "teacher", "p-1", None, Ok(())),
        ("bob", "student", "p-0", None, Err(PostRejection::UnknownPost)),
    ];
    for (member, role, post, parent, expected) in table {
        let command = AddComment { parent_comment_id: parent.map(id), text: "Hi".parse().unwrap() };
        let outcome = add_comment(&model(), &by(role), id(member), id(post), id("m-2"), command, now());
        assert_eq!(outcome.map(|event| assert_eq!(event.post_author_id, id("ada"))), expected, "{member} {parent:?}");
    }
}

#[test]
fn two_members_connect_once() {
    use ConnectionRejection::{AlreadyThere, Yourself};
    let table = [
        ("bob", "eve", Ok(())),
        ("ada", "bob", Err(AlreadyThere)),
        ("bob", "ada", Err(AlreadyThere)),
        ("ada", "eve", Err(AlreadyThere)),
        ("ada", "ada", Err(Yourself)),
    ];
    for (requester, addressee, expected) in table {
        let command = RequestConnection { addressee_id: id(addressee), message: None };
        let outcome = request_connection(&model(), id(requester), id("c-new"), command, now());
        assert_eq!(outcome.map(drop), expected, "{requester} {addressee}");
    }
    let mut model = model();
    model.connection(id("c-ab"), id("ada"), id("bob"), Status::Removed);
    let again = RequestConnection { addressee_id: id("bob"), message: None };
    assert!(request_connection(&model, id("ada"), id("c-new"), again, now()).is_ok(), "they may connect again");
}

#[test]
fn only_who_was_asked_accepts_and_only_once() {
    use ConnectionRejection::{Answered, NotAsked, UnknownConnection};
    let table = [
        ("ada", "c-ea", Ok(())),
        ("eve", "c-ea", Err(NotAsked)),
        ("bob", "c-ea", Err(UnknownConnection)),
        ("bob", "c-ab", Err(Answered)),
        ("ada", "c-00", Err(UnknownConnection)),
    ];
    for (member, connection, expected) in table {
        let outcome = accept_connection(&model(), &id(member), id(connection), now());
        assert_eq!(outcome.map(drop), expected, "{member} {connection}");
    }
}
