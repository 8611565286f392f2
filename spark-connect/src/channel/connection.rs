//! A connection that is made on first use, and made anew where the one before is gone.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::Shared;
use http::uri::{Parts, PathAndQuery};
use http::{HeaderValue, Request, Response, Uri};
use tokio::task::{AbortHandle, JoinError};
use tokio::time::Instant;

use super::connect::Route;
use super::connect_error::{ConnectError, Permanence};
use super::http2::{BoxError, Call, Http2, ResponseBody, SendError};
use crate::clock::Runtime;

/// How often a request that was not sent is put on another connection, which ended too.
const RESENDS: usize = 3;

/// A host that has not answered for this long is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20);

/// A failure that is older says nothing about now.
const STALE: Duration = Duration::from_secs(30);

const USER_AGENT: &str = concat!("lakeorm-spark-connect/", env!("CARGO_PKG_VERSION"));

/// A server that takes few calls at once is given at most this many HTTP/2 connections for each runtime.
const MAX_CONNECTIONS: usize = 64;

/// A connection that sessions share: one HTTP/2 connection for each runtime that calls are made on, and more
/// where the server takes fewer calls on one than there are. A call would wait there for as long as another result is
/// read, even the one that says that it is to be stopped.
pub(super) struct Connection {
    route: Arc<Route>,
    /// Scheme and authority that requests name.
    origin: Uri,
    breaks: AtomicU64,
    /// Whether there was one before.
    made: AtomicBool,
    /// Since when nobody answers, and when that was last seen.
    unanswered: Mutex<Option<(Instant, Instant)>>,
    runtimes: Mutex<Vec<OfRuntime>>,
}

struct OfRuntime {
    runtime: Runtime,
    state: State,
}

enum State {
    /// Callers share the one attempt.
    Connecting(Connecting, AbortHandle),
    Live(Arc<Http2>),
}

type Connecting = Shared<BoxFuture<'static, Result<Arc<Http2>, ConnectError>>>;

impl Connection {
    pub(super) fn new(route: Arc<Route>, origin: Uri) -> Self {
        Self {
            route,
            origin,
            breaks: AtomicU64::new(0),
            made: AtomicBool::new(false),
            unanswered: Mutex::default(),
            runtimes: Mutex::default(),
        }
    }

