//! Interleaved rounds: every case of a group runs once per round, so that what else the machine does falls on all
//! of them alike, and a ratio is the median of the rounds' own ratios.

use std::fmt;
use std::time::{Duration, Instant};

/// How long a case runs within one round.
const TURN: Duration = Duration::from_micros(500);

/// One way to do the work.
pub struct Case<'a> {
    /// What is done.
    pub path: &'static str,
    /// By whom.
    pub who: &'static str,
    /// Does the whole work once.
    pub pass: Box<dyn FnMut() + 'a>,
}

impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.path, self.who)
    }
}

impl<'a> Case<'a> {
    /// A case that `pass` runs.
    pub fn new(path: &'static str, who: &'static str, pass: impl FnMut() + 'a) -> Self {
        Self { path, who, pass: Box::new(pass) }
    }
}

/// The nanoseconds per row of one case, one figure per round.
#[derive(Debug)]
pub struct Figures {
    /// What is done.
    pub path: &'static str,
    /// By whom.
    pub who: &'static str,
    rounds: Vec<f64>,
}

impl Figures {
    /// The median of the rounds.
    pub fn median(&self) -> f64 {
        median(self.rounds.clone())
    }

    /// How many times slower this is than `other`.
    pub fn over(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own / other).collect())
    }
}

/// Runs the cases in `rounds` interleaved rounds; `rows` is what one pass goes through.
pub fn measure(mut cases: Vec<Case<'_>>, rows: usize, rounds: usize) -> Vec<Figures> {
    let passes: Vec<u32> = cases.iter_mut().map(passes_per_turn).collect();
    let mut figures: Vec<Figures> =
        cases.iter().map(|case| Figures { path: case.path, who: case.who, rounds: Vec::new() }).collect();
    let count = cases.len();
    for round in 0..rounds {
        for turn in 0..count {
            // Each round begins with another case, so that none always runs behind the same neighbour.
            let at = (turn + round) % count;
            let begun = Instant::now();
            for _ in 0..passes[at] {
                (cases[at].pass)();
            }
            let ns = begun.elapsed().as_nanos() as f64;
            figures[at].rounds.push(ns / f64::from(passes[at]) / rows as f64);
        }
    }
    figures
}

fn passes_per_turn(case: &mut Case<'_>) -> u32 {
    (case.pass)();
    let begun = Instant::now();
    (case.pass)();
    let once = begun.elapsed().max(Duration::from_nanos(1));
    u32::try_from(TURN.as_nanos() / once.as_nanos()).unwrap_or(1).max(1)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
