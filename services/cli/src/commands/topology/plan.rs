//! `fabric topology plan`: what differs.

use fabric::core::topology::{Change, Class, Verdict, verdict};
use serde::Serialize;

use super::{
    args,
    text::{self, Alike},
};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    output, platform,
    topology::{Desk, Users},
};

/// What a plan comes to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The virtual host.
    pub vhost: String,
    /// The gravest of the changes.
    pub verdict: Verdict,
    /// How much stands as it should.
    pub unchanged: usize,
    /// Everything else.
    pub changes: Vec<Change>,
}

impl Report {
    /// The report of a plan.
    pub fn of(vhost: &str, plan: &[Change]) -> Self {
        let changes: Vec<Change> = plan.iter().filter(|change| change.class != Class::Noop).cloned().collect();
        Self { vhost: vhost.to_owned(), verdict: verdict(plan), unchanged: plan.len() - changes.len(), changes }
    }
}

pub async fn run(common: &Common, arguments: args::Plan) -> Outcome {
    let config = platform::configuration(common)?;
    let users = if arguments.users { Users::Included } else { Users::LeftOut };
    let desk = Desk::open(&config, &arguments.services, users)?;
    let plan = desk.plan(&desk.actual().await?);
    let report = Report::of(desk.management.vhost(), &plan);
    let alike = if arguments.all { Alike::Each } else { Alike::Counted };
    output::show(common.json, &report, |report| text::planned(report, alike))?;
    match report.verdict {
        Verdict::Unchanged => Ok(()),
        Verdict::Changes => {
            Err(Failure::Drifted("the broker does not stand as it should: fabric topology apply".into()))
        }
        Verdict::Dangerous => {
            Err(Failure::Dangerous("somebody has to look at what is dangerous or needs a migration".into()))
        }
    }
}
