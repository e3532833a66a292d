//! What became of an e-mail.

use serde::Serialize;

/// How far an e-mail has come. The order is that in which one state takes over from another, so that news may come in any order: an
/// e-mail that was opened has arrived, whatever bounced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailState {
    /// Handed over.
    Sent,
    /// Not taken by the recipient's server this time.
    Deferred,
    /// Taken by the recipient's server.
    Delivered,
    /// Sent back for good.
    Bounced,
    /// Given up.
    Failed,
    /// Opened by the recipient.
    Opened,
    /// A link in it was clicked.
    Clicked,
}

impl EmailState {
    /// The state after news that the e-mail is in this one.
    #[must_use]
    pub fn evolve(self, news: Self) -> Self {
        self.max(news)
    }

    /// Whether nothing is to be expected of it any more.
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Bounced | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::{EmailState::*, *};

    #[test]
    fn the_state_machine() {
        let table = [
            (vec![Sent], Sent, false),
            (vec![Sent, Delivered], Delivered, false),
            (vec![Sent, Deferred, Delivered], Delivered, false),
            (vec![Sent, Delivered, Bounced], Bounced, true),
            (vec![Sent, Failed], Failed, true),
            (vec![Sent, Bounced, Opened], Opened, false),
            (vec![Sent, Delivered, Opened, Clicked], Clicked, false),
            (vec![Opened, Clicked, Opened], Clicked, false),
        ];
        for (news, expected, is_lost) in table {
            let forwards = news.iter().copied().reduce(EmailState::evolve);
            let backwards = news.iter().rev().copied().reduce(EmailState::evolve);
            assert_eq!((forwards, backwards), (Some(expected), Some(expected)), "{news:?}");
            assert_eq!(expected.is_lost(), is_lost, "{news:?}");
        }
    }
}
