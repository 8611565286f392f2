//! Callbacks of the caller, which may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// A callback for events of one kind. One that panics is not called again, and the work that it was told of goes on.
pub(crate) struct Listener<T> {
    what: &'static str,
    tell: Box<dyn Fn(&T) + Send + Sync>,
    panicked: AtomicBool,
}

impl<T> Listener<T> {
    /// A callback for `what`, as a log names it.
    pub(crate) fn new(what: &'static str, tell: impl Fn(&T) + Send + Sync + 'static) -> Self {
        Self { what, tell: Box::new(tell), panicked: AtomicBool::new(false) }
    }

    pub(crate) fn tell(&self, news: &T) {
        if self.panicked.load(Ordering::Relaxed) {
            return;
        }
        // A panic in the callback leaves nothing of this crate half-changed.
        if catch_unwind(AssertUnwindSafe(|| (self.tell)(news))).is_err() {
            self.panicked.store(true, Ordering::Relaxed);
            tracing::warn!("the callback for {} panicked and is not called again", self.what);
        }
    }
}
