//! Waiting for a Databricks cluster that is being started.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryFutureExt;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::slots::closed;
use super::startup::{ClusterStartup, Starting};
use crate::clock;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::listener::Listener;
use crate::retry;

/// How a driver waits for a cluster that is being started.
///
/// Databricks refuses requests while a cluster starts, which takes minutes; the retries of a broken connection are
/// not made for that. The driver asks again, at growing intervals and no sooner than Databricks says, when it opens a
/// session and before the first row of a query or the answer to a statement. However many callers wait, one of them asks.
///
/// A statement that may change something is not repeated for a cluster that starts. Where a session was idle for half a
/// minute, a call that changes nothing goes first to find out whether the cluster runs, and that call is repeated. If
/// the statement itself is refused all the same, the error has the kind [`ClusterNotReady`](ErrorKind::ClusterNotReady)
/// and is not retryable: the server says that it did not begin, and the caller decides. A refusal after any other
/// answer, or after a broken connection, is [`OutcomeUnknown`](ErrorKind::OutcomeUnknown).
///
/// While a cluster is starting, the budget applies instead of `acquire_timeout`, whose clock stands still.
/// `connect_timeout` bounds each attempt. A `timeout` of a query or a statement bounds all of it.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::pool::ClusterWait;
///
/// let patient = ClusterWait { budget: Duration::from_secs(60 * 60), ..ClusterWait::default() };
/// assert_eq!(patient.pause(0), Duration::from_secs(2));
/// assert_eq!(patient.pause(1), Duration::from_secs(3));
/// assert_eq!(patient.pause(100), Duration::from_secs(30));
/// ```
///
/// A literal ends in `..ClusterWait::default()`: a later minor release may add a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterWait {
    /// The pause after the first refusal. Default 2 s.
    pub initial_backoff: Duration,
    /// The factor by which each pause is longer than the one before. Default 1.5.
    pub multiplier: f64,
    /// The longest pause. Default 30 s.
    pub max_backoff: Duration,
    /// How long a caller waits for a session, and again for the first answer to what it sends. Default 30 minutes; zero
    /// means not to wait.
    pub budget: Duration,
}

impl Default for ClusterWait {
    fn default() -> Self {
        Self {
            initial_backoff: Duration::from_secs(2),
            multiplier: 1.5,
            max_backoff: Duration::from_secs(30),
            budget: Duration::from_secs(30 * 60),
        }
    }
}

impl ClusterWait {
    /// No waiting: a cluster that is starting is an error at once.
    #[must_use]
    pub fn none() -> Self {
        Self { budget: Duration::ZERO, ..Self::default() }
    }

    /// The pause before retry number `retry` (the first is 0), as in
    /// [`RetryPolicy::wait`](crate::RetryPolicy::wait).
    #[must_use]
    pub fn pause(&self, retry: u32) -> Duration {
        retry::backoff(self.initial_backoff, self.multiplier, self.max_backoff, retry)
    }
}

/// The state of a cluster that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterState {
    state: String,
    request_id: Option<String>,
    elapsed: Duration,
    asked: u32,
}

impl ClusterState {
    /// The state as the server named it, such as `PENDING` or `RESTARTING`; `RUNNING` once the cluster answers.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Whether the cluster answers now, which ends the waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == READY
    }

    /// The id of the refused request, if the server told one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the cluster has been waited for.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How often the cluster refused.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.asked
    }

    fn starting(starting: &Starting) -> Self {
        Self {
            state: starting.server.cluster_state().unwrap_or("UNKNOWN").to_owned(),
            request_id: starting.server.request_id().map(str::to_owned),
            elapsed: starting.since.elapsed(),
            asked: starting.asked,
        }
    }

    fn ready(starting: &Starting) -> Self {
        Self { state: READY.to_owned(), request_id: None, ..Self::starting(starting) }
    }
}

const READY: &str = "RUNNING";

/// The longest pause that a server may ask for.
const LONGEST_ASKED_FOR: Duration = Duration::from_secs(600);

/// The listener to the state of a cluster.
pub(crate) type OnClusterState = Arc<Listener<ClusterState>>;

/// Makes calls again while a cluster is starting, for all callers of one pool.
#[derive(Clone)]
pub(crate) struct ClusterCalls {
    inner: Arc<Inner>,
    /// How long a call waits for a cluster; `None` is without an end.
    bound: Option<Duration>,
}

struct Inner {
    policy: ClusterWait,
    on_state: Option<OnClusterState>,
    startup: ClusterStartup,
    /// Held by the caller that asks.
    asking: Mutex<()>,
}

impl ClusterCalls {
    pub(crate) fn new(policy: ClusterWait, on_state: Option<OnClusterState>) -> Self {
        let startup = ClusterStartup::new(policy.budget);
        let inner = Arc::new(Inner { policy, on_state, startup, asking: Mutex::new(()) });
        Self { inner, bound: Some(policy.budget) }
    }

    /// The calls of an opening of the pool's, which wait without an end: the callers of the pool bound it.
    pub(crate) fn unbounded(&self) -> Self {
        Self { bound: None, ..self.clone() }
    }

    /// The startup that the callers of the pool wait for.
    pub(crate) fn startup(&self) -> ClusterStartup {
        self.inner.startup.clone()
    }

