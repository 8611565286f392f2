//! What one measurement says of its process.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::peak_megabytes;

/// The figures of one process, by name.
pub(crate) type Figures = Map<String, Value>;

/// As the last line of the process's output.
#[expect(clippy::print_stdout, reason = "it is read by the process that started this one")]
pub(crate) fn print(figures: &Figures) {
    println!("{}", Value::from(figures.clone()));
}

/// Runs from the moment when the server is warm and the connection made.
pub(crate) struct Clock {
    begun: Instant,
    processor: Duration,
    first: Option<Duration>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now(), processor: processor_time(), first: None }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Something of the result is there.
    pub(crate) fn saw_a_row(&mut self) {
        if self.first.is_none() {
            self.first = Some(self.begun.elapsed());
        }
    }

    pub(crate) fn stop(self) -> Figures {
        let milliseconds = |time: Duration| json!(time.as_secs_f64() * 1000.0);
        let wall = self.begun.elapsed();
        let processor = processor_time().saturating_sub(self.processor);
        let figures = json!({
            "wall_ms": milliseconds(wall),
            "cpu_ms": milliseconds(processor),
            "first_ms": milliseconds(self.first.unwrap_or(wall)),
            "peak_mb": peak_megabytes(),
        });
        figures.as_object().cloned().unwrap_or_default()
    }
}

/// What all threads of this process have had of the processors. A thread that has ended is not counted; a runtime's live as
/// long as the process.
fn processor_time() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let each = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds =
        each.filter_map(|times| times.split(' ').next().and_then(|first| first.parse::<u64>().ok()));
    Duration::from_nanos(nanoseconds.sum())
}
