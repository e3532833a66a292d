//! Asking before anything is changed.

use std::io::{self, IsTerminal, Write};

use tokio::task;

use crate::{Outcome, exit::Failure};

/// Asks on the terminal whether to go on. Without one nobody can be asked, and then `--yes` has to say so.
pub async fn ask(question: String, given: bool) -> Outcome {
    if given {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: say --yes".to_owned()));
    }
    let asked = task::spawn_blocking(move || {
        eprint!("{question} [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok::<bool, io::Error>(matches!(answer.trim(), "y" | "Y" | "yes"))
    });
    let agreed = asked.await.map_err(|error| Failure::Other(error.to_string()))??;
    if agreed { Ok(()) } else { Err(Failure::StoppedEarly("nothing was changed".to_owned())) }
}
