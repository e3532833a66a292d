//! How far an import is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::number;
use crate::import::Progress;

/// A line that is written again and again, on a terminal only.
pub struct ImportProgress(ProgressBar);

impl ImportProgress {
    /// Starts the line.
    pub fn start() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Says how many rows have been read.
    pub fn rows(&self, progress: &Progress) {
        let percent = progress.rows_read * 100 / progress.rows_total.max(1);
        self.say(format!(
            "{percent:>3} %  {}  {} of {} rows, {} published, {} rejected",
            progress.file,
            number(progress.rows_read),
            number(progress.rows_total),
            number(progress.published),
            number(progress.rejected)
        ));
    }

    /// Says how far it is.
    pub fn say(&self, text: String) {
        self.0.set_message(text);
        self.0.tick();
    }

    /// Ends the line.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}
