//! Memory: a large bundle goes by, and nothing of it stays but the ids.

use std::{
    fmt::Write as _,
    io::{self, Read},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use super::fixture::{Fixture, importer, tenant};
use crate::import::{
    bundle::Files,
    error::Refusal,
    file::File,
    known::Known,
    reading::{self, Item, Outcome},
};

/// How many results the large bundle has.
const RESULTS: u64 = 100_000;
/// How many rows may wait between the reader and the taker.
const WAITING_MAX: usize = 64;

/// The small bundle with results that are made while they are read.
struct Large(Fixture);

impl Files for Large {
    fn has(&self, file: &str) -> bool {
        self.0.has(file)
    }

    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        if file == File::Results.name() { Ok(Box::new(Results::default())) } else { self.0.read(file) }
    }
}

#[derive(Default)]
struct Results {
    made: u64,
    rest: Vec<u8>,
}

impl Read for Results {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let mut text = String::new();
            if self.made == 0 {
                text.push_str("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n");
            }
            for number in self.made..(self.made + 100).min(RESULTS) {
                writeln!(text, "r-{number},item,student,fully graded,{},2026-09-14", number % 41).unwrap();
                self.made += 1;
            }
            self.rest = text.into_bytes();
        }
        let read = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..read);
        Ok(read)
    }
}

#[test]
fn many_results_leave_nothing_behind() {
    let mut files = Large(Fixture::v1p1());
    let survey = reading::survey(&mut files).unwrap();
    assert_eq!(survey.files.iter().find(|(file, _)| *file == File::Results), Some(&(File::Results, RESULTS)));

    let (sender, items) = mpsc::sync_channel::<Item>(WAITING_MAX);
    // Events that exist: made by the reader, and not yet dropped by the taker.
    let (alive, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let reader = thread::spawn({
        let (alive, most) = (Arc::clone(&alive), Arc::clone(&most));
        move || {
            let mut take = |item| {
                most.fetch_max(alive.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sender.send(item).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            };
            reading::read_rows(&mut files, survey, &tenant(), &importer(), &mut take)
        }
    });
    let mut accepted = 0;
    for Item { outcome, .. } in items {
        let Outcome::Accepted(Some((_, event))) = outcome else { panic!("every row is good, and has an event") };
        assert_eq!(Arc::strong_count(&event.payload), 1, "nobody else keeps the event");
        accepted += 1;
        drop(event);
        alive.fetch_sub(1, Ordering::SeqCst);
    }
    reader.join().unwrap().unwrap();
    assert_eq!(accepted, RESULTS + 8);
    // One is in the taker's hands, one in the reader's, the others wait.
    assert!(most.load(Ordering::SeqCst) <= WAITING_MAX + 2, "{most:?}");
}

#[test]
fn an_id_costs_21_bytes_at_most_until_its_file_ends() {
    let mut known = Known::default();
    for number in 0..100_000 {
        known.accept(File::Results, &format!("result-with-a-rather-long-id-{number}"));
    }
    let bytes = known.bytes();
    assert!((1_000_000..=2_100_000).contains(&bytes), "{bytes}");
    known.end_of(File::Results);
    assert_eq!(known.bytes(), 0);
}

#[test]
fn a_taker_that_has_enough_ends_the_reading() {
    let mut files = Large(Fixture::v1p1());
    let survey = reading::survey(&mut files).unwrap();
    let mut taken = 0;
    let mut take = |_| {
        taken += 1;
        if taken == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    reading::read_rows(&mut files, survey, &tenant(), &importer(), &mut take).unwrap();
    assert_eq!(taken, 20);
}
