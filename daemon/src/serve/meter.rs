//! How fast a client asks, against how fast it may.

use std::time::{Duration, Instant};

use crate::config::plain::Rate;

/// What a client has asked for lately, less what it may ask for meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    level: f64,
    at: Instant,
}

impl Meter {
    pub const fn new(now: Instant) -> Meter {
        Meter { level: 0.0, at: now }
    }

    /// Counts some requests, if so many are allowed now; otherwise none.
    pub fn take(&mut self, count: usize, rate: &Rate, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.at);
        let drained = since.as_secs_f64() * f64::from(rate.per_second);
        self.level = (self.level - drained).max(0.0);
        self.at = now;
        let wanted = self.level + count as f64;
        let fits = wanted <= f64::from(rate.burst);
        if fits {
            self.level = wanted;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests at times in milliseconds, and whether they are taken.
    #[track_caller]
    fn check(asked: &[(u64, usize, bool)]) {
        let (rate, start) = (Rate { per_second: 10, burst: 5 }, Instant::now());
        let mut meter = Meter::new(start);
        for (at, count, expected) in asked {
            let now = start + Duration::from_millis(*at);
            assert_eq!(meter.take(*count, &rate, now), *expected, "{count} at {at} ms");
        }
    }

    #[test]
    fn a_burst_is_taken_and_then_as_many_as_time_allows() {
        check(&[(0, 3, true), (0, 2, true), (0, 1, false), (100, 1, true), (100, 1, false)]);
        check(&[
            (0, 5, true),
            (250, 3, false),
            (300, 3, true),
            (10_000, 5, true),
            (10_000, 1, false),
        ]);
    }

    #[test]
    fn more_than_a_burst_at_once_is_never_taken() {
        check(&[(0, 6, false), (60_000, 6, false), (60_000, 5, true)]);
    }
}
