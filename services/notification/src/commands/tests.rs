use std::collections::{BTreeMap, BTreeSet};

use fabric_catalog::values::{Id, Language};
use jiff::Timestamp;

use super::*;
use crate::model::{Model, RenderError, Text};

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_788_000_000).unwrap()
}

#[test]
fn a_request_names_a_template_and_fills_it_in() {
    let table = [
        ("grade_posted", vec!["assignment"], Ok(())),
        ("grade_posted", vec!["assignment", "unused"], Ok(())),
        ("grade_posted", vec![], Err(RenderError::MissingVariable("assignment".into()))),
        ("unheard_of", vec![], Err(RenderError::UnknownTemplate)),
    ];
    for (template, variables, expected) in table {
        let variables: BTreeMap<_, _> =
            variables.into_iter().map(|name| (name.to_owned(), "Algebra".parse().unwrap())).collect();
        let command = RequestNotification {
            notification_id: None,
            recipient_id: id("ada"),
            subject_id: None,
            template: template.into(),
            variables,
            channels: BTreeSet::new(),
            urgency: None,
            language: None,
            email: None,
            phone: None,
            expires_at: None,
        };
        let outcome = request(&Model::default(), command, id("n-new"), now());
        let expected = expected.map_err(RequestRejection::Template);
        assert_eq!(outcome.map(|event| assert_eq!(event.notification_id, id("n-new"))), expected, "{template}");
    }
}

#[test]
fn a_template_is_created_and_then_updated() {
    let command = |body: &str| UpdateTemplate { language: None, title: "Hello {who}".into(), body: body.into() };
    let mut model = Model::default();
    let written = update_template(&model, "greeting", command("It is {what}."), now());
    let Ok(TemplateWritten::Created(event)) = written else { panic!("{written:?}") };
    assert_eq!(
        (event.revision, event.variables, event.template_id),
        (1, vec!["what".into(), "who".into()], id("greeting.en"))
    );

    let text = Text { subject: "Hello".into(), body: "there".into() };
    model.templates.write("greeting".into(), &Language::try_new("en").unwrap(), 1, text, now());
    let written = update_template(&model, "greeting", command("Good to see you."), now());
    let Ok(TemplateWritten::Updated(event)) = written else { panic!("{written:?}") };
    assert_eq!((event.revision, event.variables), (2, vec!["who".into()]));
}

#[test]
fn a_template_must_be_well_formed() {
    let many: String = (0..51).map(|number| format!("{{v{number}}}")).collect::<Vec<_>>().concat();
    let table = [
        ("greeting", "{who", TemplateRejection::Malformed),
        ("greeting", &many, TemplateRejection::Variables),
        ("Greeting", "Hello", TemplateRejection::Name),
        ("", "Hello", TemplateRejection::Name),
        ("a b", "Hello", TemplateRejection::Name),
    ];
    for (name, body, expected) in table {
        let command = UpdateTemplate { language: None, title: "Hello".into(), body: body.into() };
        assert_eq!(update_template(&Model::default(), name, command, now()), Err(expected), "{name} {body}");
    }
}
