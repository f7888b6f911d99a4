//! When a worker that died is followed by another, and when no more.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rules.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// So many deaths within the window are too many less one.
    pub most: u32,
    pub window: Duration,
    /// Before the second restart in the window; then twice as long each time.
    pub delay: Duration,
    pub longest_delay: Duration,
}

/// Deaths that are remembered.
#[derive(Debug, Default)]
pub struct Restarts(VecDeque<Instant>);

/// What follows a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Restart {
        after: Duration,
    },
    /// So many died in the window.
    GiveUp {
        deaths: usize,
    },
}

impl Restarts {
    /// One died. The first is replaced at once: most deaths are accidents.
    pub fn died(&mut self, now: Instant, rules: &Rules) -> Next {
        while self.0.front().is_some_and(|death| now.duration_since(*death) > rules.window) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        let deaths = self.0.len();
        if deaths > rules.most as usize {
            return Next::GiveUp { deaths };
        }
        Next::Restart { after: delay(deaths, rules) }
    }
}

fn delay(deaths: usize, rules: &Rules) -> Duration {
    let Some(doublings) = deaths.checked_sub(2) else { return Duration::ZERO };
    let factor = 1u32.checked_shl(doublings as u32).unwrap_or(u32::MAX);
    rules.delay.saturating_mul(factor).min(rules.longest_delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        most: 5,
        window: Duration::from_secs(60),
        delay: Duration::from_millis(100),
        longest_delay: Duration::from_millis(300),
    };

    #[track_caller]
    fn check(deaths_at: &[u64], expected: Next) {
        let (start, mut restarts) = (Instant::now(), Restarts::default());
        let next =
            deaths_at.iter().map(|at| restarts.died(start + Duration::from_secs(*at), &RULES));
        assert_eq!(next.last(), Some(expected), "{deaths_at:?}");
    }

    const fn after(millis: u64) -> Next {
        Next::Restart { after: Duration::from_millis(millis) }
    }

    #[test]
    fn the_first_is_replaced_at_once_and_others_ever_later() {
        check(&[0], after(0));
        check(&[0, 1], after(100));
        check(&[0, 1, 2], after(200));
        check(&[0, 1, 2, 3], after(300));
        check(&[0, 1, 2, 3, 4], after(300));
    }

    #[test]
    fn too_many_in_the_window_are_the_end() {
        check(&[0, 1, 2, 3, 4, 5], Next::GiveUp { deaths: 6 });
        check(&[0, 1, 2, 3, 4, 61], after(300));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        check(&[0, 1, 2, 3, 100], after(0));
    }
}
