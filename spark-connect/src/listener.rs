//! A function of the caller's that is told what happens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Is told things of one kind. One that panics is not called again, and what it was told of goes on.
pub(crate) struct Listener<T> {
    what: &'static str,
    tell: Box<dyn Fn(&T) + Send + Sync>,
    panicked: AtomicBool,
}

impl<T> Listener<T> {
    /// One that is told of `what`, as a log names it.
    pub(crate) fn new(what: &'static str, tell: impl Fn(&T) + Send + Sync + 'static) -> Self {
        Self { what, tell: Box::new(tell), panicked: AtomicBool::new(false) }
    }

    pub(crate) fn tell(&self, news: &T) {
        if self.panicked.load(Ordering::Relaxed) {
            return;
        }
        // Nothing of this crate's is left half-changed by a panic in there.
        if catch_unwind(AssertUnwindSafe(|| (self.tell)(news))).is_err() {
            self.panicked.store(true, Ordering::Relaxed);
            tracing::warn!("the callback for {} panicked and is not called again", self.what);
        }
    }
}
