//! The templates that ship with the service. They say that something happened and not what exactly: mails are read by
//! others too, so grades and reasons stay behind the sign-in.

use super::Text;

/// Name, subject and body.
const TEMPLATES: &[(&str, &str, &str)] = &[
    ("notice", "{subject}", "{text}\n"),
    ("grade_posted", "A new grade", "Your grade for {assignment} was posted. Sign in to see it.\n"),
    ("child_grade_posted", "A new grade", "The grade of {student} for {assignment} was posted. Sign in to see it.\n"),
    (
        "intervention_opened",
        "A student needs support",
        "A case was opened for the student {student}. Sign in to see why, and what was agreed.\n",
    ),
    ("comment_added", "A new comment", "{member} commented on your post. Sign in to read it.\n"),
    ("connection_requested", "A new contact", "{member} would like to connect with you. Sign in to answer.\n"),
    (
        "identity_requested",
        "We verify your identity",
        "We have your request to be verified as {role}. You hear from us as soon as your documents are checked.\n",
    ),
    ("identity_verified", "Your identity is verified", "Your identity is verified. You are now {role}.\n"),
    (
        "identity_rejected",
        "Your identity is not verified",
        "We could not verify your identity as {role}. Sign in to see why, and what you can do.\n",
    ),
    (
        "identity_expired",
        "Your verification has ended",
        "Your verification as {role} has ended, since a document is no longer valid. Sign in to hand in a new one.\n",
    ),
    (
        "document_rejected",
        "We need another document",
        "We could not accept the document that you handed in ({document}). {next}\n",
    ),
];

/// The text of a template.
pub fn text(name: &str) -> Option<Text> {
    let (_, subject, body) = TEMPLATES.iter().find(|(known, ..)| *known == name)?;
    Some(Text { subject: (*subject).to_owned(), body: (*body).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_well_formed_and_has_a_name_of_its_own() {
        for (index, (name, ..)) in TEMPLATES.iter().enumerate() {
            assert!(text(name).unwrap().variables().is_ok(), "{name}");
            assert!(TEMPLATES[..index].iter().all(|(other, ..)| other != name), "{name}");
        }
    }
}
