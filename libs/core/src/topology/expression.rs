//! Regular expressions over names, as policies and permissions have them.

/// The text as an expression that matches only it.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if r"\^$.|?*+()[]{}".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// An expression that matches what any of these match, from the first character to the last. Of none: only the empty text.
pub(super) fn whole(alternatives: impl IntoIterator<Item = String>) -> String {
    let alternatives: Vec<String> = alternatives.into_iter().collect();
    if alternatives.is_empty() { "^$".to_owned() } else { format!("^({})$", alternatives.join("|")) }
}

/// An expression that matches these texts and no others.
pub(super) fn exactly<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    whole(texts.into_iter().map(escape))
}
