//! What schools must report about their students.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{CountryCode, Id, Private, PrivateText, Race, Sex},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A person's demographic data was set or changed. The event carries all of it as it is now.
    #[event(topic = "demographics.demographic_data.updated", owner = "user")]
    #[event(key = "user_id", subject = "user_id", publishers = "academic", roles = "registrar admin operator")]
    pub struct DemographicDataUpdated {
        /// The person.
        pub user_id: Id,
        /// Day of birth.
        pub birth_date: Option<Private<Date>>,
        /// Sex.
        pub sex: Option<Private<Sex>>,
        /// Every race that the data says yes to.
        #[serde(default)]
        pub races: Private<BTreeSet<Race>>,
        /// Every race that the data says no to. What it leaves open is in neither list.
        #[serde(default)]
        pub races_denied: Private<BTreeSet<Race>>,
        /// Whether the person is Hispanic or Latino.
        pub hispanic_or_latino: Option<Private<bool>>,
        /// Country of birth.
        pub country_of_birth: Option<Private<CountryCode>>,
        /// State of birth, as an abbreviation.
        pub state_of_birth: Option<PrivateText<64>>,
        /// City of birth.
        pub city_of_birth: Option<PrivateText<255>>,
        /// Where the person lives, as seen from the school: a code of the CEDS standard.
        pub public_school_residence_status: Option<PrivateText<64>>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "userId": "u-11391", "birthDate": "2011-12-10", "sex": "female", "races": ["white"], "racesDenied": ["asian"],
        "hispanicOrLatino": false, "countryOfBirth": "GB", "stateOfBirth": "ENG", "cityOfBirth": "London",
        "publicSchoolResidenceStatus": "01652", "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#
}