    /// How often it was found broken, or made anew.
    pub(super) fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Relaxed)
    }

    pub(super) fn broke(&self) {
        self.breaks.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a request. One that was not sent, because the connection had ended, goes to the next connection; with
    /// `breaks` only to one that was made before there were more.
    pub(super) async fn send(
        self: Arc<Self>,
        request: Request<tonic::body::Body>,
        breaks: Option<u64>,
    ) -> Result<Response<ResponseBody>, BoxError> {
        let mut request = self.addressed(request)?;
        for _ in 0..RESENDS {
            let call = self.live(Call::begin).await?;
            if breaks.is_some_and(|breaks| call.breaks_before() > breaks) {
                call.give_back();
                return Err(ConnectError::replaced().into());
            }
            match call.send(request).await {
                Ok(response) => return Ok(response),
                Err(SendError::NotSent(unsent)) => request = *unsent,
                Err(SendError::Failed(error)) => return Err(error),
            }
        }
        Err(ended_at_once().into())
    }

    fn addressed(
        &self,
        mut request: Request<tonic::body::Body>,
    ) -> Result<Request<tonic::body::Body>, BoxError> {
        let mut parts = Parts::from(self.origin.clone());
        parts.path_and_query =
            request.uri().path_and_query().cloned().or(Some(PathAndQuery::from_static("/")));
        *request.uri_mut() = Uri::from_parts(parts)?;
        request.headers_mut().insert(http::header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        Ok(request)
    }

    /// Whether there is a connection of this runtime that takes calls.
    pub(super) fn is_live(&self) -> bool {
        let Ok(runtime) = Runtime::current() else { return false };
        self.runtimes().iter().any(|of| of.live(runtime).is_some() && of.is_usable())
    }

    /// Makes sure that there is a connection of this runtime on which the server has answered.
    pub(super) async fn connected(self: &Arc<Self>) -> Result<(), ConnectError> {
        self.live(|_| ()).await
    }

    /// What `begin` makes of the connection of this runtime that takes another call, as soon as the server has answered
    /// on it. Many may have waited for the same one, and it takes as many of them as it has room for: who comes too late
    /// waits for the next.
    async fn live<T>(self: &Arc<Self>, begin: impl Fn(&Arc<Http2>) -> T) -> Result<T, ConnectError> {
        let moved =
            || ConnectError::transient("the call has moved to another Tokio runtime while it connected");
        let mut ended = 0;
        while ended < RESENDS {
            let runtime = Runtime::current().map_err(|error| ConnectError::no_runtime(&error))?;
            let connecting = {
                let mut runtimes = self.runtimes();
                runtimes.retain(OfRuntime::is_usable);
                if let Some(http2) = take_live(&mut runtimes, runtime) {
                    return Ok(begin(&http2));
                }
                match runtimes.iter().find_map(|of| of.connecting(runtime)) {
                    Some(connecting) => connecting,
                    None => self.begin(runtime, &mut runtimes)?,
                }
            };
            let http2 = runtime.reach(connecting).await.unwrap_or_else(|| Err(moved()))?;
            ended += usize::from(!http2.is_usable());
        }
        Err(ended_at_once())
    }

    /// Connects in a task of its own, so that a caller who gives up does not take the connection from the others.
    fn begin(
        self: &Arc<Self>,
        runtime: Runtime,
        runtimes: &mut Vec<OfRuntime>,
    ) -> Result<Connecting, ConnectError> {
        runtime.check_io().map_err(|error| ConnectError::no_runtime(&error))?;
        let connection = Arc::clone(self);
        let task = tokio::spawn(async move {
            let begun = Instant::now();
            let connected = connection.route.connect(runtime).await.map(Arc::new);
            connection.ended_attempt(runtime, begun, connected)
        });
        let abort = task.abort_handle();
        let connecting = task.map(|joined| joined.unwrap_or_else(|error| Err(not_joined(&error))));
        let connecting = connecting.boxed().shared();
        runtimes.push(OfRuntime { runtime, state: State::Connecting(connecting.clone(), abort) });
        Ok(connecting)
    }

    /// What an attempt to connect has come to.
    fn ended_attempt(
        &self,
        runtime: Runtime,
        begun: Instant,
        connected: Result<Arc<Http2>, ConnectError>,
    ) -> Result<Arc<Http2>, ConnectError> {
        let mut runtimes = self.runtimes();
        runtimes.retain(|of| of.connecting(runtime).is_none());
        match connected {
            Ok(http2) => {
                *self.unanswered() = None;
                let is_another = runtimes.iter().any(|of| of.runtime == runtime && of.is_usable());
                if self.made.swap(true, Ordering::Relaxed) && !is_another {
                    self.broke();
                }
                http2.note_breaks_before(self.breaks());
                runtimes.push(OfRuntime { runtime, state: State::Live(Arc::clone(&http2)) });
                Ok(http2)
            }
            Err(error) => Err(self.weighed(begun, error)),
        }
    }

    /// The error of an attempt that began at `begun`. A host that nobody has answered for, for a while, is given up: the
    /// callers of a dead network want an error, not the wait that is given to a server which starts.
    fn weighed(&self, begun: Instant, error: ConnectError) -> ConnectError {
        let mut unanswered = self.unanswered();
        if error.permanence() != Permanence::Unreachable {
            *unanswered = None;
            return error;
        }
        let now = Instant::now();
        let since = match *unanswered {
            Some((since, last)) if now.saturating_duration_since(last) <= STALE => since,
            _ => begun,
        };
        *unanswered = Some((since, now));
        match now.saturating_duration_since(since) >= GIVE_UP_AFTER {
            true => error.with_permanence(Permanence::GivenUp),
            false => error,
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, Option<(Instant, Instant)>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runtimes(&self) -> MutexGuard<'_, Vec<OfRuntime>> {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection of `runtime` that takes another call, or any if there are too many. Those that a crowd has left are
/// closed.
fn take_live(runtimes: &mut Vec<OfRuntime>, runtime: Runtime) -> Option<Arc<Http2>> {
    let mut taken: Option<Arc<Http2>> = None;
    runtimes.retain(|of| match of.live(runtime) {
        Some(http2) if taken.is_none() && http2.has_room() => {
            taken = Some(Arc::clone(http2));
            true
        }
        Some(http2) => taken.is_none() || !http2.is_idle(),
        None => true,
    });
    let live = || runtimes.iter().filter_map(|of| of.live(runtime));
    if taken.is_none() && live().count() >= MAX_CONNECTIONS {
        taken = live().next().cloned();
    }
    taken
}

impl OfRuntime {
    fn live(&self, runtime: Runtime) -> Option<&Arc<Http2>> {
        match &self.state {
            State::Live(http2) if self.runtime == runtime => Some(http2),
            _ => None,
        }
    }

    fn connecting(&self, runtime: Runtime) -> Option<Connecting> {
        match &self.state {
            State::Connecting(connecting, _) if self.runtime == runtime => Some(connecting.clone()),
            _ => None,
        }
    }

    fn is_usable(&self) -> bool {
        match &self.state {
            State::Live(http2) => http2.is_usable(),
            State::Connecting(_, task) => !task.is_finished(),
        }
    }
}

fn ended_at_once() -> ConnectError {
    ConnectError::transient("the server ends every connection at once")
}

fn not_joined(error: &JoinError) -> ConnectError {
    ConnectError::transient(match error.is_panic() {
        true => "the attempt to connect panicked",
        false => "the runtime ended before the connection was there",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ping::Pings;
    use crate::channel::windows::Windows;

    fn connection(timeout: Duration) -> Connection {
        let server = Uri::from_static("http://host:443");
        let route = Route {
            server: server.clone(),
            timeout,
            windows: Windows { stream: 65_535, connection: 65_535 },
            pings: Arc::new(Pings::new(None)),
            proxy: None,
            connector: None,
            #[cfg(feature = "tls")]
            tls: None,
        };
        Connection::new(Arc::new(route), server)
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_at_once_counts_for_as_long_as_it_took_however_long_an_attempt_may_take() {
        let connection = connection(3 * GIVE_UP_AFTER);
        let failed = |begun| connection.weighed(begun, ConnectError::unreachable("no route to the host"));
        for _ in 0..2 {
            assert_eq!(failed(Instant::now()).permanence(), Permanence::Unreachable);
            tokio::time::advance(GIVE_UP_AFTER / 2).await;
        }
        assert_eq!(failed(Instant::now()).permanence(), Permanence::GivenUp);
        // A failure of long ago says nothing about now.
        tokio::time::advance(2 * STALE).await;
        assert_eq!(failed(Instant::now()).permanence(), Permanence::Unreachable);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_took_as_long_as_a_host_has_is_the_last() {
        let connection = connection(3 * GIVE_UP_AFTER);
        let begun = Instant::now();
        tokio::time::advance(3 * GIVE_UP_AFTER).await;
        let error = connection.weighed(begun, ConnectError::unreachable("the host does not answer"));
        assert_eq!(error.permanence(), Permanence::GivenUp);
        let error = connection.weighed(begun, ConnectError::transient("nothing listens on that port"));
        assert_eq!(error.permanence(), Permanence::Transient);
    }
}
