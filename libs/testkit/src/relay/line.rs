//! When a chunk arrives: the arithmetic of a slow line, without a clock or a socket.

use std::time::Duration;

use tokio::time::Instant;

/// What is wrong with the network at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub delay: Option<Delay>,
    pub bytes_per_s: Option<u64>,
    pub slice: Option<usize>,
    pub black_hole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delay {
    pub base_ms: u64,
    pub jitter_ms: u64,
    pub seed: u64,
}

/// One direction of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Which direction of which connection, so that each draws its own jitter from the seed.
    identity: u64,
    chunks: u64,
    /// When the last chunk had been put on the line.
    sent: Option<Instant>,
    /// When the last chunk arrives; none overtakes it.
    arrived: Option<Instant>,
}

impl Line {
    pub fn new(connection: u64, direction: u64) -> Self {
        Self { identity: connection * 2 + direction, chunks: 0, sent: None, arrived: None }
    }

    /// When a chunk that is ready `now` arrives: it waits for the line, takes its time to be put on it, and travels.
    pub fn due(&mut self, now: Instant, bytes: usize, faults: &Faults) -> Instant {
        let transmission = faults
            .bytes_per_s
            .map_or(Duration::ZERO, |rate| Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / rate));
        let sent = self.sent.map_or(now, |sent| sent.max(now)) + transmission;
        let due = sent + self.travel(faults);
        let due = self.arrived.map_or(due, |arrived| arrived.max(due));
        self.chunks += 1;
        self.sent = Some(sent);
        self.arrived = Some(due);
        due
    }

    fn travel(&self, faults: &Faults) -> Duration {
        let Some(Delay { base_ms, jitter_ms, seed }) = faults.delay else { return Duration::ZERO };
        let draw = mix(seed ^ mix(self.identity ^ mix(self.chunks)));
        Duration::from_millis(base_ms + draw % (jitter_ms + 1))
    }
}

/// `SplitMix64`: spreads any number over all 64 bits.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals_ms(connection: u64, faults: &Faults, chunks: &[usize]) -> Vec<u128> {
        let start = Instant::now();
        let mut line = Line::new(connection, 0);
        chunks.iter().map(|bytes| (line.due(start, *bytes, faults) - start).as_millis()).collect()
    }

    #[test]
    fn a_healthy_line_takes_no_time() {
        assert_eq!(arrivals_ms(0, &Faults::default(), &[1, 100_000]), [0, 0]);
    }

    #[test]
    fn delayed_chunks_travel_together() {
        let faults = Faults { delay: Some(Delay { base_ms: 50, jitter_ms: 0, seed: 1 }), ..Faults::default() };
        assert_eq!(arrivals_ms(0, &faults, &[10, 10, 10]), [50, 50, 50]);
    }

    #[test]
    fn a_narrow_line_takes_one_chunk_after_the_other() {
        let faults = Faults { bytes_per_s: Some(1_000), ..Faults::default() };
        assert_eq!(arrivals_ms(0, &faults, &[100, 200, 0]), [100, 300, 300]);
    }

    #[test]
    fn jitter_follows_from_the_seed_and_keeps_the_order() {
        let faults = |seed| Faults { delay: Some(Delay { base_ms: 5, jitter_ms: 1_000, seed }), ..Faults::default() };
        let chunks = [1; 20];
        let first = arrivals_ms(0, &faults(7), &chunks);
        assert_eq!(first, arrivals_ms(0, &faults(7), &chunks));
        assert_ne!(first, arrivals_ms(0, &faults(8), &chunks));
        assert_ne!(first, arrivals_ms(1, &faults(7), &chunks));
        assert!(first.is_sorted());
        assert!(first.iter().all(|ms| (5..=1_005).contains(ms)));
    }
}
