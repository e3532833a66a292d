use std::collections::BTreeSet;

use fabric::{Actor, ActorId, EventId, Moment, Role, TenantId, identity::Identity};
use fabric_catalog::{
    Example,
    demographics::{
        DeactivationReason, DemographicDataUpdated, EnrollmentCreated, FamilyRelationshipCreated, FamilyRight,
        Relationship, UserCreated,
    },
    user::{AccountRegistered, ProfileField},
    values::{AccountRole, EmailAddress, Id, PersonName, Private, Race},
};
use garde::Validate as _;
use jiff::{SignedDuration, Timestamp, civil::date};

use super::{
    import::{
        CreateUser, EnrollUser, ImportRejection, References, SetDemographics, create_user, enroll_user,
        set_demographics,
    },
    *,
};
use crate::model::{Model, Relative};

const STUDENT: &str = "u-11391";

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn by(actor: &str, role: &str) -> Identity {
    let actor = Actor { id: ActorId::try_new(actor).unwrap(), role: Role::try_new(role).unwrap() };
    Identity { tenant: TenantId::try_new("district-1").unwrap(), actor }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_788_000_000).unwrap()
}

/// A moment so many seconds after now.
fn at(second: i64) -> Moment {
    Moment { time: now() + SignedDuration::from_secs(second), id: EventId::from_parts(0, [0; 10]) }
}

/// A student with a school record and an open account, and a guardian without either.
fn model() -> Model {
    let mut model = Model::default();
    model.member_mut(id(STUDENT)).created(at(1), UserCreated::example().unwrap());
    model.register(at(2), AccountRegistered::example().unwrap());
    let guardian = UserCreated { user_id: id("u-guardian"), ..UserCreated::example().unwrap() };
    model.member_mut(id("u-guardian")).created(at(3), guardian);
    model
}

fn registration(person: Option<&str>, username: &str) -> RegisterUser {
    let event = AccountRegistered::example().unwrap();
    RegisterUser {
        user_id: person.map(id),
        email: event.email,
        username: username.parse().unwrap(),
        given_name: event.profile.first_name,
        family_name: event.profile.last_name,
        language: None,
        time_zone: None,
        registration_source: None,
    }
}

#[test]
fn registrations() {
    use AccountRejection::{AlreadyRegistered, NotYours, UsernameTaken};
    let table = [
        (by("u-7", "student"), registration(None, "seven"), Ok("u-7")),
        (by("u-7", "student"), registration(Some("u-7"), "seven"), Ok("u-7")),
        (by("u-7", "student"), registration(Some("u-8"), "eight"), Err(NotYours)),
        (by("u-7", "teacher"), registration(Some("u-8"), "eight"), Err(NotYours)),
        (by("r-1", "registrar"), registration(Some("u-8"), "eight"), Ok("u-8")),
        (by("u-7", "student"), registration(None, "ada.lovelace"), Err(UsernameTaken)),
        (by(STUDENT, "student"), registration(None, "ada.lovelace"), Err(AlreadyRegistered)),
        (by("r-1", "registrar"), registration(Some("u-guardian"), "annabella"), Ok("u-guardian")),
    ];
    for (by, command, expected) in table {
        let outcome = register(&model(), &by, command.clone(), now());
        assert_eq!(outcome.map(|event| event.user_id), expected.map(id), "{by:?} {command:?}");
    }
}

#[test]
fn deactivations() {
    let command = DeactivateUser { reason: DeactivationReason::Left };
    let admin = by("a-1", "admin");
    let event = deactivate(&model(), &admin, id(STUDENT), command, now()).unwrap();
    assert_eq!(event.deactivated_by_id, Some(id("a-1")));
    let unknown = deactivate(&model(), &admin, id("u-0"), command, now());
    assert_eq!(unknown, Err(AccountRejection::UnknownPerson));

    let mut model = model();
    model.member_mut(id(STUDENT)).active.set(at(9), false);
    assert!(deactivate(&model, &admin, id(STUDENT), command, now()).is_ok(), "the account is still open");
    model.member_mut(id(STUDENT)).open.set(at(10), false);
    let again = deactivate(&model, &admin, id(STUDENT), command, now());
    assert_eq!(again, Err(AccountRejection::AlreadyDeactivated));
}

