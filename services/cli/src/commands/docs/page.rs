//! The page: a template with its style, its script and the document inside, so that it needs nothing else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// Together one script: what the document says, how it is searched, and how it is shown.
const SCRIPT: &str = concat!(include_str!("model.js"), include_str!("search.js"), include_str!("page.js"));

/// The page, and what a browser may do with it.
pub struct Page {
    /// The page.
    pub html: String,
    /// The policy that lets its own style and script run, known by their hashes, and nothing else. The page has it inside too, for
    /// when it is opened from a file.
    pub content_security_policy: String,
}

/// Whether the document itself can be had beside the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// At `asyncapi.yaml` and `asyncapi.json`.
    Served,
    /// Not at all.
    None,
}

impl Page {
    /// The page that shows a document.
    pub fn of(document: &Value, links: Links) -> Self {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        let links = match links {
            Links::Served => r#"<a href="asyncapi.yaml">asyncapi.yaml</a> <a href="asyncapi.json">asyncapi.json</a>"#,
            Links::None => "",
        };
        // The document comes last, since it may hold anything, also what looks like one of these marks.
        let html = TEMPLATE
            .replace("{{policy}}", &policy)
            .replace("{{style}}", STYLE)
            .replace("{{script}}", SCRIPT)
            .replace("{{links}}", links)
            .replacen("{{document}}", &within_script(document), 1);
        Self { html, content_security_policy: format!("{policy}; frame-ancestors 'none'") }
    }
}

/// JSON that can stand inside a script element: no text in it can end the element or begin a comment there. In JSON these characters
/// stand in texts only, where they can be written as escapes.
fn within_script(document: &Value) -> String {
    let escapes =
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    escapes.iter().fold(document.to_string(), |json, (character, escape)| json.replace(*character, escape))
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What stands between two marks that are in the text once each.
    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0
    }

    #[test]
    fn no_text_of_a_document_can_become_markup() {
        let hostile = "</script><script>alert(1)</script><!-- {{document}} {{script}} & \u{2028}\u{2029} \"'";
        let document = json!({ "channels": { hostile: { "description": hostile } } });
        let html = Page::of(&document, Links::None).html;
        let empty = Page::of(&json!({}), Links::None).html;
        for mark in ["<script", "</script", "<!--"] {
            assert_eq!(html.matches(mark).count(), empty.matches(mark).count(), "{mark}");
        }
        let embedded = between(&html, r#"<script type="application/json" id="document">"#, "</script>");
        assert!(!embedded.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<Value>(embedded).unwrap(), document);
    }

    #[test]
    fn the_policy_names_the_hashes_of_what_is_in_the_page() {
        let page = Page::of(&json!({}), Links::Served);
        assert!(page.html.contains("asyncapi.yaml\">"));
        for (from, to) in [("<style>", "</style>"), ("<script>", "</script>")] {
            let hash = hash(between(&page.html, from, to));
            assert!(page.content_security_policy.contains(&hash), "{from}");
        }
        let within = between(&page.html, r#"http-equiv="Content-Security-Policy" content=""#, "\"");
        assert!(page.content_security_policy.starts_with(within));
        assert!(page.content_security_policy.starts_with("default-src 'none'"));
        for forbidden in ["unsafe", "http:", "https:", "*"] {
            assert!(!page.content_security_policy.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_page_asks_nobody_for_anything_and_never_writes_markup() {
        let html = Page::of(&json!({}), Links::None).html;
        for forbidden in
            ["http://", "https://", "src=", "@import", "url(", "innerHTML", "insertAdjacentHTML", "eval(", "fetch("]
        {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        assert!(!html.contains("{{"), "every mark is filled in");
    }
}
