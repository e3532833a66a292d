//! What processes did, written down while they did it, and what that says about the promises of the fabric.
//!
//! Every process of an experiment has a [`Recorder`] and writes the facts that it knows: the driver what it published and
//! how that ended, the handlers what they handled, the one who breaks things when they were broken. A line is written with
//! a single call, so any process may be killed at any moment, and several may share a file. Afterwards
//! [`History::read_folder`] gathers the lines of all, and [`check`](check()) counts what was lost, invented, repeated and reordered.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use fabric_testkit::history::{Expected, Fact, History, Order, Parked, Recorder, check};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let driver = Recorder::in_folder(folder, "driver")?;
//! let publish = driver.begin(Fact::publish("academic.grade.posted", "event-1", "student-7", 1))?;
//! publish.ok_durably()?; // once it was confirmed; never begun twice, never ended twice
//!
//! let service = Recorder::in_folder(folder, "notification-1")?; // in the other process
//! let handling = service.begin(Fact::handle("notification.grades", "event-1", "student-7", 1, 1))?;
//! handling.ok()?;
//!
//! let expected = Expected::default()
//!     .route("academic.grade.posted", ["notification.grades"])
//!     .order("notification.grades", Order::PerKey);
//! let verdict = check(&History::read_folder(folder)?.entries, &expected, &Parked::default());
//! assert!(verdict.is_clean(), "{verdict}");
//! assert_eq!((verdict.counts.acknowledged, verdict.counts.lost), (1, 0));
//! # Ok(())
//! # }
//! ```

mod check;
mod entry;
mod reader;
mod recorder;

pub use check::{Counts, Expected, Finding, Order, Parked, Verdict, check};
pub use entry::{Entry, Fact, Phase};
pub use reader::History;
pub use recorder::{Act, Recorder};