#[test]
fn profiles() {
    let email = |text: &str| Some(EmailAddress::try_new(text).unwrap());
    let name = PersonName::try_new("Ada").unwrap();
    let command =
        UpdateProfile { email: email("ada@lovelace.example"), given_name: Some(name), ..UpdateProfile::default() };
    let own = by(STUDENT, "student");

    let event = update_profile(&model(), &own, id(STUDENT), command.clone(), now()).unwrap().unwrap();
    let changed = BTreeSet::from([ProfileField::Email, ProfileField::FirstName]);
    assert_eq!((&event.changed_fields, &event.new_values.given()), (&changed, &changed), "what is not named stays");
    assert_eq!(event.previous_values.email, email("ada@example.edu"));
    assert_eq!(event.new_values.email, email("ada@lovelace.example"));
    assert!(event.validate().is_ok());

    let same = UpdateProfile { email: email("ada@example.edu"), ..UpdateProfile::default() };
    assert_eq!(update_profile(&model(), &own, id(STUDENT), same, now()), Ok(None));

    let mut closed = model();
    closed.member_mut(id(STUDENT)).open.set(at(9), false);
    let table = [
        (&model(), by("u-7", "student"), STUDENT, ProfileRejection::NotYours),
        (&model(), by("t-7", "teacher"), STUDENT, ProfileRejection::NotYours),
        (&model(), by("u-7", "student"), "u-7", ProfileRejection::UnknownPerson),
        (&closed, own.clone(), STUDENT, ProfileRejection::Closed),
    ];
    for (model, by, person, expected) in table {
        let outcome = update_profile(model, &by, id(person), command.clone(), now());
        assert_eq!(outcome, Err(expected), "{by:?}");
    }
}

