//! A count of bytes after which a connection blows.

use std::sync::Mutex;
use std::sync::PoisonError;

/// Shared by all connections of a relay; without a limit it lets everything pass.
#[derive(Debug, Default)]
pub(super) struct Fuse(Mutex<Option<u64>>);

/// What a fuse lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    Whole,
    /// So many bytes, and then the connection ends.
    Part(usize),
}

impl Fuse {
    pub fn set(&self, limit: Option<u64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Takes `bytes` off the limit. The one who reaches it blows the fuse, after which there is none.
    pub fn pass(&self, bytes: usize) -> Passage {
        let mut limit = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *limit {
            None => Passage::Whole,
            Some(left) if (bytes as u64) < left => {
                *limit = Some(left - bytes as u64);
                Passage::Whole
            }
            Some(left) => {
                *limit = None;
                // It is at most `bytes`, so it fits.
                Passage::Part(usize::try_from(left).unwrap_or(bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_blows_once_at_its_limit() {
        let fuse = Fuse::default();
        assert_eq!(fuse.pass(1_000), Passage::Whole);
        fuse.set(Some(10));
        let passed = [4, 5, 3, 3].map(|bytes| fuse.pass(bytes));
        assert_eq!(passed, [Passage::Whole, Passage::Whole, Passage::Part(1), Passage::Whole]);
        fuse.set(Some(0));
        assert_eq!(fuse.pass(5), Passage::Part(0));
    }
}
