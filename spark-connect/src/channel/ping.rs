//! Whether a connection pings, and how often.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::remote::Keepalive;

/// The longest interval and timeout of pings: longer ones would overflow clocks.
const MAX_PING_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The pings of all connections of a channel, until the server forbids them.
pub(super) struct Pings {
    keepalive: Option<Keepalive>,
    forbidden: AtomicBool,
}

impl Pings {
    pub(super) fn new(keepalive: Option<Keepalive>) -> Self {
        let keepalive = keepalive.map(|keepalive| Keepalive {
            interval: keepalive.interval.min(MAX_PING_WAIT),
            timeout: keepalive.timeout.min(MAX_PING_WAIT),
            ..keepalive
        });
        Self { keepalive, forbidden: AtomicBool::new(false) }
    }

    pub(super) fn of_the_next_connection(&self) -> Option<Keepalive> {
        self.keepalive.filter(|_| !self.forbidden.load(Ordering::Relaxed))
    }

    /// Takes in what ended a connection or a call on it. A server that has had enough of pings ends the connection and
    /// says so (`ENHANCE_YOUR_CALM` with `too_many_pings`); what was under way is taken up again on the next one, which
    /// goes without.
    pub(super) fn ended_by(&self, error: &(dyn StdError + 'static)) {
        if is_enough(error) && !self.forbidden.swap(true, Ordering::Relaxed) {
            tracing::debug!("the server forbids pings: connections go without from now on");
        }
    }
}

fn is_enough(error: &(dyn StdError + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.any(|error| {
        error.downcast_ref::<h2::Error>().is_some_and(|error| {
            error.is_go_away()
                && error.is_remote()
                && error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM)
                && is_of_pings(error)
        })
    })
}

/// Servers of gRPC name the pings; others name another reason, such as `too_many_resets`. If a server names no reason,
/// pings are the first suspect, since nobody asked for them: were they to go on, it might end every connection. The
/// reason is only in the text of the error, which ends with it in parentheses.
fn is_of_pings(error: &h2::Error) -> bool {
    let text = error.to_string();
    text.contains("too_many_pings") || !text.ends_with(')')
}
