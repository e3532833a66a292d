//! Where a notice goes, and what it says: a pure decision on the request and on what is known of its recipient.

use std::{collections::BTreeSet, time::Duration};

use fabric::EventId;
use fabric_catalog::{
    notification::{Channel, NotificationDispatchRequested, Urgency},
    values::{EmailAddress, Private},
};
use jiff::Timestamp;

use crate::model::{Model, RenderError, Text, Withheld};

/// What is to be done about a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Nothing yet: it is to be delivered after this time.
    Wait(Duration),
    /// Nothing: it was asked for before, by another event.
    Repeated,
    /// Nothing, for this reason.
    Withhold(Text, Withheld),
    /// Deliver it.
    Deliver(Delivery),
}

/// How a notice is to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// What it says.
    pub text: Text,
    /// The e-mail, if there is to be one.
    pub email: Option<EmailTo>,
    /// Whether it goes into the application itself.
    pub in_app: bool,
    /// Channels that were asked for, and that nobody here serves.
    pub unserved: BTreeSet<Channel>,
}

/// Where an e-mail goes.
#[derive(Debug, Clone, PartialEq)]
pub enum EmailTo {
    /// To this address.
    Address(EmailAddress),
    /// Nowhere: the person has no address.
    Nowhere,
}

/// Why a request leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It cannot be written.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The person is not known, and the request gives no address. Perhaps the news of the person is still on its way.
    #[error("the request gives no address, and the recipient is not in the directory")]
    UnknownRecipient,
    /// None of the channels that were asked for is served.
    #[error("none of the channels that were asked for is served")]
    NoChannel,
}

/// Plans the delivery of a notice; `request` is the id of the event that asks for it.
pub fn plan(
    model: &Model,
    request: EventId,
    event: &NotificationDispatchRequested,
    now: Timestamp,
) -> Result<Plan, PlanError> {
    if model.notices.get(&event.notification_id).is_some_and(|notice| notice.request != request) {
        return Ok(Plan::Repeated);
    }
    let person = model.directory.person(&event.recipient_id);
    let own_language = person.and_then(|person| person.language.get()?.as_ref());
    let text = model.templates.render(
        &event.template,
        event.language.as_ref().map(Private::get).or(own_language),
        &event.variables,
    )?;
    if event.expires_at.is_some_and(|expiry| expiry <= now) {
        return Ok(Plan::Withhold(text, Withheld::Expired));
    }
    if let Some(wait) = event.deliver_after_at.and_then(|after| Duration::try_from(after.duration_since(now)).ok())
        && !wait.is_zero()
    {
        return Ok(Plan::Wait(wait));
    }
    let wanted = wanted(model, event);
    if wanted.is_empty() {
        return Ok(Plan::Withhold(text, Withheld::Muted));
    }
    let in_app = wanted.contains(&Channel::InApp);
    let email = wanted.contains(&Channel::Email).then(|| email_to(model, event)).transpose()?;
    if email.is_none() && !in_app {
        return Err(PlanError::NoChannel);
    }
    let is_served = |channel: &Channel| matches!(channel, Channel::Email | Channel::InApp);
    let unserved = wanted.into_iter().filter(|channel| !is_served(channel)).collect();
    Ok(Plan::Deliver(Delivery { text, email, in_app, unserved }))
}

/// The channels that were asked for, e-mail if none was, without those that the person does not want. An emergency asks
/// nobody.
fn wanted(model: &Model, event: &NotificationDispatchRequested) -> BTreeSet<Channel> {
    let asked = if event.channels.is_empty() { BTreeSet::from([Channel::Email]) } else { event.channels.clone() };
    let is_muted =
        |channel: &Channel| event.urgency != Urgency::Emergency && model.is_muted(&event.recipient_id, *channel);
    asked.into_iter().filter(|channel| !is_muted(channel)).collect()
}

