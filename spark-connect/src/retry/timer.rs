//! The clock and the randomness of retries.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

/// A wait that ends by itself.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock and the randomness of retries: Tokio's clock and true randomness, unless a test brings its own.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::{Channel, Timer};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// // Retries at once, and by the longest wait of the policy.
/// let timer = Timer::new(|_wait: Duration| Box::pin(async {}), || 1.0);
/// let channel = Channel::builder("sc://localhost".parse()?).timer(timer).build()?;
/// # let _ = channel; Ok(()) }
/// ```
#[derive(Clone)]
pub struct Timer {
    pub(crate) sleep: Arc<dyn Fn(Duration) -> Sleep + Send + Sync>,
    pub(crate) jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Timer {
    /// A timer of one's own: `sleep` waits, `jitter` gives a number from 0 to 1.
    pub fn new(
        sleep: impl Fn(Duration) -> Sleep + Send + Sync + 'static,
        jitter: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { sleep: Arc::new(sleep), jitter: Arc::new(jitter) }
    }

    pub(crate) fn system() -> Self {
        Self::new(|wait| Box::pin(clock::sleep(wait)), jitter)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

/// A number from 0 to 1. A version 4 UUID is the randomness that the crate already has.
pub(super) fn jitter() -> f64 {
    let [byte, ..] = *uuid::Uuid::new_v4().as_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}
