//! Changes to what somebody may do.

use std::collections::BTreeSet;

use fabric_catalog::values::AccountRole;

/// What a change of roles comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChange {
    /// Every role from now on.
    pub roles: BTreeSet<AccountRole>,
    /// Those that are new.
    pub granted: BTreeSet<AccountRole>,
    /// Those that are gone.
    pub withdrawn: BTreeSet<AccountRole>,
}

impl RoleChange {
    /// Grants and withdraws roles. None when that changes nothing.
    pub fn of(
        current: &BTreeSet<AccountRole>,
        grant: &BTreeSet<AccountRole>,
        withdraw: &BTreeSet<AccountRole>,
    ) -> Option<Self> {
        let granted: BTreeSet<_> = grant.difference(current).copied().collect();
        let withdrawn: BTreeSet<_> = withdraw.intersection(current).copied().collect();
        if granted.is_empty() && withdrawn.is_empty() {
            return None;
        }
        let roles = current.union(&granted).filter(|role| !withdrawn.contains(role)).copied().collect();
        Some(Self { roles, granted, withdrawn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountRole::{Student, Teacher, Tutor, VerifiedTutor};

    type Roles<'a> = &'a [AccountRole];
    /// The roles before, what is granted and withdrawn; the roles afterwards, those that are new and those that are
    /// gone.
    type Case<'a> = (Roles<'a>, Roles<'a>, Roles<'a>, Option<(Roles<'a>, Roles<'a>, Roles<'a>)>);

    #[test]
    fn only_what_changes_is_named() {
        let table: [Case; 5] = [
            (&[Tutor], &[VerifiedTutor], &[], Some((&[Tutor, VerifiedTutor], &[VerifiedTutor], &[]))),
            (&[Tutor, VerifiedTutor], &[VerifiedTutor], &[], None),
            (&[Tutor, VerifiedTutor], &[], &[VerifiedTutor], Some((&[Tutor], &[], &[VerifiedTutor]))),
            (&[Tutor], &[], &[VerifiedTutor], None),
            (&[Student], &[Teacher], &[Student, Tutor], Some((&[Teacher], &[Teacher], &[Student]))),
        ];
        let set = |roles: &[AccountRole]| roles.iter().copied().collect::<BTreeSet<_>>();
        for (current, grant, withdraw, expected) in table {
            let expected = expected.map(|(roles, granted, withdrawn)| RoleChange {
                roles: set(roles),
                granted: set(granted),
                withdrawn: set(withdrawn),
            });
            assert_eq!(RoleChange::of(&set(current), &set(grant), &set(withdraw)), expected, "{current:?}");
        }
    }
}