/// The address of the request, else that of the directory.
fn email_to(model: &Model, event: &NotificationDispatchRequested) -> Result<EmailTo, PlanError> {
    if let Some(address) = &event.email {
        return Ok(EmailTo::Address(address.clone()));
    }
    let person = model.directory.person(&event.recipient_id).ok_or(PlanError::UnknownRecipient)?;
    let address = person.email.get().ok_or(PlanError::UnknownRecipient)?;
    Ok(address.clone().map_or(EmailTo::Nowhere, EmailTo::Address))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fabric::Moment;
    use fabric_catalog::{Example, values::Id};
    use jiff::SignedDuration;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_788_000_000).unwrap()
    }

    fn id(text: &str) -> Id {
        Id::try_new(text).unwrap()
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::try_new(text).unwrap()
    }

    fn request_id(number: u64) -> EventId {
        EventId::from_parts(number, [0; 10])
    }

    /// Ada has an address, Bob has none, Cem has muted e-mails.
    fn model() -> Model {
        let mut model = Model::default();
        let at = Moment { time: now(), id: request_id(0) };
        model.directory.person_mut(id("ada")).email.set(at, Some(address("ada@example.edu")));
        model.directory.person_mut(id("bob")).email.set(at, None);
        model.directory.person_mut(id("cem")).email.set(at, Some(address("cem@example.edu")));
        model.muted.insert(id("cem"), BTreeSet::from([Channel::Email]));
        model
    }

    fn request(recipient: &str, channels: &[Channel]) -> NotificationDispatchRequested {
        NotificationDispatchRequested {
            recipient_id: id(recipient),
            template: "grade_posted".into(),
            variables: BTreeMap::from([("assignment".to_owned(), "Algebra".parse().unwrap())]),
            channels: channels.iter().copied().collect(),
            urgency: Urgency::Normal,
            language: None,
            email: None,
            deliver_after_at: None,
            expires_at: None,
            ..NotificationDispatchRequested::example().unwrap()
        }
    }

    /// What a plan comes to, in short.
    fn short(planned: Result<Plan, PlanError>) -> String {
        match planned {
            Ok(Plan::Wait(wait)) => format!("wait {} s", wait.as_secs()),
            Ok(Plan::Repeated) => "repeated".into(),
            Ok(Plan::Withhold(_, withheld)) => format!("{withheld:?}"),
            Ok(Plan::Deliver(Delivery { email, in_app, unserved, .. })) => {
                let email = email.map(|to| match to {
                    EmailTo::Address(address) => address.as_str().to_owned(),
                    EmailTo::Nowhere => "nowhere".into(),
                });
                let in_app = in_app.then(|| "in_app".to_owned());
                let unserved = unserved.into_iter().map(|channel| format!("not {channel}"));
                email.into_iter().chain(in_app).chain(unserved).collect::<Vec<_>>().join(", ")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn the_channels_and_the_address_are_found() {
        use Channel::{Email, InApp, Push, Sms};
        let emergency = NotificationDispatchRequested { urgency: Urgency::Emergency, ..request("cem", &[]) };
        let addressed = NotificationDispatchRequested { email: Some(address("x@example.edu")), ..request("eve", &[]) };
        let table = [
            (request("ada", &[]), "ada@example.edu"),
            (request("ada", &[Email, InApp]), "ada@example.edu, in_app"),
            (request("ada", &[Email, Push, Sms]), "ada@example.edu, not sms, not push"),
            (request("ada", &[Push]), "NoChannel"),
            (request("bob", &[]), "nowhere"),
            (request("bob", &[InApp]), "in_app"),
            (request("cem", &[]), "Muted"),
            (request("cem", &[Email, InApp]), "in_app"),
            (emergency, "cem@example.edu"),
            (request("eve", &[]), "UnknownRecipient"),
            (request("eve", &[InApp]), "in_app"),
            (addressed, "x@example.edu"),
        ];
        for (event, expected) in table {
            let planned = short(plan(&model(), request_id(7), &event, now()));
            assert_eq!(planned, expected, "{} {:?}", event.recipient_id, event.channels);
        }
    }

    #[test]
    fn a_request_has_its_time() {
        let at = |seconds| Some(now() + SignedDuration::from_secs(seconds));
        let table = [
            (None, None, "ada@example.edu"),
            (at(-1), at(1), "ada@example.edu"),
            (at(0), None, "ada@example.edu"),
            (at(90), None, "wait 90 s"),
            (None, at(0), "Expired"),
            (at(90), at(-1), "Expired"),
        ];
        for (deliver_after_at, expires_at, expected) in table {
            let event = NotificationDispatchRequested { deliver_after_at, expires_at, ..request("ada", &[]) };
            assert_eq!(
                short(plan(&model(), request_id(7), &event, now())),
                expected,
                "{deliver_after_at:?} {expires_at:?}"
            );
        }
    }

    #[test]
    fn a_template_must_be_there_with_all_that_it_needs() {
        let unknown = NotificationDispatchRequested { template: "unheard_of".into(), ..request("ada", &[]) };
        let empty = NotificationDispatchRequested { variables: BTreeMap::new(), ..request("ada", &[]) };
        let planned = |event| plan(&model(), request_id(7), &event, now());
        assert_eq!(planned(unknown), Err(PlanError::Render(RenderError::UnknownTemplate)));
        assert_eq!(planned(empty), Err(PlanError::Render(RenderError::MissingVariable("assignment".into()))));
    }
}
