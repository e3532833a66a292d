//! A small bundle that every test changes to its needs, and what reading it gives.

use std::{collections::BTreeMap, io::Read, ops::ControlFlow};

use fabric::{
    Actor, ActorId, EventId, Role, ServiceName, TenantId,
    core::publication::{Origin, Publication},
};
use fabric_catalog::values::Id;
use jiff::Timestamp;
use serde_json::Value;

use crate::import::{
    bundle::Files,
    error::Refusal,
    fault::Fault,
    reading::{self, Item, Outcome, Survey},
    rows::{Importer, RowEvent},
};

/// Files in memory.
#[derive(Clone)]
pub struct Fixture(BTreeMap<String, Vec<u8>>);

impl Files for Fixture {
    fn has(&self, file: &str) -> bool {
        self.0.contains_key(file)
    }

    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        let content = self.0.get(file).ok_or_else(|| Refusal::missing(file))?;
        Ok(Box::new(content.as_slice()))
    }
}

const V1P1: &[(&str, &str)] = &[
    (
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\nfile.academicSessions,bulk\n\
         file.courses,bulk\nfile.classes,bulk\nfile.users,bulk\nfile.enrollments,bulk\nfile.categories,bulk\n\
         file.lineItems,bulk\nfile.results,bulk\nfile.demographics,bulk\nfile.resources,absent\n",
    ),
    ("orgs.csv", "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nschool,,,School,school,,\n"),
    (
        "academicSessions.csv",
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
         term,,,Term,term,2026-09-01,2027-01-31,,2027\n",
    ),
    (
        "courses.csv",
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n\
         course,,,,Course,,,school,,\n",
    ),
    (
        "classes.csv",
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods\nclass,,,Class,,course,,scheduled,,school,term,,,\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,\
         identifier,email,sms,phone,agentSourcedIds,grades,password\n\
         student,,,true,school,student,ada,,Ada,Moss,,,,,,,,\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
         enrollment,,,class,school,student,student,,,\n",
    ),
    ("categories.csv", "sourcedId,status,dateLastModified,title\ncategory,,,Homework\n"),
    (
        "lineItems.csv",
        "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,\
         gradingPeriodSourcedId,resultValueMin,resultValueMax\n\
         item,,,Item,,2026-09-07,2026-09-14,class,category,term,0,40\n",
    ),
    (
        "results.csv",
        "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment\n\
         result,,,item,student,fully graded,30,2026-09-14,\n",
    ),
    (
        "demographics.csv",
        "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,\
         nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,\
         countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\n",
    ),
];

impl Fixture {
    /// A bundle of version 1.1 with one good row in each file, but no demographics.
    pub fn v1p1() -> Self {
        Self::of(V1P1)
    }

    /// The same in version 1.2.
    pub fn v1p2() -> Self {
        Self::v1p1()
            .edit("manifest.csv", |text| text.replace("oneroster.version,1.1", "oneroster.version,1.2\nfile.roles,bulk"))
            .with(
                "users.csv",
                "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,\
                 email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,\
                 preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n\
                 student,,,true,ada,,Ada,Moss,,,,,,,,,master-1,,Addie,,,school,she/her\n",
            )
            .with(
                "roles.csv",
                "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
                 userProfileSourcedId\nrole,,,student,primary,student,2026-09-01,,school,\n",
            )
            .with("categories.csv", "sourcedId,status,dateLastModified,title,weight\ncategory,,,Homework,30\n")
            .edit("lineItems.csv", |text| text.replace("gradingPeriodSourcedId", "academicSessionSourcedId"))
            .with(
                "results.csv",
                "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,\
                 textScore,classSourcedId,inProgress,incomplete,late,missing\n\
                 result,,,item,student,partially graded,30,2026-09-14,,,class,false,,true,\n",
            )
    }

    /// These files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
    }

    /// The same with another file.
    pub fn with(mut self, file: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.insert(file.to_owned(), content.as_ref().to_vec());
        self
    }

    /// The same without a file.
    pub fn without(mut self, file: &str) -> Self {
        self.0.remove(file);
        self
    }

    /// The same with a file changed.
    pub fn edit(self, file: &str, change: impl FnOnce(String) -> String) -> Self {
        let text = String::from_utf8(self.0[file].clone()).unwrap();
        self.with(file, change(text))
    }

    /// The same with further rows at the end of a file.
    pub fn and(self, file: &str, rows: &str) -> Self {
        self.edit(file, |text| text + rows + "\n")
    }

    /// The files with their contents.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// What the first reading says.
    pub fn survey(&self) -> Result<Survey, Refusal> {
        reading::survey(&mut self.clone())
    }

    /// What both readings give.
    pub fn rows(&self) -> Rows {
        read(&mut self.clone())
    }
}

/// What reading a bundle gives.
#[derive(Default)]
pub struct Rows {
    /// Events with their ids.
    pub events: Vec<(EventId, RowEvent)>,
    /// How many rows were accepted.
    pub accepted: u64,
    /// Rejected rows: file, line and why.
    pub rejected: Vec<(&'static str, u64, Fault)>,
}

/// Reads a bundle to its end.
pub fn read(files: &mut dyn Files) -> Rows {
    let survey = reading::survey(files).unwrap();
    let mut rows = Rows::default();
    let mut take = |Item { file, line, outcome }| {
        match outcome {
            Outcome::Accepted(event) => {
                rows.accepted += 1;
                rows.events.extend(event);
            }
            Outcome::Rejected(fault) => rows.rejected.push((file.name(), line, fault)),
        }
        ControlFlow::Continue(())
    };
    reading::read_rows(files, survey, &tenant(), &importer(), &mut take).unwrap();
    rows
}

impl Rows {
    /// The payloads of the events of a topic.
    pub fn payloads(&self, topic: &str) -> Vec<Value> {
        self.events
            .iter()
            .filter(|(_, event)| event.payload.topic() == topic)
            .map(|(_, event)| payload(event))
            .collect()
    }

    /// Where and why rows were rejected, in short: `file:line column code`.
    pub fn faults(&self) -> Vec<String> {
        let short = |(file, line, fault): &(&str, u64, Fault)| {
            format!("{file}:{line} {} {}", fault.column.as_deref().unwrap_or("-"), fault.code)
        };
        self.rejected.iter().map(short).collect()
    }
}

/// The payload as it would go over the wire.
fn payload(event: &RowEvent) -> Value {
    let Publication { outgoing, .. } = event.payload.plan(origin(event.owner)).unwrap();
    serde_json::from_slice(&outgoing.message.body).unwrap()
}

fn origin(service: &str) -> Origin {
    Origin {
        id: EventId::of_producer("test", "1"),
        time: importer().now,
        service: ServiceName::try_new(service).unwrap(),
        tenant: tenant(),
        actor: registrar(),
        correlation: None,
        causation: None,
        stream: None,
        position: None,
        trace: None,
    }
}

/// Somebody who may import.
pub fn registrar() -> Actor {
    Actor { id: ActorId::try_new("registrar-1").unwrap(), role: Role::try_new("registrar").unwrap() }
}

/// The tenant of the tests.
pub fn tenant() -> TenantId {
    TenantId::try_new("test").unwrap()
}

/// The importer of the tests.
pub fn importer() -> Importer {
    Importer { id: Id::try_new("registrar-1").unwrap(), now: "2026-11-01T08:00:00Z".parse::<Timestamp>().unwrap() }
}
