//! `fabric parked edit`: another payload for a parked event.

use std::{
    ffi::OsString,
    io::{IsTerminal, Write},
    process::Command,
};

use super::{Counter, args, text, to_json};
use crate::{
    Outcome,
    args::Common,
    commands::publish,
    exit::Failure,
    operator::parked::{EditRequest, Edited, Shown},
    output,
};

pub async fn run(common: &Common, counter: &Counter, arguments: args::Edit) -> Outcome {
    let args::Edit { subscription, id, data, reveal, yes } = arguments;
    let payload = if let Some(data) = data {
        let payload = publish::payload(&data)?.to_vec();
        String::from_utf8(payload).map_err(|_| Failure::Refused("--data: not JSON".to_owned()))?
    } else {
        let shown = args::Show { subscription: subscription.clone(), id: id.clone(), reveal: true };
        let Shown { payload, .. } = counter.show(&shown).await?;
        let present = serde_json::to_string_pretty(&payload).map_err(|error| Failure::Other(error.to_string()))?;
        let edited = tokio::task::spawn_blocking(move || in_editor(&present)).await;
        edited.map_err(|error| Failure::Other(error.to_string()))??
    };
    let mut request = EditRequest { subscription, id, payload, apply: false, reveal };
    let planned = counter.edit(request.clone()).await?;
    if planned.changes.is_empty() {
        return output::show(common.json, &planned, text::edited);
    }
    if !common.json {
        output::line(&text::edited(&planned))?;
    }
    if !yes && !agreed().await? {
        return Err(Failure::StoppedEarly("nothing was changed".to_owned()));
    }
    request.apply = true;
    let edited = counter.edit(request).await?;
    output::show(common.json, &edited, |edited| format!("{} has its new payload, and is still parked", edited.id))
}

impl Counter {
    async fn edit(&self, request: EditRequest) -> Outcome<Edited> {
        match self {
            Self::Direct(direct) => direct.1.edit(request).await,
            Self::Running(client) => client.post("/operator/parked/edit", &[], to_json(&request)?).await,
        }
    }
}

/// What somebody makes of a text in their editor. The file is readable for nobody else, and gone afterwards.
fn in_editor(text: &str) -> Outcome<String> {
    let named = |name| std::env::var_os(name).filter(|editor: &OsString| !editor.is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).ok_or_else(|| {
        Failure::Usage("there is no editor: set $VISUAL or $EDITOR, or give the payload with --data".to_owned())
    })?;
    let mut file = tempfile::Builder::new().prefix("fabric-").suffix(".json").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    // Through a shell, since editors are often given with options.
    let line = format!("{} \"$1\"", editor.to_string_lossy());
    let status = Command::new("sh").args(["-c", &line, "fabric"]).arg(file.path()).status();
    match status {
        // Read by its name: many editors write a new file in the place of the old one.
        Ok(status) if status.success() => Ok(std::fs::read_to_string(file.path())?),
        Ok(status) => Err(Failure::StoppedEarly(format!("the editor ended with {status}: nothing was changed"))),
        Err(error) => Err(Failure::Usage(format!("the editor cannot be run: {error}"))),
    }
}

/// Asks whether to go on.
async fn agreed() -> Outcome<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: say --yes to change the parked event".to_owned()));
    }
    let asked = tokio::task::spawn_blocking(|| {
        eprint!("Change the parked event? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = asked.await.map_err(|error| Failure::Other(error.to_string()))??;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
