//! Recorders of several processes, killed while they write, and what is read back.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use fabric_testkit::history::{Fact, History, Phase, Recorder};
use fabric_testkit::wait::eventually;

use crate::DEADLINE;

const FILE: &str = "FABRIC_TESTKIT_HISTORY";

#[test]
fn what_is_recorded_is_read_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let recorder = Recorder::in_folder(&folder.path().join("new"), "driver")?;
    let publish = Fact::publish_poison("academic.grade.posted", "id \"1\"\n", "key", 7);
    recorder.begin(publish.clone())?.ok_durably()?;
    let handle = Fact::handle("social.feed", "2", "ключ", 8, 3);
    recorder.begin(handle.clone())?.fail()?;
    recorder.begin(Fact::fault("cut"))?.unknown()?;
    let dropped = recorder.begin(handle.clone())?;
    drop(dropped);
    recorder.clone().done(&Fact::effect("social.feed", "2"))?;

    let history = History::read_folder(&folder.path().join("new"))?;
    let facts: Vec<_> = history.entries.iter().map(|entry| (entry.act, entry.phase, entry.fact.clone())).collect();
    let expected = [
        (0, Phase::Invoke, publish.clone()),
        (0, Phase::Ok, publish),
        (1, Phase::Invoke, handle.clone()),
        (1, Phase::Fail, handle.clone()),
        (2, Phase::Invoke, Fact::fault("cut")),
        (2, Phase::Unknown, Fact::fault("cut")),
        (3, Phase::Invoke, handle),
        (4, Phase::Ok, Fact::effect("social.feed", "2")),
    ];
    assert_eq!(facts, expected);
    assert!(history.entries.is_sorted_by_key(|entry| entry.at_us));
    assert!(history.entries.iter().all(|entry| entry.pid == std::process::id() && entry.process == "driver"));
    assert_eq!(History::read_file(&folder.path().join("new/driver.jsonl"))?, history);
    Ok(())
}

/// A torn line spoils neither the lines around it nor the one that another process began in it.
#[test]
fn torn_lines_are_counted() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shared.jsonl");
    let recorder = Recorder::open(&file, "один")?;
    recorder.done(&Fact::park("social.feed", "{\"at_us\":"))?;
    let line = std::fs::read(&file)?;
    let whole = History::read_file(&file)?.entries;
    for cut in 1..line.len() - 1 {
        std::fs::write(&file, [&line[..cut], &line, &line[..cut]].concat())?;
        let history = History::read_file(&file)?;
        assert_eq!((history.entries, history.torn_lines), (whole.clone(), 2), "cut after {cut}");
    }
    std::fs::write(&file, [&line[..], b"{\"at_us\":1,\"surprise\":true}\n"].concat())?;
    let error = format!("{:#}", History::read_folder(folder.path()).unwrap_err());
    assert!(error.contains("shared.jsonl: line 2 is no entry: missing field"), "{error}");
    Ok(())
}

struct Writer(Child);

impl Writer {
    fn start(file: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "history::recorded::one_who_writes", "--ignored"]).env(FILE, file);
        Ok(Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
    }

    fn kill(&mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop).context("it cannot be waited for")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kill().unwrap();
    }
}

/// Several processes write to one file as fast as they can and are killed with `SIGKILL`: every line that is there is
/// whole, and of each process none is missing in between.
#[tokio::test]
async fn killed_processes_share_a_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shared.jsonl");
    let mut writers = (0..4).map(|_| Writer::start(&file)).collect::<Result<Vec<_>>>()?;
    let written = async |bytes: u64| {
        eventually(DEADLINE, "lines", async || std::fs::metadata(&file).map(|file| file.len() > bytes)).await
    };
    for (writer, bytes) in writers.iter_mut().zip([100_000, 200_000, 300_000, 400_000]) {
        written(bytes).await?;
        writer.kill()?;
    }
    let history = History::read_file(&file)?;
    assert!(history.torn_lines <= writers.len());
    assert!(history.entries.len() > 1_000);
    for writer in &writers {
        let of_writer = history.entries.iter().filter(|entry| entry.pid == writer.0.id());
        let acts: Vec<_> = of_writer.map(|entry| (entry.act, entry.phase)).collect();
        let expected: Vec<_> =
            (0..).flat_map(|act| [(act, Phase::Invoke), (act, Phase::Ok)]).take(acts.len()).collect();
        assert!(acts == expected, "of {} lines some are missing or out of order", acts.len());
    }
    Ok(())
}

#[test]
#[ignore = "a part of killed_processes_share_a_file, which kills it"]
fn one_who_writes() -> Result<()> {
    let file = std::env::var_os(FILE).context("started by hand")?;
    let recorder = Recorder::open(Path::new(&file), "writer")?;
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while std::time::Instant::now() < end {
        recorder.begin(Fact::handle("social.feed", "event", "key", 1, 1))?.ok()?;
    }
    Ok(())
}
