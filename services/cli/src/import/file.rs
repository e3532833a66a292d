//! The files of a bundle that are imported, in the order in which they are.

use fabric_catalog::rostering::ImportFormat;

/// The version of the standard that a bundle follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// OneRoster 1.1.
    V1p1,
    /// OneRoster 1.2: what people are stands in a file of its own, and some columns have other names.
    V1p2,
}

impl From<Version> for ImportFormat {
    fn from(version: Version) -> Self {
        match version {
            Version::V1p1 => Self::OneRoster11Csv,
            Version::V1p2 => Self::OneRoster12Csv,
        }
    }
}

/// A file of the standard that is imported. Others are ignored, and named in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// Schools, districts and departments.
    Orgs,
    /// School years, semesters, terms.
    AcademicSessions,
    /// What classes teach.
    Courses,
    /// Classes.
    Classes,
    /// What people are at which organization (1.2). They become a part of the people.
    Roles,
    /// People.
    Users,
    /// Who is in which class.
    Enrollments,
    /// Categories of assignments.
    Categories,
    /// Assignments.
    LineItems,
    /// Grades.
    Results,
    /// What schools must report about people.
    Demographics,
}

impl File {
    /// Every file, in the order in which they are imported: what a row refers to comes before the row.
    pub const ALL: [Self; 11] = [
        Self::Orgs,
        Self::AcademicSessions,
        Self::Courses,
        Self::Classes,
        Self::Roles,
        Self::Users,
        Self::Enrollments,
        Self::Categories,
        Self::LineItems,
        Self::Results,
        Self::Demographics,
    ];

    /// The file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orgs => "orgs.csv",
            Self::AcademicSessions => "academicSessions.csv",
            Self::Courses => "courses.csv",
            Self::Classes => "classes.csv",
            Self::Roles => "roles.csv",
            Self::Users => "users.csv",
            Self::Enrollments => "enrollments.csv",
            Self::Categories => "categories.csv",
            Self::LineItems => "lineItems.csv",
            Self::Results => "results.csv",
            Self::Demographics => "demographics.csv",
        }
    }

    /// The columns without which no row can be accepted. Every other column may be left out.
    pub const fn required(self, version: Version) -> &'static [&'static str] {
        match self {
            Self::Orgs => &["sourcedId", "name", "type"],
            Self::AcademicSessions => &["sourcedId", "title", "type", "startDate", "endDate", "schoolYear"],
            Self::Courses => &["sourcedId", "title", "orgSourcedId"],
            Self::Classes => {
                &["sourcedId", "title", "courseSourcedId", "classType", "schoolSourcedId", "termSourcedIds"]
            }
            Self::Roles => &["sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId"],
            Self::Users => match version {
                Version::V1p1 => {
                    &["sourcedId", "enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName"]
                }
                Version::V1p2 => &["sourcedId", "enabledUser", "username", "givenName", "familyName"],
            },
            Self::Enrollments => &["sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"],
            Self::Categories => &["sourcedId", "title"],
            Self::LineItems => match version {
                Version::V1p1 => &LINE_ITEM_1_1,
                Version::V1p2 => LINE_ITEM_1_1.split_at(8).0,
            },
            Self::Results => {
                &["sourcedId", "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate"]
            }
            Self::Demographics => &["sourcedId"],
        }
    }

    /// Whether rows of the file may refer to other rows of it, which may come later.
    pub const fn refers_to_itself(self) -> bool {
        matches!(self, Self::Orgs | Self::AcademicSessions | Self::Users)
    }

    /// The place in [`ALL`](Self::ALL).
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// In 1.2 the last one is gone: the academic session that may stand in its place is optional.
const LINE_ITEM_1_1: [&str; 9] = [
    "sourcedId",
    "title",
    "assignDate",
    "dueDate",
    "classSourcedId",
    "categorySourcedId",
    "resultValueMin",
    "resultValueMax",
    "gradingPeriodSourcedId",
];
