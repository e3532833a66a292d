//! What `fabric new` writes. `examples/canteen` was made by these commands, and every test run compiles and tests it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process::Cli;

const COMMANDS: [&[&str]; 4] = [
    &["new", "service", "canteen", "--event", "canteen.lunch.ordered"],
    &["new", "event", "canteen.lunch.cancelled", "--dir", "canteen"],
    &["new", "handler", "canteen.kitchen_plan", "--on", "canteen.lunch.ordered", "--dir", "canteen"],
    &["new", "handler", "canteen.accounts", "--on", "billing.payment.*", "--dir", "canteen"],
];

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a folder with their text, by their paths inside it.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let (mut found, mut ahead) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = ahead.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                ahead.push(path);
            } else {
                found.insert(path.strip_prefix(folder)?.to_owned(), std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_what_the_commands_write() -> Result<()> {
    let cli = Cli::new()?;
    for command in COMMANDS {
        cli.ok(command).await?;
    }
    let (written, kept) = (files(&cli.folder().join("canteen"))?, files(&repository().join("examples/canteen"))?);
    assert_eq!(written.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (path, text) in written {
        assert_eq!(kept.get(&path), Some(&text), "{}: run the commands above in examples/", path.display());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_wrote_and_what_comes_next() -> Result<()> {
    let cli = Cli::new()?;
    let said = cli.json(&["new", "service", "library", "--dir", "services/library"]).await?;
    let paths = |said: &Value, name: &str| -> Vec<String> {
        said[name].as_array().into_iter().flatten().filter_map(|path| path.as_str().map(str::to_owned)).collect()
    };
    let created = paths(&said, "created");
    assert_eq!(created.len(), 9, "{created:?}");
    assert!(created.iter().all(|path| path.starts_with("services/library/")), "{created:?}");
    assert!(created.contains(&"services/library/src/events/item_added.rs".to_owned()), "{created:?}");
    assert!(paths(&said, "next")[0].contains("`members`"), "{said}");

    let said = cli.ok(&["new", "event", "lending.book.lent", "--dir", "services/library"]).await?;
    for says in
        ["new      services/library/src/events/book_lent.rs", "changed  services/library/src/events/mod.rs", "Next:"]
    {
        assert!(said.contains(says), "{said}");
    }
    let event = std::fs::read_to_string(cli.folder().join("services/library/src/events/book_lent.rs"))?;
    assert!(event.contains("owner = \"library\""), "its context is another: {event}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crate_outside_of_a_workspace_depends_on_a_copy_of_the_fabric() -> Result<()> {
    let cli = Cli::new()?;
    cli.ok(&["new", "service", "canteen", "--fabric-path", &repository().display().to_string()]).await?;
    let manifest = std::fs::read_to_string(cli.folder().join("canteen/Cargo.toml"))?;
    assert!(!manifest.contains("workspace"), "{manifest}");
    for (name, folder) in [("fabric", "libs/fabric"), ("fabric-testkit", "libs/testkit")] {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).context("it depends on it")?;
        let path = line.split('"').nth(1).context("a path")?;
        assert!(path.ends_with(folder) && Path::new(path).join("Cargo.toml").is_file(), "{line}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over_and_wrong_names_are_refused() -> Result<()> {
    let cli = Cli::new()?;
    for command in COMMANDS {
        cli.ok(command).await?;
    }
    let before = files(cli.folder())?;
    let table: [(&[&str], i32, &str); 14] = [
        (COMMANDS[0], 3, "canteen/Cargo.toml is there already"),
        (COMMANDS[1], 3, "canteen/src/events/lunch_cancelled.rs is there already"),
        (COMMANDS[2], 3, "canteen/src/handlers/kitchen_plan.rs is there already"),
        (&["new", "service", "Canteen"], 2, "starts with a letter"),
        (&["new", "service", "fabric"], 2, "another crate"),
        (&["new", "service", "other", "--event", "canteen.lunch"], 2, "three words"),
        (&["new", "service", "other", "--fabric-path", "."], 2, "libs/fabric/Cargo.toml"),
        (&["new", "event", "canteen.lunch", "--dir", "canteen"], 2, "three words"),
        (&["new", "event", "canteen.lunch.eaten"], 3, "Cargo.toml"),
        (&["new", "handler", "Kitchen", "--on", "#", "--dir", "canteen"], 2, "subscription"),
        (&["new", "handler", "kitchen", "--on", "#", "--dir", "canteen"], 2, "SERVICE.NAME"),
        (&["new", "handler", "library.plan", "--on", "#", "--dir", "canteen"], 2, "this crate is the service canteen"),
        (&["new", "handler", "canteen.match", "--on", "#", "--dir", "canteen"], 2, "word of Rust's own"),
        (&["new", "handler", "canteen.plan", "--on", "a.b", "--dir", "canteen"], 2, "no topic matches a.b"),
    ];
    for (arguments, code, says) in table {
        let output = cli.run(arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?} should say {says:?}, and says: {said}");
    }
    assert_eq!(files(cli.folder())?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_inserted_is_told() -> Result<()> {
    let cli = Cli::new()?;
    cli.ok(COMMANDS[0]).await?;
    let changed = "pub fn service() -> Service<State> {\n    everything()\n}\n";
    std::fs::write(cli.folder().join("canteen/src/lib.rs"), changed)?;
    let said = cli.ok(COMMANDS[2]).await?;
    let told = "add this to canteen/src/lib.rs: .subscribe(handlers::kitchen_plan::subscription())";
    assert!(said.contains(told), "{said}");
    assert_eq!(std::fs::read_to_string(cli.folder().join("canteen/src/lib.rs"))?, changed);
    Ok(())
}