    /// Makes `call` again while a cluster is starting. Meanwhile the cluster is asked by `probe`, a short call: the other
    /// callers wait for its answer.
    pub(crate) async fn repeat<T, P, F>(
        &self,
        mut probe: impl FnMut() -> P,
        call: impl FnMut() -> F,
    ) -> Result<T>
    where
        P: Future<Output = Result<()>>,
        F: Future<Output = Result<T>>,
    {
        self.repeat_asking(|| probe().map_ok(|()| None), call).await
    }

    /// Makes a short `call` again while a cluster is starting. The cluster is asked by the call itself.
    pub(crate) async fn repeat_probe<T, F>(&self, call: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.repeat_asking(|| call().map_ok(Some), &call).await
    }

    /// The answer to `call`, or that of `ask` if it has one.
    async fn repeat_asking<T, A, F>(
        &self,
        mut ask: impl FnMut() -> A,
        mut call: impl FnMut() -> F,
    ) -> Result<T>
    where
        A: Future<Output = Result<Option<T>>>,
        F: Future<Output = Result<T>>,
    {
        let mut answer = call().await;
        let deadline = self.bound.and_then(clock::deadline);
        loop {
            let Some(server) = self.refusal(&answer) else { return answer };
            let (waiter, begun) = self.inner.startup.join(server);
            self.report(begun.as_ref());
            let turn = self.before(deadline, self.inner.asking.lock()).await?;
            if self.inner.startup.starting().is_some()
                && let Some(answer) = self.ask(deadline, &mut ask).await?
            {
                return Ok(answer);
            }
            // The call may be long: the others need not wait for it, and it does not count as waiting for the cluster.
            drop((turn, waiter));
            answer = call().await;
        }
    }

    /// Asks until the answer is another one.
    async fn ask<T, A>(&self, deadline: Option<Instant>, ask: &mut impl FnMut() -> A) -> Result<T>
    where
        A: Future<Output = Result<T>>,
    {
        let startup = &self.inner.startup;
        loop {
            let pause = self.pause(startup.starting().as_ref());
            self.before(deadline, clock::sleep(pause)).await?;
            let answer = self.before(deadline, ask()).await?;
            if let Some(server) = self.refusal(&answer) {
                self.report(Some(&startup.asked_again(server)));
            } else {
                if came_from_the_cluster(&answer)
                    && let Some(started) = startup.over()
                {
                    self.tell(&ClusterState::ready(&started));
                }
                return answer;
            }
        }
    }

    /// The pause before the cluster is asked again: that of the policy, or the one that the server asks for if it is longer.
    fn pause(&self, starting: Option<&Starting>) -> Duration {
        let retry = starting.map_or(0, |starting| starting.asked.saturating_sub(1));
        let asked_for = starting.and_then(|starting| starting.server.cluster_retry_after());
        self.inner.policy.pause(retry).max(asked_for.unwrap_or_default().min(LONGEST_ASKED_FOR))
    }

    /// The server's refusal, if a cluster is starting and that is worth waiting for.
    fn refusal<'a, T>(&self, answer: &'a Result<T>) -> Option<&'a ServerError> {
        match answer {
            // A statement with effects that was refused is not sent again, though nothing seems to have run.
            Err(error)
                if error.kind() == ErrorKind::ClusterNotReady
                    && error.is_retryable()
                    && !self.inner.policy.budget.is_zero() =>
            {
                error.server()
            }
            _ => None,
        }
    }

    fn report(&self, starting: Option<&Starting>) {
        if let Some(starting) = starting {
            self.tell(&ClusterState::starting(starting));
        }
    }

    fn tell(&self, state: &ClusterState) {
        tracing::info!(
            state = state.state(),
            request_id = state.request_id(),
            elapsed_s = state.elapsed().as_secs(),
            asked = state.asked(),
            "waiting for a cluster"
        );
        if let Some(on_state) = &self.inner.on_state {
            on_state.tell(state);
        }
    }

    /// The outcome of `future`, unless the deadline comes first or the driver is closed.
    async fn before<T>(&self, deadline: Option<Instant>, future: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            done = future => Ok(done),
            () = self.inner.startup.closed() => Err(closed()),
            () = clock::sleep_until(deadline) => Err(self.gave_up()),
        }
    }

    fn gave_up(&self) -> Error {
        let budget = self.inner.policy.budget;
        match self.inner.startup.starting() {
            Some(starting) => {
                let message = format!(
                    "waited {budget:?} (budget of `cluster_wait`): a cluster is starting ({starting}); ask again later, \
                     or raise the budget"
                );
                Error::new(ErrorKind::ClusterNotReady, message).with_server(starting.server)
            }
            None => {
                let message = format!("waited {budget:?} (budget of `cluster_wait`) for a cluster");
                Error::new(ErrorKind::ClusterNotReady, message)
            }
        }
    }
}

/// Whether `answer` is the cluster's own, whatever it says.
fn came_from_the_cluster<T>(answer: &Result<T>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) => !matches!(
            error.kind(),
            ErrorKind::Connect | ErrorKind::Unavailable | ErrorKind::Unauthenticated | ErrorKind::Timeout
        ),
    }
}

impl fmt::Debug for ClusterCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterCalls").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
