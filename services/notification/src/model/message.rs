//! What became of the messages of a notice: the e-mail, the text message, the push notice.

use std::collections::BTreeMap;

use fabric_catalog::notification::Channel;
use serde::Serialize;

/// How far each message of a notice has come, by its channel.
pub type Messages = BTreeMap<Channel, MessageState>;

/// How far a message has come. The order is that in which one state takes over from another, so that news may come in
/// any order: a message that was opened has arrived, whatever bounced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Handed over.
    Sent,
    /// Not taken on the other side this time.
    Deferred,
    /// Taken on the other side.
    Delivered,
    /// Sent back for good.
    Bounced,
    /// Given up.
    Failed,
    /// Opened by the recipient.
    Opened,
    /// A link in it was clicked.
    Clicked,
    /// Answered by the recipient.
    Replied,
}

impl MessageState {
    /// The state after news that the message is in this one.
    #[must_use]
    pub fn evolve(self, news: Self) -> Self {
        self.max(news)
    }
}

#[cfg(test)]
mod tests {
    use super::{MessageState::*, *};

    #[test]
    fn the_state_machine() {
        let table = [
            (vec![Sent], Sent),
            (vec![Sent, Delivered], Delivered),
            (vec![Sent, Deferred, Delivered], Delivered),
            (vec![Sent, Delivered, Bounced], Bounced),
            (vec![Sent, Failed], Failed),
            (vec![Sent, Bounced, Opened], Opened),
            (vec![Sent, Delivered, Opened, Clicked], Clicked),
            (vec![Opened, Clicked, Opened], Clicked),
            (vec![Sent, Delivered, Replied], Replied),
        ];
        for (news, expected) in table {
            let forwards = news.iter().copied().reduce(MessageState::evolve);
            let backwards = news.iter().rev().copied().reduce(MessageState::evolve);
            assert_eq!((forwards, backwards), (Some(expected), Some(expected)), "{news:?}");
        }
    }
}
