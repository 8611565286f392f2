//! Whether a plan has left.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Whether a plan may have left, and when. What is noted here holds even where the call is dropped.
#[derive(Default)]
pub(crate) struct PlanSent(Mutex<Option<Instant>>);

impl PlanSent {
    /// Takes note that the plan may leave from now on.
    pub(crate) fn note(&self) {
        self.set(Some(Instant::now()));
    }

    /// Takes note that it has not left.
    pub(crate) fn undo(&self) {
        self.set(None);
    }

    pub(crate) fn is_noted(&self) -> bool {
        self.get().is_some()
    }

    /// How long ago it may have left.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.get().map(|at| at.elapsed())
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}