/// By whom, of whom, what is granted and withdrawn, and the roles afterwards if they change.
type Change<'a> =
    (&'a Identity, &'a str, &'a [AccountRole], &'a [AccountRole], Result<Option<&'a [AccountRole]>, RoleRejection>);

#[test]
fn roles() {
    use AccountRole::{Admin, Operator, Student, Tutor, VerifiedTutor};
    use RoleRejection::{AboveYours, Contradiction, NeedsVerification, OwnRoles, UnknownPerson};
    let registrar = by("r-1", "registrar");
    let table: [Change; 9] = [
        (&registrar, STUDENT, &[Tutor], &[], Ok(Some(&[Student, Tutor]))),
        (&registrar, STUDENT, &[Student], &[Tutor], Ok(None)),
        (&registrar, STUDENT, &[Admin], &[], Err(AboveYours)),
        (&registrar, STUDENT, &[], &[Operator], Err(AboveYours)),
        (&by("a-1", "admin"), STUDENT, &[Admin], &[Student], Ok(Some(&[Admin]))),
        (&registrar, STUDENT, &[VerifiedTutor], &[], Err(NeedsVerification)),
        (&registrar, STUDENT, &[Tutor], &[Tutor], Err(Contradiction)),
        (&registrar, "u-0", &[Tutor], &[], Err(UnknownPerson)),
        (&by(STUDENT, "admin"), STUDENT, &[Admin], &[], Err(OwnRoles)),
    ];
    for (by, person, grant, withdraw, expected) in table {
        let set = |roles: &[AccountRole]| roles.iter().copied().collect::<BTreeSet<_>>();
        let command = ChangeRole { grant: set(grant), withdraw: set(withdraw), reason: None };
        let outcome = change_role(&model(), by, id(person), command.clone(), now());
        let roles = outcome.map(|event| event.map(|event| event.roles));
        assert_eq!(roles, expected.map(|roles| roles.map(set)), "{by:?} {command:?}");
    }
}

fn link_to(relative: &str, rights: &[FamilyRight]) -> LinkFamily {
    let rights = rights.iter().copied().collect();
    LinkFamily { relative_id: id(relative), relationship: Relationship::Mother, rights }
}

/// The model with the guardian as the student's legal guardian.
fn linked(event: FamilyRelationshipCreated) -> Model {
    let mut model = model();
    let relative = Relative {
        relative_id: event.relative_id,
        relationship: event.relationship.into_inner(),
        rights: event.rights.into_inner(),
    };
    let family = model.family_mut(event.student_id);
    family.relatives.entry(event.relationship_id).or_default().set(at(5), Some(relative));
    model
}

#[test]
fn linking_twice_is_linking_once() {
    let guardian = || link_to("u-guardian", &[FamilyRight::LegalGuardian]);
    let Ok(Linked::New(event)) = link(&model(), id(STUDENT), guardian(), now()) else { panic!("they are not linked") };
    let again = link(&model(), id(STUDENT), guardian(), now());
    assert_eq!(again, Ok(Linked::New(event.clone())), "the id follows from the two people");

    let link_id = event.relationship_id.clone();
    let model = linked(event);
    assert_eq!(link(&model, id(STUDENT), guardian(), now()), Ok(Linked::Same));
    let Ok(Linked::Changed(event)) = link(&model, id(STUDENT), link_to("u-guardian", &[]), now()) else {
        panic!("the rights are others")
    };
    assert_eq!((event.relationship_id, event.rights), (link_id, Private::new(BTreeSet::new())));

    let table = [
        ("u-0", "u-guardian", FamilyRejection::UnknownStudent),
        (STUDENT, "u-0", FamilyRejection::UnknownRelative),
        (STUDENT, STUDENT, FamilyRejection::OwnRelative),
    ];
    for (student, relative, expected) in table {
        assert_eq!(link(&model, id(student), link_to(relative, &[]), now()), Err(expected), "{student} {relative}");
    }
}

#[test]
fn only_legal_guardians_and_record_keepers_add_contacts() {
    let contact = || AddEmergencyContact {
        full_name: PersonName::try_new("Annabella Byron").unwrap(),
        relationship: Relationship::Mother,
        phones: vec!["+44 20 7946 0999".parse().unwrap()],
        email: None,
        call_rank: None,
        may_pick_up: true,
    };
    let Ok(Linked::New(event)) =
        link(&model(), id(STUDENT), link_to("u-guardian", &[FamilyRight::LegalGuardian]), now())
    else {
        panic!("they are not linked")
    };
    let linked = linked(event);
    let guardian = by("u-guardian", "guardian");
    let table = [
        (&linked, &guardian, STUDENT, Ok(1)),
        (&model(), &guardian, STUDENT, Err(FamilyRejection::NotYourStudent)),
        (&linked, &by("r-1", "registrar"), STUDENT, Ok(1)),
        (&linked, &by("t-1", "teacher"), STUDENT, Err(FamilyRejection::NotYourStudent)),
        (&linked, &guardian, "u-0", Err(FamilyRejection::UnknownStudent)),
    ];
    for (model, by, student, expected) in table {
        let outcome = add_contact(model, by, id(student), id("ec-1"), contact());
        assert_eq!(outcome.map(|event| event.call_rank), expected, "{by:?} {student}");
    }
}

/// Everything but what is named.
struct AllBut(&'static str);

impl References for AllBut {
    fn has_person(&self, id: &Id) -> bool {
        id.as_str() != self.0
    }

    fn has_class(&self, id: &Id) -> bool {
        id.as_str() != self.0
    }

    fn has_organization(&self, id: &Id) -> bool {
        id.as_str() != self.0
    }
}

/// The field that is wrong, if one is.
fn field<T>(outcome: Result<T, ImportRejection>) -> Option<&'static str> {
    outcome.err().map(|rejection| rejection.field())
}

#[test]
fn rows_of_people_fit_to_the_others() {
    let person = || UserCreated::example().unwrap();
    let elsewhere = UserCreated { primary_org_id: Some(id("ou-BBB")), ..person() };
    let own_agent = UserCreated { agent_ids: vec![id(STUDENT)], ..person() };
    let no_roles = UserCreated { roles: Vec::new(), ..person() };
    let other_role = UserCreated { org_ids: vec![id("ou-BBB")], primary_org_id: None, ..person() };
    let table = [
        ("", person(), None),
        ("ou-AAA", no_roles, Some("orgIds")),
        ("ou-AAA", other_role, Some("roles")),
        ("", elsewhere, Some("primaryOrgId")),
        ("", own_agent, Some("agentIds")),
    ];
    for (missing, row, expected) in table {
        assert_eq!(field(create_user(&AllBut(missing), CreateUser(row))), expected, "{missing}");
    }
}

#[test]
fn rows_of_enrollments_fit_to_the_others() {
    let row = || EnrollmentCreated::example().unwrap();
    let backwards = EnrollmentCreated { end_date: Some(date(2026, 9, 1)), ..row() };
    let table = [
        ("", row(), None),
        ("k-AAA-2026J", row(), Some("classId")),
        ("ou-AAA", row(), Some("schoolId")),
        (STUDENT, row(), Some("userId")),
        ("", backwards, Some("endDate")),
    ];
    for (missing, row, expected) in table {
        assert_eq!(field(enroll_user(&AllBut(missing), EnrollUser(row))), expected, "{missing}");
    }
}

#[test]
fn rows_of_demographics_fit_to_the_others() {
    let row = || DemographicDataUpdated::example().unwrap();
    let unborn = DemographicDataUpdated { birth_date: Some(Private::new(date(2027, 1, 1))), ..row() };
    let both = DemographicDataUpdated { races_denied: Private::new(BTreeSet::from([Race::White])), ..row() };
    let table = [
        ("", row(), None),
        (STUDENT, row(), Some("userId")),
        ("", unborn, Some("birthDate")),
        ("", both, Some("racesDenied")),
    ];
    for (missing, row, expected) in table {
        let outcome = set_demographics(&AllBut(missing), SetDemographics(row), date(2026, 8, 29));
        assert_eq!(field(outcome), expected, "{missing}");
    }
}
