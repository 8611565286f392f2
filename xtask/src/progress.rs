//! Lines for the person at the terminal: what is going on and how long it took.
//!
//! That goes to standard error. Standard output is kept for results, such as a connection string. When nobody
//! reads either of them any more, the work goes on.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a step that is still going says so.
const REMINDER: Duration = Duration::from_secs(15);

/// Says `what`, does `work`, and says how long it took. A long step says every now and then that it goes on.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> T) -> T {
    note(format_args!("· {what} …"));
    let begun = Instant::now();
    let (done, finished) = mpsc::channel::<()>();
    let value = thread::scope(|scope| {
        scope.spawn(move || {
            while finished.recv_timeout(REMINDER) == Err(RecvTimeoutError::Timeout) {
                note(format_args!("  … still {what} after {}", seconds(begun.elapsed())));
            }
        });
        let value = work();
        drop(done);
        value
    });
    note(format_args!("  {what}: {}", seconds(begun.elapsed())));
    value
}

/// Prints a line of a result.
pub(crate) fn say(line: impl Display) {
    writeln!(io::stdout().lock(), "{line}").ok();
}

/// Prints a line about what is going on.
pub(crate) fn note(line: impl Display) {
    writeln!(io::stderr().lock(), "{line}").ok();
}

/// A duration as people read it: `0.4 s`, `12.3 s`, `3 min 05 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_seconds_and_from_a_minute_on_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(59_940)), "59.9 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_step_hands_on_the_value_of_its_work() {
        assert_eq!(step("adding", || 1 + 1), 2);
    }
}
