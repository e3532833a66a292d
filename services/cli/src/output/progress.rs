//! How far an import is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
