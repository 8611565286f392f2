//! The steps of a staged write, as the client logs them: where tests end a process.

use std::process::{self, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, thread};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// All of them, in order.
pub const STEPS: [&str; 4] =
    ["a part was stored", "all rows are staged", LAST_BEFORE_STATEMENT, "the rows are committed"];

/// The one after which the statement is sent.
pub const LAST_BEFORE_STATEMENT: &str = "the rows are handed over";

/// What happens at the next step of a name.
type Fault = (String, Box<dyn FnOnce() + Send>);

static NEXT: Mutex<Option<Fault>> = Mutex::new(None);

/// Does this once, on the thread that is at the step, when any write of this process is there. It listens to what is logged,
/// so nothing else in the process may.
pub fn at(step: &str, fault: impl FnOnce() + Send + 'static) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some((step.to_owned(), Box::new(fault)));
    // Only the first call can.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Steps));
}

/// Whether the write has been at the step that was named last.
#[must_use]
pub fn was_reached() -> bool {
    NEXT.lock().unwrap_or_else(PoisonError::into_inner).is_none()
}

/// Ends this process as a crash does: now, or so much later while what comes after the step goes on.
pub fn kill_this_process(after: Duration) {
    let kill = || drop(Command::new("kill").args(["-9", &process::id().to_string()]).status());
    if after.is_zero() {
        kill();
        return thread::park();
    }
    thread::spawn(move || {
        thread::sleep(after);
        kill();
    });
}

struct Steps;

impl<S: tracing::Subscriber> Layer<S> for Steps {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let fault =
            NEXT.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(step, _)| *step == message.0);
        if let Some((_, fault)) = fault {
            fault();
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
