//! What a test logs at TRACE: captured on its own thread to look for secrets in it, or printed.

use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::{env, io};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Captures until it is dropped. A test on Tokio's single-threaded runtime does everything on its own thread.
#[derive(Debug)]
pub struct Trace {
    text: Text,
    _guard: DefaultGuard,
}

#[derive(Debug, Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Trace {
    /// Begins to capture.
    #[must_use]
    pub fn start() -> Self {
        keep_interest();
        let text = Text::default();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(text.clone());
        let subscriber = tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer);
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What was logged so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock()).into_owned()
    }

    /// Fails if a secret was logged, or if nothing was, by this client and by HTTP/2 beneath it.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_holds_none_of(&self, secrets: &[&str]) {
        let text = self.text();
        assert!(text.contains(" h2::"), "nothing was logged of HTTP/2, so nothing is proved: {text}");
        for secret in secrets {
            assert!(!secret.is_empty(), "no secret to look for");
            if let Some(line) = text.lines().find(|line| line.contains(secret)) {
                assert!(!line.contains(secret), "a secret was logged: {}", line.replace(secret, "<secret>"));
            }
        }
    }
}

/// Has every thread listen to everything, to throw it away: what one thread does first where another begins or ends to
/// capture counts as of no interest to anybody, and would not be captured either.
pub fn keep_interest() {
    static KEPT: Once = Once::new();
    // One that prints what is logged does as well.
    KEPT.call_once(|| _ = tracing::subscriber::set_global_default(tracing_subscriber::registry()));
}

/// Prints to the standard error what is logged at TRACE from now on, by every thread that does not capture it, where
/// `LAKEORM_TRACE` is set: to see what a failing test did, or to look for secrets in what all of them log.
pub fn print_if_asked() {
    static ASKED: Once = Once::new();
    ASKED.call_once(|| {
        if env::var_os("LAKEORM_TRACE").is_some() {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
            let subscriber = tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer);
            // A program that has one of its own keeps it.
            let _ = tracing::subscriber::set_global_default(subscriber);
        }
    });
}

impl Text {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Text {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
