//! The calls of one session, one method per RPC. The header that every request begins with is filled in here and
//! nowhere else, and nothing else names the generated client.

use std::any::Any;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::proto;

mod artifacts;
mod call;
mod check;
mod codec;
mod details;
mod header;
mod methods;
mod profile;
mod report_interval;
mod responses;
mod running;
mod sent;
mod sentinel;
mod size;

pub(crate) use codec::Codec;
#[cfg(feature = "fuzzing")]
pub(crate) use details::fill as fill_details;
pub(crate) use header::{LONGEST_ID, is_id};
pub use profile::ServerProfile;
pub(crate) use report_interval::FrequentReports;
#[cfg(test)]
pub(crate) use responses::Cooperative;
pub(crate) use responses::Responses;
pub(crate) use running::{OperationHandle, Running};
pub(crate) use sent::PlanSent;

use report_interval::ReportInterval;
use running::Operations;
use sentinel::Sentinel;

/// How long telling the server that something is over may take; after that the server's own timeout frees it.
pub(crate) const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an interrupt waits for its operation to be planned; then it is sent all the same. A busy server plans for
/// tens of seconds, and an operation that was interrupted too early runs to its end; meanwhile it keeps its slot.
pub(crate) const PLANNING_TIMEOUT: Duration = Duration::from_secs(60);

/// The conf that is asked for where any answer will do: every server has it.
pub(crate) const PROBE_CONF: &str = "spark.sql.session.timeZone";

/// The end of what still ran in a session whose pool was closed.
const CLOSED: &str = "the pool of sessions was closed while this ran";

/// Maximum bytes of an answer without rows: a byte of it can stand for fifty in memory.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Maximum bytes of the details of one failure, in which two bytes can stand for nearly two hundred in memory.
const MAX_DETAILS: usize = 1024 * 1024;

/// The refusal of what comes after the close of a pool.
pub(crate) fn pool_closed() -> Error {
    Error::new(ErrorKind::Closed, "the pool of sessions was closed")
}

/// One session's calls. Each is one attempt; clones are the same session.
#[derive(Clone)]
pub(crate) struct Rpc {
    inner: Arc<Inner>,
    /// The tags of its operations.
    tags: Arc<[String]>,
    lease: Option<Lease>,
}

/// Keeps the slot of a pool occupied for as long as a clone that has it lives.
#[derive(Clone)]
struct Lease {
    /// The number of the pool.
    pool: u64,
    #[expect(dead_code, reason = "it is kept, not read")]
    slot: Arc<dyn Any + Send + Sync>,
}

struct Inner {
    channel: Channel,
    id: Uuid,
    /// The same as it is sent with every call, and as the server repeats it.
    id_text: String,
    user_context: proto::UserContext,
    client_type: String,
    /// The server's own id of the session. It changes when the server restarts, which is how a lost session is
    /// told from a live one; so the first one is kept and sent with every call.
    observed: OnceLock<String>,
    /// The operations that are being given up.
    abandoned: TaskTracker,
    /// When the server last answered for the session, and the breaks of the connection until then.
    answered: Mutex<Option<(Instant, u64)>>,
    /// Whether a failure left open if the session is still there, and nothing has been asked of it since.
    needs_probe: AtomicBool,
    /// Whether an operation was given up and may run on, or has left a conf changed.
    is_unclean: AtomicBool,
    /// How many bytes of rows the server was given ahead of plans, which it keeps for as long as the session.
    uploaded: AtomicUsize,
    /// Whether the session was ended on a server that cannot end it.
    has_ended: AtomicBool,
    /// Whether it belongs to a pool that was closed and ends it.
    is_pool_closed: AtomicBool,
    /// Whether all slots of a pool are to share the session, wherever its id comes from.
    is_made_to_be_shared: bool,
    /// Whether the server has ended the session for good.
    was_ended_by_server: AtomicBool,
    /// Whether values have to be literals in it, whatever the server does elsewhere.
    literals_only: AtomicBool,
    report_interval: ReportInterval,
    operations: Operations,
    sentinel: Sentinel,
}

impl Rpc {
    /// The calls of session `id`, over one of the connections of `channel`.
    pub(crate) fn new(channel: &Channel, id: Uuid) -> Self {
        Self::made(channel, id, false)
    }

    /// The same for a session that all slots of a pool are to share.
    pub(crate) fn shared(channel: &Channel, id: Uuid) -> Self {
        Self::made(channel, id, true)
    }

    fn made(channel: &Channel, id: Uuid, is_made_to_be_shared: bool) -> Self {
        let remote = channel.remote();
        let user = remote.user_id().unwrap_or_default().to_owned();
        let inner = Inner {
            channel: channel.for_session(),
            id,
            id_text: id.to_string(),
            user_context: proto::UserContext { user_id: user.clone(), user_name: user },
            client_type: remote.client_type(),
            observed: OnceLock::new(),
            abandoned: TaskTracker::new(),
            answered: Mutex::new(None),
            needs_probe: AtomicBool::new(false),
            is_unclean: AtomicBool::new(false),
            uploaded: AtomicUsize::new(0),
            has_ended: AtomicBool::new(false),
            is_pool_closed: AtomicBool::new(false),
            is_made_to_be_shared,
            was_ended_by_server: AtomicBool::new(false),
            literals_only: AtomicBool::new(false),
            report_interval: ReportInterval::default(),
            operations: Operations::default(),
            sentinel: Sentinel::default(),
        };
        Self { inner: Arc::new(inner), tags: Arc::from([]), lease: None }
    }

