use fabric_catalog::{
    Example,
    social::{Audience, CommentAdded, PostCreated, PostEdited},
};
use jiff::{SignedDuration, Timestamp};

use super::*;

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_788_000_000 + second).unwrap()
}

fn post(name: &str, author: &str, second: i64) -> PostCreated {
    PostCreated {
        post_id: id(name),
        author_id: id(author),
        audience: Audience::Connections,
        audience_id: None,
        posted_at: at(second),
        ..PostCreated::example().unwrap()
    }
}

fn feed(model: &Model, member: &str, limit: usize) -> Vec<String> {
    model.feed(&id(member), limit).map(|(id, _)| id.to_string()).collect()
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
fn a_feed_comes_out_the_same_in_any_order() {
    let connection = |model: &mut Model, status| model.connection(id("c-1"), id("ada"), id("bob"), status);
    let changes: [&dyn Fn(&mut Model); 6] = [
        &|model| model.post_created(post("p-1", "ada", 1)),
        &|model| model.post_created(post("p-2", "ada", 2)),
        &|model| model.post_created(post("p-3", "bob", 3)),
        &|model| model.post_deleted(&id("p-2")),
        &|model| connection(model, Status::Requested),
        &|model| connection(model, Status::Accepted),
    ];
    for order in orders(changes.len()) {
        let mut model = Model::default();
        for index in order.iter().chain(&order) {
            changes[*index](&mut model);
        }
        assert_eq!(feed(&model, "bob", 10), ["p-3", "p-1"], "{order:?}");
        assert_eq!(feed(&model, "ada", 1), ["p-3"], "{order:?}");
        assert_eq!(feed(&model, "eve", 10), [""; 0], "{order:?}");
        connection(&mut model, Status::Removed);
        assert_eq!(feed(&model, "bob", 10), ["p-3"], "{order:?}");
    }
}

#[test]
fn an_audience_decides_who_sees_a_post() {
    let mut model = Model::default();
    model.connection(id("c-1"), id("ada"), id("bob"), Status::Accepted);
    let place = |left| Place { class_id: id("k-1"), school_id: id("s-1"), left };
    model.memberships.set(id("cem"), id("e-1"), at(1), place(false));
    model.memberships.set(id("dan"), id("e-2"), at(2), place(true));
    model.memberships.set(id("dan"), id("e-2"), at(1), place(false));
    let table = [
        (Audience::Connections, None, [true, true, false, false]),
        (Audience::Class, Some("k-1"), [true, false, true, false]),
        (Audience::Class, Some("k-2"), [true, false, false, false]),
        (Audience::School, Some("s-1"), [true, false, true, false]),
        (Audience::Everybody, None, [true, true, true, true]),
    ];
    for (audience, audience_id, expected) in table {
        let mut event = post("p-1", "ada", 1);
        (event.audience, event.audience_id) = (audience, audience_id.map(id));
        let mut thread = Thread::default();
        thread.created(event);
        let sees = ["ada", "bob", "cem", "dan"].map(|member| model.sees(&id(member), thread.post().unwrap()));
        assert_eq!(sees, expected, "{audience} {audience_id:?}");
    }
}

#[test]
fn a_feed_has_an_end() {
    let mut model = Model::default();
    for number in 0..FEED_LENGTH_MAX + 50 {
        model.post_created(post(&format!("p-{number}"), "ada", i64::try_from(number).unwrap()));
    }
    let feed = feed(&model, "ada", usize::MAX);
    assert_eq!((feed.len(), feed[0].as_str()), (FEED_LENGTH_MAX, "p-249"));
}

#[test]
fn a_thread_reads_as_it_was_last_written() {
    let text = |text: &str| text.parse().unwrap();
    let created = post("p-1", "ada", 1);
    let edit = |words: &str, second| PostEdited {
        post_id: id("p-1"),
        author_id: id("ada"),
        text: words.parse().unwrap(),
        attachment_ids: Vec::new(),
        edited_at: at(second),
    };
    let comment = CommentAdded::example().unwrap();
    let said =
        Said { author_id: comment.author_id, parent_comment_id: None, text: comment.text, added_at: comment.added_at };
    let changes: [&dyn Fn(&mut Thread); 6] = [
        &|thread| thread.created(created.clone()),
        &|thread| thread.edited(edit("second", 2)),
        &|thread| thread.edited(edit("third", 3)),
        &|thread| thread.comment_added(id("c-1"), said.clone()),
        &|thread| thread.comment_edited(id("c-1"), text("new words"), said.added_at + SignedDuration::from_secs(1)),
        &|thread| thread.comment_deleted(id("c-2")),
    ];
    for order in orders(changes.len()) {
        let mut thread = Thread::default();
        for index in order {
            changes[index](&mut thread);
        }
        thread.comment_added(id("c-2"), said.clone());
        assert_eq!(thread.reading().unwrap().text.as_str(), "third");
        let comments = thread.comments();
        assert_eq!(
            comments.iter().map(|(id, said)| (id.as_str(), said.text.as_str())).collect::<Vec<_>>(),
            [("c-1", "new words")]
        );
        thread.deleted();
        assert!(thread.post().is_none() && thread.comments().is_empty());
    }
}
