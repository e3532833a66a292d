//! What was found, for people.

use std::fmt::Write;

use fabric::{
    SubscriptionName,
    core::topology::doctor::{Finding, Severity},
};

use super::{LookedAt, Report};

/// A line for what is fine; for the rest also why, and what to do next.
pub(super) fn describe(report: &Report) -> String {
    let mut text = String::new();
    if report.looked_at == LookedAt::Health {
        text.push_str("The broker is inside the process, so this is only what its /health says.\n");
    }
    for Finding { severity, subscription, what, why, next, .. } in &report.findings {
        let about = subscription.as_ref().map_or("all", SubscriptionName::as_str);
        // Writing to a String cannot fail.
        let _ = match severity {
            Severity::Fine => writeln!(text, "ok       {about}: {what}, {why}"),
            Severity::Note => writeln!(text, "note     {about}: {what}\n         {why}"),
            Severity::Trouble => writeln!(text, "TROUBLE  {about}: {what}\n         {why}"),
        };
        if let Some(next) = next {
            let _ = writeln!(text, "         next: {next}");
        }
    }
    let names_ours = |finding: &Finding| finding.next.as_ref().is_some_and(|next| next.starts_with("fabric "));
    if !report.same_options.is_empty() && report.findings.iter().any(names_ours) {
        let options = report.same_options.join(" ");
        let _ = writeln!(text, "The commands of fabric need what this one was given: {options}");
    }
    text
}
