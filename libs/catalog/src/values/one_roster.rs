//! The words of the OneRoster standard, versions 1.1 and 1.2, spelled as it spells them.

use super::{InvalidValue, always_valid, described, vocabulary};

vocabulary! {
    /// What kind of organization it is.
    pub enum OrgType: "an organization's type" {
        /// A department of a school.
        Department = "department",
        /// A school.
        School = "school",
        /// A district.
        District = "district",
        /// An organization below a state.
        Local = "local",
        /// A state.
        State = "state",
        /// A nation.
        National = "national",
    }

    /// What kind of time an academic session is.
    pub enum SessionType: "a session's type" {
        /// A time at whose end grades are due.
        GradingPeriod = "gradingPeriod",
        /// Half a school year.
        Semester = "semester",
        /// A school year.
        SchoolYear = "schoolYear",
        /// A part of a school year.
        Term = "term",
    }

    /// What a class is for.
    pub enum ClassType: "a class's type" {
        /// Where students are registered rather than taught.
        Homeroom = "homeroom",
        /// Taught at times of the schedule.
        Scheduled = "scheduled",
    }

    /// What a person is at an organization.
    pub enum PersonRole: "a person's role" {
        /// Administers; in version 1.1 the only kind of administrator.
        Administrator = "administrator",
        /// Helps a teacher.
        Aide = "aide",
        /// Counsels students.
        Counselor = "counselor",
        /// Administers a district.
        DistrictAdministrator = "districtAdministrator",
        /// Answers for a student.
        Guardian = "guardian",
        /// A student's parent.
        Parent = "parent",
        /// Leads a school.
        Principal = "principal",
        /// Watches over examinations.
        Proctor = "proctor",
        /// A student's relative.
        Relative = "relative",
        /// Administers a site.
        SiteAdministrator = "siteAdministrator",
        /// A student.
        Student = "student",
        /// Administers the system.
        SystemAdministrator = "systemAdministrator",
        /// A teacher.
        Teacher = "teacher",
    }

    /// What a person is in a class.
    pub enum EnrollmentRole: "a role in a class" {
        /// Administers the class.
        Administrator = "administrator",
        /// Watches over its examinations.
        Proctor = "proctor",
        /// Learns in it.
        Student = "student",
        /// Teaches it.
        Teacher = "teacher",
    }

    /// How far a result has come.
    pub enum ScoreStatus: "a score's status" {
        /// The student need not do it.
        Exempt = "exempt",
        /// Graded in full.
        FullyGraded = "fully graded",
        /// The student did not hand anything in.
        NotSubmitted = "not submitted",
        /// Graded in part.
        PartiallyGraded = "partially graded",
        /// Handed in, not graded yet.
        Submitted = "submitted",
    }

    /// What else a result says about the work.
    pub enum ResultFlag: "a result's flag" {
        /// Still worked on.
        InProgress = "inProgress",
        /// Not complete.
        Incomplete = "incomplete",
        /// Handed in late.
        Late = "late",
        /// Never handed in.
        Missing = "missing",
    }

    /// Sex, as it is registered.
    pub enum Sex: "a sex" {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Other (from version 1.2).
        Other = "other",
        /// Not specified (from version 1.2).
        Unspecified = "unspecified",
    }

    /// Race, as United States schools must report it.
    pub enum Race: "a race" {
        /// American Indian or Alaska native.
        AmericanIndianOrAlaskaNative = "americanIndianOrAlaskaNative",
        /// Asian.
        Asian = "asian",
        /// Black or African American.
        BlackOrAfricanAmerican = "blackOrAfricanAmerican",
        /// Native Hawaiian or other Pacific islander.
        NativeHawaiianOrOtherPacificIslander = "nativeHawaiianOrOtherPacificIslander",
        /// White.
        White = "white",
        /// Two or more of them.
        TwoOrMore = "demographicRaceTwoOrMoreRaces",
    }
}

/// A school year, named by the calendar year in which it ends: 2027 is the year 2026–2027.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct SchoolYear(u16);

impl SchoolYear {
    /// Checks a year. Fails when it is not from 1900 to 2200.
    pub fn try_new(year: u16) -> Result<Self, InvalidValue> {
        let code = match year {
            1900..=2200 => return Ok(Self(year)),
            ..1900 => "too_small",
            _ => "too_large",
        };
        Err(InvalidValue { what: "a school year", code, wanted: "a year from 1900 to 2200".into() })
    }

    /// The calendar year in which it ends.
    pub fn ends_in(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> serde::Deserialize<'de> for SchoolYear {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(u16::deserialize(deserializer)?).map_err(InvalidValue::into_serde)
    }
}

always_valid!(SchoolYear);
described!(SchoolYear, { "type": "integer", "minimum": 1900, "maximum": 2200 });
