//! The commands that findings name. Each can be copied into a shell and run; those of RabbitMQ on one of its nodes.

use std::borrow::Cow;

/// Makes what is missing.
pub(super) const APPLY: &str = "fabric topology apply";

/// Gives users exactly their rights, and makes the missing ones. Without the file, which takes the passwords of new users and keeps
/// those that it has, users are left out.
pub(super) const APPLY_USERS: &str = "fabric topology apply --users users.json";

/// Takes away what nobody wants.
pub(super) const PRUNE: &str = "fabric topology apply --prune";

/// Says more about everything that differs.
pub(super) const PLAN: &str = "fabric topology plan";

/// Asks the process that was asked.
pub(super) const HEALTH: &str = "fabric health";

/// Says on which nodes the broker has too little of what.
pub(super) const ALARMS: &str = "rabbitmq-diagnostics alarms";

/// A command of the fabric about one thing.
pub(super) fn about(command: &str, name: &str) -> String {
    format!("fabric {command} {}", word(name))
}

/// A command of RabbitMQ that concerns one virtual host. Without its name these look at the host `/`.
pub(super) fn on_vhost(command: &str, vhost: &str, rest: &str) -> String {
    format!("{command} -p {} {rest}", word(vhost)).trim_end().to_owned()
}

/// A command of RabbitMQ that a certain node answers.
pub(super) fn on_node(tool: &str, node: &str, command: &str) -> String {
    // Erlang tells long names from short ones, and refuses a host with dots for a short one.
    let long = if node.contains('.') { " --longnames" } else { "" };
    format!("{tool} -n {}{long} {command}", word(node))
}

/// A text as one word of a shell's command.
pub(super) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | ',' | '+');
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    // Within single quotes everything stands for itself but the quote, which is put between two such parts.
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_word_as_it_was() {
        let table = [
            ("/", "/"),
            ("kyc.checks.partition.0", "kyc.checks.partition.0"),
            ("rabbit@one", "rabbit@one"),
            ("my school", "'my school'"),
            ("events.#", "'events.#'"),
            ("*", "'*'"),
            ("$HOME `id` \"x\"", "'$HOME `id` \"x\"'"),
            ("ada's", r"'ada'\''s'"),
            ("schön", "'schön'"),
            ("", "''"),
        ];
        for (text, expected) in table {
            assert_eq!(word(text), expected, "{text}");
        }
    }

    #[test]
    fn commands_name_what_they_are_about() {
        assert_eq!(on_vhost("rabbitmqctl list_policies", "/", ""), "rabbitmqctl list_policies -p /");
        assert_eq!(
            on_vhost("rabbitmqctl list_queues", "school #1", "name policy"),
            "rabbitmqctl list_queues -p 'school #1' name policy"
        );
        assert_eq!(on_node("rabbitmqctl", "rabbit@one", "status"), "rabbitmqctl -n rabbit@one status");
        assert_eq!(
            on_node("rabbitmqctl", "rabbit@one.school.org", "status"),
            "rabbitmqctl -n rabbit@one.school.org --longnames status"
        );
        assert_eq!(about("parked ls", "kyc.checks"), "fabric parked ls kyc.checks");
    }
}
