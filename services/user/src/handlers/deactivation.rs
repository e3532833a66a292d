//! `user_deactivation`: whoever the school deactivates loses the account, and whoever loses the account loses its
//! roles.

use std::collections::BTreeSet;

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::{
    demographics::UserDeactivated,
    user::{AccountDeactivated, ClosingReason},
    values::Private,
};

use super::update;
use crate::{
    State,
    model::{Member, Model},
};

/// Closes the account. It has no way back here: closing an account deactivates nobody.
pub async fn person_deactivated(event: UserDeactivated, context: Context<State>) -> Result<(), Fault> {
    let closing = context.state().read(context.tenant(), |model| closing(model, &event));
    match closing {
        Some(closing) => context.react(closing, "").await.map(drop),
        None => Ok(()),
    }
}

/// Takes away what the account was given. After it was opened again, roles are given anew.
pub async fn account_closed(event: AccountDeactivated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id).given_roles.set(at, BTreeSet::new()));
    Ok(())
}

/// What closes the account of a deactivated person. Other services may know an account that this one does not, so it is
/// said unless the account is known to be closed.
fn closing(model: &Model, event: &UserDeactivated) -> Option<AccountDeactivated> {
    let is_closed = model.member(&event.user_id).is_some_and(Member::is_closed);
    (!is_closed).then(|| AccountDeactivated {
        user_id: event.user_id.clone(),
        reason: Private::new(ClosingReason::PersonDeactivated),
        deactivated_by_id: event.deactivated_by_id.clone(),
        deactivated_at: event.deactivated_at,
    })
}

#[cfg(test)]
mod tests {
    use fabric::{EventId, Moment};
    use fabric_catalog::Example;

    use super::*;

    #[test]
    fn an_account_is_closed_once() {
        let event = UserDeactivated::example().unwrap();
        let at = Moment { time: event.deactivated_at, id: EventId::from_parts(0, [0; 10]) };
        let mut model = Model::default();
        for (open, expected) in [(None, true), (Some(true), true), (Some(false), false)] {
            if let Some(open) = open {
                model.member_mut(event.user_id.clone()).open.set(at, open);
            }
            let closing = closing(&model, &event);
            assert_eq!(closing.is_some(), expected, "{open:?}");
            assert!(closing.is_none_or(|closing| closing.reason == Private::new(ClosingReason::PersonDeactivated)));
        }
    }
}