    /// The same calls, which keep `slot` of the pool of that number with each of their clones.
    pub(crate) fn leased(&self, pool: u64, slot: Arc<dyn Any + Send + Sync>) -> Self {
        Self { lease: Some(Lease { pool, slot }), ..self.clone() }
    }

    /// The same calls without a lease, for what may outlive the borrower.
    pub(crate) fn unleased(&self) -> Self {
        Self { lease: None, ..self.clone() }
    }

    /// The same session, whose operations carry one more tag.
    pub(crate) fn tagged(&self, tag: String) -> Self {
        let mut tags = self.tags.to_vec();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        Self { tags: tags.into(), ..self.clone() }
    }

    pub(crate) fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The same for all clones, and another for all else as long as one of them lives.
    pub(crate) fn key(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    pub(crate) fn session_id(&self) -> Uuid {
        self.inner.id
    }

    /// Whether the connection string names the session, so that others may use it too.
    pub(crate) fn is_named(&self) -> bool {
        self.channel().remote().session_id() == Some(self.session_id())
    }

    pub(crate) fn is_made_to_be_shared(&self) -> bool {
        self.inner.is_made_to_be_shared
    }

    /// Whether others may use the session too: it is named, or made to be shared.
    pub(crate) fn is_shared(&self) -> bool {
        self.is_made_to_be_shared() || self.is_named()
    }

    /// Whether the server said that it has ended the session for good.
    pub(crate) fn was_ended_by_server(&self) -> bool {
        self.inner.was_ended_by_server.load(Ordering::Relaxed)
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.inner.channel
    }

    /// The id that the server gave the session, once a call has been answered.
    pub(crate) fn server_side_id(&self) -> Option<&str> {
        self.inner.observed.get().map(String::as_str)
    }

    /// The server as far as it is known.
    pub(crate) fn profile(&self) -> ServerProfile {
        let answered = self.inner.answered.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        ServerProfile::told_by(
            &self.inner.id_text,
            answered,
            self.server_side_id(),
            self.channel().shares_catalog(),
        )
    }

    /// The operations that are being given up.
    pub(crate) fn abandoned(&self) -> &TaskTracker {
        &self.inner.abandoned
    }

    /// Held while an operation is being given up.
    pub(crate) fn abandoning(&self) -> TaskTrackerToken {
        self.inner.abandoned.token()
    }

    /// Notes that an operation was given up and may run on, or has left a conf changed.
    pub(crate) fn note_unclean(&self) {
        self.inner.is_unclean.store(true, Ordering::Relaxed);
    }

    /// Whether an operation that was given up may run on, or has left a conf changed.
    pub(crate) fn is_unclean(&self) -> bool {
        self.inner.is_unclean.load(Ordering::Relaxed)
    }

    /// Notes that the server was given this many bytes of rows ahead of a plan.
    pub(crate) fn note_uploaded(&self, bytes: usize) {
        self.inner.uploaded.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many bytes of rows the server keeps for the session.
    pub(crate) fn uploaded(&self) -> usize {
        self.inner.uploaded.load(Ordering::Relaxed)
    }

    /// Takes note of whether values have to be literals in the session, whatever the server does elsewhere.
    pub(crate) fn note_literals_only(&self, literals_only: bool) {
        self.inner.literals_only.store(literals_only, Ordering::Relaxed);
    }

    /// Whether values have to be literals in the session.
    pub(crate) fn literals_only(&self) -> bool {
        self.inner.literals_only.load(Ordering::Relaxed)
    }

    /// Sends no plan from now on, for a server that goes on with a session that was ended.
    pub(crate) fn end(&self) {
        self.inner.has_ended.store(true, Ordering::SeqCst);
    }

    /// Takes note that the pool of the session was closed and ends it: from now on no plan is sent, and whoever misses the
    /// session, or is interrupted in it, is told that.
    pub(crate) fn note_pool_closed(&self) {
        self.inner.is_pool_closed.store(true, Ordering::SeqCst);
    }

    fn is_pool_closed(&self) -> bool {
        self.inner.is_pool_closed.load(Ordering::SeqCst)
    }

    /// Repeats a call under the retry policy of the channel.
    pub(crate) async fn retrying<R, F>(&self, call: impl FnMut() -> F) -> Result<R>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        self.inner.channel.retrying().run(call).await
    }

    /// Completes a server's error with what the server kept about it.
    pub(crate) async fn explain(&self, mut error: Error) -> Error {
        details::complete(self, &mut error).await;
        let error = error.reclassified();
        // The client itself has ended the session, or interrupted what ran in it.
        let is_lost = error.kind() == ErrorKind::SessionLost;
        if self.is_pool_closed() && (is_lost || error.is_of_stopped_operation()) {
            return error.into_kind(ErrorKind::Closed, CLOSED);
        }
        if !error.server().is_some_and(ServerError::is_session_ended) {
            return error;
        }
        self.inner.was_ended_by_server.store(true, Ordering::Relaxed);
        if self.is_named() { error.into_ended_by_server() } else { error }
    }

    async fn explained<R>(&self, answer: Result<R, Failure>) -> Result<R, Failure> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(Failure { error: self.explain(failure.error).await, ..failure }),
        }
    }
}
