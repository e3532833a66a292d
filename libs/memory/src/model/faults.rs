//! What is to go wrong with the next publishes.

/// Counts down the publishes that are to go wrong.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) refuse: u64,
    pub(super) lose_confirm: u64,
    pub(super) duplicate: u64,
}

/// What goes wrong with one publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is refused.
    Refused,
    /// It is taken, maybe twice, and the answer may get lost.
    Taken { twice: bool, confirm_lost: bool },
}

impl Faults {
    /// What goes wrong with the publish at hand. A refused one uses up nothing else.
    pub(super) fn next(&mut self) -> Fault {
        if count_down(&mut self.refuse) {
            return Fault::Refused;
        }
        Fault::Taken { twice: count_down(&mut self.duplicate), confirm_lost: count_down(&mut self.lose_confirm) }
    }
}

fn count_down(left: &mut u64) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}
