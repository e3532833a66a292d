//! `fabric docs`: the events, services and subscriptions as one page that asks nobody for anything.

mod args;
mod page;
mod serve;

pub use args::Docs;

use std::path::Path;

use fabric::core::asyncapi::Extent;
use serde_json::{Value, json};

use crate::{Outcome, args::Common, commands::asyncapi, exit::Failure, output};
use page::{Links, Page};

pub async fn run(common: &Common, arguments: &Docs) -> Outcome {
    let document = asyncapi::document(common, &[], Extent::Catalogue)?;
    match &arguments.out {
        Some(file) => write(common, &document, file),
        None => serve::run(common, &document, arguments.address).await,
    }
}

fn write(common: &Common, document: &Value, file: &Path) -> Outcome {
    let page = Page::of(document, Links::None);
    std::fs::write(file, &page.html)
        .map_err(|error| Failure::Other(format!("--out: cannot write {}: {error}", file.display())))?;
    output::show(common.json, &json!({ "file": file, "bytes": page.html.len() }), |_| {
        format!("Wrote {}: open it with a browser.", file.display())
    })
}
