//! What `fabric new` writes. `examples/canteen` was made by these commands, and every test run compiles and tests it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process::Cli;

const COMMANDS: [&[&str]; 6] = [
    &["new", "service", "canteen", "--event", "canteen.lunch.ordered"],
    &["new", "event", "canteen.lunch.cancelled", "--dir", "canteen"],
    &["new", "handler", "canteen.kitchen_plan", "--on", "canteen.lunch.ordered", "--dir", "canteen"],
    &["new", "handler", "canteen.accounts", "--on", "billing.payment.*", "--dir", "canteen"],
    &["new", "handler", "canteen.grades", "--on", "gradebook.grade.posted", "--dir", "canteen"],
    &["new", "handler", "canteen.books", "--on", "library.book.lent", "--dir", "canteen"],
];

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The command in a workspace that knows the fabric.
fn in_workspace() -> Result<Cli> {
    let cli = Cli::new()?;
    std::fs::copy(repository().join("Cargo.toml"), cli.folder().join("Cargo.toml"))?;
    Ok(cli)
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
    let cli = in_workspace()?;
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
    let cli = in_workspace()?;
    let said = cli.json(&["new", "service", "library", "--dir", "services/library"]).await?;
    let paths = |said: &Value, name: &str| -> Vec<String> {
        said[name].as_array().into_iter().flatten().filter_map(|path| path.as_str().map(str::to_owned)).collect()
    };
    let created = paths(&said, "created");
    assert_eq!(created.len(), 9, "{created:?}");
    assert!(created.iter().all(|path| path.starts_with("services/library/")), "{created:?}");
    assert!(created.contains(&"services/library/src/events/item_added.rs".to_owned()), "{created:?}");
    assert_eq!(paths(&said, "next").len(), 1, "services/* is a member already: {said}");
    let said = cli.json(&["new", "service", "garden"]).await?;
    assert!(paths(&said, "next")[0].contains("\"garden\" to the `members`"), "{said}");

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
    let mut cargo = tokio::process::Command::new(env!("CARGO"));
    let path = cli.folder().join("canteen/Cargo.toml");
    let read = cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"]).arg(path);
    let read = read.output().await?;
    assert!(read.status.success(), "cargo can read it: {}", String::from_utf8_lossy(&read.stderr));
    let folders = [("fabric", "libs/fabric"), ("fabric-catalog", "libs/catalog"), ("fabric-testkit", "libs/testkit")];
    for (name, folder) in folders {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).context("it depends on it")?;
        let path = line.split('"').nth(1).context("a path")?;
        assert!(path.ends_with(folder) && Path::new(path).join("Cargo.toml").is_file(), "{line}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over_and_wrong_names_are_refused() -> Result<()> {
    let cli = in_workspace()?;
    for command in COMMANDS {
        cli.ok(command).await?;
    }
    let before = files(cli.folder())?;
    let table: [(&[&str], i32, &str); 21] = [
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
        (&["new", "service", "academic"], 3, "a service academic already"),
        (&["new", "service", "platform"], 3, "a service platform already"),
        (&["new", "event", "gradebook.grade.posted", "--dir", "canteen"], 3, "as academic's"),
        (&["new", "event", "canteen.lunch.cancel", "--dir", "canteen"], 2, "did you mean canteen.lunch.cancelled?"),
        (
            &["new", "handler", "canteen.nope", "--on", "canteen.lunch.eaten", "--dir", "canteen"],
            3,
            "this crate has no event that matches canteen.lunch.eaten; `fabric new event` writes one",
        ),
        (
            &["new", "handler", "canteen.nope", "--on", "canteen.lunch.orderd", "--dir", "canteen"],
            3,
            "did you mean canteen.lunch.ordered?",
        ),
        (
            &["new", "handler", "canteen.nope", "--on", "gradebook.grade.postd", "--dir", "canteen"],
            3,
            "did you mean gradebook.grade.posted?",
        ),
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
async fn what_may_be_meant_is_written_with_a_warning() -> Result<()> {
    let cli = in_workspace()?;
    cli.ok(COMMANDS[0]).await?;
    let table: [(&[&str], &str); 4] = [
        (&["new", "event", "canteen.lunch.munch"], "in the past tense"),
        (&["new", "event", "gradebook.lunch.eaten"], "the events of gradebook are academic's"),
        (&["new", "handler", "canteen.books", "--on", "library.book.lent"], "must be one of another service"),
        (&["new", "handler", "canteen.own", "--on", "gradebook.lunch.eaten"], ""),
    ];
    for (arguments, says) in table {
        let output = cli.run(&[arguments, &["--dir", "canteen"]].concat()).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains(says), "{arguments:?} should warn of {says:?}: {said}");
        assert_eq!(said.is_empty(), says.is_empty(), "{arguments:?}: {said}");
    }
    let own = std::fs::read_to_string(cli.folder().join("canteen/src/handlers/own.rs"))?;
    assert!(own.contains("events::LunchEaten"), "its own event has its type: {own}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_the_catalogue_comes_as_its_type() -> Result<()> {
    let cli = in_workspace()?;
    cli.ok(COMMANDS[0]).await?;
    let manifest = cli.folder().join("canteen/Cargo.toml");
    let without = std::fs::read_to_string(&manifest)?.replace("fabric-catalog.workspace = true\n", "");
    std::fs::write(&manifest, without)?;
    let said = cli.ok(COMMANDS[4]).await?;
    assert!(said.contains("add `fabric-catalog` to the dependencies"), "{said}");
    let handler = std::fs::read_to_string(cli.folder().join("canteen/src/handlers/grades.rs"))?;
    for line in ["use fabric_catalog::gradebook::GradePosted;", "GradePosted::example()"] {
        assert!(handler.contains(line), "{line} is missing in {handler}");
    }
    // `examples/canteen` shows that it compiles; this shows that every other type is found in the same way.
    for event in fabric_catalog::all() {
        let (context, _) = event.topic.split_once('.').context("a context")?;
        let source = repository().join("libs/catalog/src");
        let files = [source.join(format!("{context}.rs")), source.join(context).join("mod.rs")];
        let module = files.iter().find_map(|file| std::fs::read_to_string(file).ok()).context(context)?;
        let title = fabric_catalog::schema(event.topic).and_then(|schema| Some(schema["title"].as_str()?.to_owned()));
        let title = title.with_context(|| format!("{} has no name", event.topic))?;
        let is_public = module.split(|sign: char| !sign.is_alphanumeric()).any(|word| word == title);
        assert!(is_public, "fabric_catalog::{context}::{title} of {} is not there", event.topic);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_workspace_it_says_what_is_needed() -> Result<()> {
    let cli = Cli::new()?;
    let refused = async || {
        let output = cli.run(COMMANDS[0]).await?;
        assert_eq!(output.status.code(), Some(2));
        assert!(!cli.folder().join("canteen").exists(), "nothing was written");
        Ok::<String, anyhow::Error>(String::from_utf8(output.stderr)?)
    };
    let said = refused().await?;
    assert!(said.contains("no workspace is above canteen") && said.contains("--fabric-path"), "{said}");
    std::fs::write(cli.folder().join("Cargo.toml"), "[workspace.dependencies]\nserde = \"1\"\n")?;
    let said = refused().await?;
    assert!(said.contains("workspace.dependencies.fabric, ") && said.contains("--fabric-path"), "{said}");
    assert!(!said.contains("serde"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_inserted_is_told() -> Result<()> {
    let cli = in_workspace()?;
    cli.ok(COMMANDS[0]).await?;
    let changed = "pub fn service() -> Service<State> {\n    everything()\n}\n";
    std::fs::write(cli.folder().join("canteen/src/lib.rs"), changed)?;
    let said = cli.ok(COMMANDS[2]).await?;
    let told = "add this to canteen/src/lib.rs: .subscribe(handlers::kitchen_plan::subscription())";
    assert!(said.contains(told), "{said}");
    assert_eq!(std::fs::read_to_string(cli.folder().join("canteen/src/lib.rs"))?, changed);
    Ok(())
}
