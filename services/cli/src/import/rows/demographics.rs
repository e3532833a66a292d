//! `demographics.csv`.

use std::collections::BTreeSet;

use fabric_catalog::{
    demographics::DemographicDataUpdated,
    values::{Id, Private, Race},
};
use jiff::tz::TimeZone;
use user::commands::import::{SetDemographics, set_demographics};

use super::{Accepted, Importer, accept, refuse_deletion};
use crate::import::{
    fault::Fault,
    file::File,
    row::{Row, unknown},
};

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    if !row.known.has(File::Users, id.as_str()) {
        return Err(unknown("sourcedId", File::Users));
    }
    let (mut races, mut races_denied) = (BTreeSet::new(), BTreeSet::new());
    for race in Race::ALL {
        match row.flag_if(race.as_str())? {
            Some(true) => races.insert(*race),
            Some(false) => races_denied.insert(*race),
            None => false,
        };
    }
    let event = DemographicDataUpdated {
        user_id: id.clone(),
        birth_date: row.date_if("birthDate")?.map(Private::new),
        sex: row.word_if("sex")?.map(Private::new),
        races: Private::new(races),
        races_denied: Private::new(races_denied),
        hispanic_or_latino: row.flag_if("hispanicOrLatinoEthnicity")?.map(Private::new),
        country_of_birth: row.value_if("countryOfBirthCode")?.map(Private::new),
        state_of_birth: row.value_if("stateOfBirthAbbreviation")?,
        city_of_birth: row.value_if("cityOfBirth")?,
        public_school_residence_status: row.value_if("publicSchoolResidenceStatus")?,
        source_modified_at: row.last_modified()?,
    };
    let today = importer.now.to_zoned(TimeZone::UTC).date();
    accept(row, id, set_demographics(row.known, SetDemographics(event), today))
}
