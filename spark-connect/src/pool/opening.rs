//! Opening the sessions of a pool.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::time::Instant;

use super::cluster::ClusterCalls;
use super::options::PoolOptions;
use super::sharing::Sharing;
use super::slots::{Lifecycle, closed};
use super::wait::WaitBudget;
use crate::channel::Channel;
use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Sql;
use crate::retry::Attempts;
use crate::session::Session;
use crate::sql::Statement;

/// Makes sessions; implemented by closures that return a future of a session.
///
/// The session need not have made a call yet: the pool sets its confs and runs its statements before the first borrower
/// sees it.
pub trait SessionFactory: Send + Sync + 'static {
    /// A new session, under an id of its own.
    ///
    /// # Errors
    ///
    /// Of any kind; the caller who waits for the session gets the error as it is.
    ///
    /// # Cancel safety
    ///
    /// The future runs in a task of the pool, which a caller who gives up does not end. It may be dropped all the same at
    /// any point: when its caller has been gone for the pool's
    /// [`acquire_timeout`](crate::pool::SessionPoolBuilder::acquire_timeout), or while a cluster is starting.
    fn open(&self) -> BoxFuture<'_, Result<Session>>;
}

impl<F, Opening> SessionFactory for F
where
    F: Fn() -> Opening + Send + Sync + 'static,
    Opening: Future<Output = Result<Session>> + Send + 'static,
{
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        self().boxed()
    }
}

impl SessionFactory for Box<dyn SessionFactory> {
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        (**self).open()
    }
}

impl SessionFactory for Arc<dyn SessionFactory> {
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        (**self).open()
    }
}

/// Opens and ends the sessions; shared by the pool, which opens them, and its owner, who closes them all.
#[derive(Clone)]
pub(super) struct Sessions(pub(super) Arc<Registry>);

pub(super) struct Registry {
    factory: Box<dyn SessionFactory>,
    options: PoolOptions,
    cluster: ClusterCalls,
    /// Whether a server has ever answered.
    reached: AtomicBool,
    sharing: Mutex<Sharing>,
    /// Held while the first session is opened, which tells what kind of server this is.
    first: tokio::sync::Mutex<()>,
    open: Mutex<Open>,
    /// Held while the sessions are ended.
    pub(super) ending: tokio::sync::Mutex<()>,
    /// The channel of the last of them, on which the calls in the background travel.
    newest: Mutex<Option<Channel>>,
}

/// The sessions that the server holds for the pool.
#[derive(Default)]
pub(super) struct Open {
    /// By their keys: a session that the connection string names has the same id after it was lost and made anew.
    pub(super) sessions: HashMap<usize, Session>,
    pub(super) phase: Phase,
}

/// The way of a pool to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    #[default]
    Open,
    /// The sessions that come back are left to the end of the pool.
    Closing,
    /// The sessions are ended, and none may follow.
    Ended,
}

impl Sessions {
    pub(super) fn new(factory: impl SessionFactory, options: PoolOptions) -> Self {
        let cluster = ClusterCalls::new(options.cluster_wait, options.on_cluster_state.clone());
        Self(Arc::new(Registry {
            factory: Box::new(factory),
            options,
            cluster,
            reached: AtomicBool::new(false),
            sharing: Mutex::new(Sharing::Unknown),
            first: tokio::sync::Mutex::default(),
            open: Mutex::default(),
            ending: tokio::sync::Mutex::default(),
            newest: Mutex::default(),
        }))
    }

    /// Whether statements are run in each session before it is handed out.
    pub(super) fn has_statements(&self) -> bool {
        !self.0.options.statements.is_empty()
    }

    pub(super) fn cluster(&self) -> &ClusterCalls {
        &self.0.cluster
    }

    async fn open_or_share(&self, mut budget: WaitBudget) -> Result<Session> {
        loop {
            match &*self.sharing() {
                Sharing::With(shared) => return Ok(shared.clone()),
                Sharing::Never => break,
                Sharing::Unknown => {}
            }
            let first = budget.wait(self.0.first.lock()).await;
            let _first = first.map_err(|_| out_of_time())?;
            if self.knows_nothing() {
                return self.open_first(&mut budget).await;
            }
            // It may be lost again by now.
        }
        let unfinished = self.open_new(&mut budget).await?;
        self.keep(unfinished)
    }

    /// The first session, which tells whether all share it.
    async fn open_first(&self, budget: &mut WaitBudget) -> Result<Session> {
        let unfinished = self.open_new(budget).await?;
        let learnt = Sharing::learn(&unfinished.session).await?;
        let session = self.keep(unfinished)?;
        *self.sharing() = learnt;
        Ok(session)
    }

    /// A new session with its confs set and its statements run. Where one of them fails for a passing reason, all is done
    /// again in another session; not where a statement may have left something that outlives its session.
    async fn open_new(&self, budget: &mut WaitBudget) -> Result<Unfinished> {
        // The caller's; the budget's own end moves with each attempt, which it does not count.
        let end = budget.end();
        let mut attempts = Attempts::default();
        loop {
            let unfinished = Unfinished::new(self.0.factory.open().await?);
            *self.newest() = Some(unfinished.session.channel().clone());
            self.first_call(&unfinished, end, budget).await?;
            if self.open().phase == Phase::Ended {
                return Err(closed());
            }
            let Err(error) = self.run_statements(&unfinished.session).await else { return Ok(unfinished) };
            // What waits for a cluster has waited already.
            if !error.is_retryable() || error.kind() == ErrorKind::ClusterNotReady {
                return Err(error);
            }
            budget.note(error.to_string());
            let retrying = unfinished.session.channel().retrying().clone();
            drop(unfinished);
            let end = budget.end_since(end);
            let pause = retrying.pause_before(end, &mut attempts, Failure::transient(error));
            budget.wait(pause).await.map_err(|_| out_of_time())??;
        }
    }

    async fn run_statements(&self, session: &Session) -> Result<()> {
        for (number, statement) in self.0.options.statements.iter().enumerate() {
            let run = || statement_of_the_pool(session, number + 1, statement);
            self.0.cluster.unbounded().repeat(|| session.probe(), run).await?;
        }
        Ok(())
    }

    /// The session, to be ended with the pool; one that comes after that end is ended at once.
    fn keep(&self, mut unfinished: Unfinished) -> Result<Session> {
        let mut open = self.open();
        if open.phase == Phase::Ended {
            return Err(closed());
        }
        unfinished.is_kept = true;
        let session = unfinished.session.clone();
        open.sessions.insert(session.key(), session.clone());
        Ok(session)
    }

    /// Makes the first call of a session. It sets confs only, so it may be repeated: a connection that died while it was
    /// idle, and a server that restarts, cost the budget nothing but time. A driver that no server has answered yet
    /// tries once, so that a wrong address shows at once.
    async fn first_call(
        &self,
        unfinished: &Unfinished,
        end: Option<Instant>,
        budget: &mut WaitBudget,
    ) -> Result<()> {
        let retrying = unfinished.session.channel().retrying();
        let mut attempts = Attempts::default();
        loop {
            let outlook = Outlook::default();
            let attempt = || self.attempt(unfinished, &outlook);
            let Err(error) = self.0.cluster.unbounded().repeat_probe(attempt).await else {
                self.0.reached.store(true, Ordering::Release);
                return Ok(());
            };
            let failure = outlook.of(error);
            if failure.remedy == Remedy::Retry {
                budget.note(failure.error.to_string());
            }
            let end = budget.end_since(end);
            let pause = retrying.pause_before(end, &mut attempts, failure);
            budget.wait(pause).await.map_err(|_| out_of_time())??;
        }
    }

    /// One attempt, and what its failure says about the next.
    async fn attempt(&self, unfinished: &Unfinished, outlook: &Outlook) -> Result<()> {
        let PoolOptions { confs, connect_timeout, .. } = &self.0.options;
        let Unfinished { session, may_have_left, is_refused, .. } = unfinished;
        // Set before the call, which may make the session even if its answer is lost.
        let had_left = may_have_left.swap(true, Ordering::AcqRel);
        let opened = match clock::timeout(*connect_timeout, session.try_open(confs)).await {
            Some(opened) => opened,
            None => Err(Failure::transient(session.no_answer(*connect_timeout))),
        };
        let Err(Failure { error, remedy, unsent, .. }) = opened else { return Ok(()) };
        if unsent || error.kind() == ErrorKind::ClusterNotReady {
            may_have_left.store(had_left, Ordering::Release);
        }
        is_refused.fetch_or(error.kind() == ErrorKind::Server, Ordering::AcqRel);
        if !self.0.reached.load(Ordering::Acquire) && !session.channel().has_answered() {
            return Err(not_opened(confs, session.no_server(error)));
        }
        outlook.is_transient.store(remedy == Remedy::Retry, Ordering::Release);
        outlook.is_unsent.store(unsent, Ordering::Release);
        Err(not_opened(confs, error))
    }

    fn knows_nothing(&self) -> bool {
        matches!(*self.sharing(), Sharing::Unknown)
    }

    fn sharing(&self) -> MutexGuard<'_, Sharing> {
        // Every change is one assignment, so a panic elsewhere leaves nothing half done.
        self.0.sharing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn newest(&self) -> MutexGuard<'_, Option<Channel>> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the first call failed. A conf that the server refuses is named, and its value, which may be a secret, is not
/// repeated.
fn not_opened(confs: &BTreeMap<String, String>, error: Error) -> Error {
    let refused = |keys: &str| format!("cannot open a session: the server refuses `session_conf` {keys}");
    let message = match error.server() {
        Some(server) if error.kind() == ErrorKind::Server && !confs.is_empty() => {
            let named = |key: &&String| server.mentions(key);
            match confs.keys().find(named) {
                Some(key) => refused(key),
                None if server.has_condition_of_a_statement() => {
                    refused(&confs.keys().map(String::as_str).collect::<Vec<_>>().join(" or "))
                }
                None => "cannot open a session".to_owned(),
            }
        }
        _ => "cannot open a session".to_owned(),
    };
    let sent = confs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    error.redacting_confs(sent).with_context(&message)
}

async fn statement_of_the_pool(session: &Session, number: usize, statement: &str) -> Result<()> {
    let sql = Sql::new(statement);
    let Err(error) = session.command(&sql).await else { return Ok(()) };
    if error.kind() == ErrorKind::OutcomeUnknown && !ends_with(session, sql.statement()) {
        return Err(unknown_statement(number, error));
    }
    let message = format!("cannot open a session: `session_statement` number {number} failed");
    Err(error.of_preparation().with_context(&message))
}

/// The call that wanted the session has sent nothing; that it is made again is left to someone who knows the statement. So
/// the kind is one that nobody repeats, and not the one of a call whose own outcome is unknown.
fn unknown_statement(number: usize, error: Error) -> Error {
    let message = format!(
        "cannot open a session: the outcome of `session_statement` number {number} is unknown, so it was not run again: \
         look at its effects before you call again; the call that needed the session was not sent"
    );
    Error::new(ErrorKind::Server, message).with_source(error).not_repeatable()
}

/// Whether what the statement did ends with the session, so that it may run again in another one.
fn ends_with(session: &Session, statement: &Statement) -> bool {
    !session.is_shared() && statement.changes_only_session()
}

/// The error of an opening that may go on no longer; its caller says what it waited for.
fn out_of_time() -> Error {
    Error::new(ErrorKind::PoolTimeout, "no session was opened in time")
}

/// What the failure of an attempt says about the next.
#[derive(Default)]
struct Outlook {
    is_transient: AtomicBool,
    is_unsent: AtomicBool,
}

impl Outlook {
    fn of(&self, error: Error) -> Failure {
        let failure = match self.is_transient.load(Ordering::Acquire) {
            true => Failure::transient(error),
            false => Failure::fatal(error),
        };
        if self.is_unsent.load(Ordering::Acquire) { failure.before_sending() } else { failure }
    }
}

/// A session that is being opened. It is ended if nobody gets it, because its opening failed or was given up.
struct Unfinished {
    session: Session,
    /// Whether a call was sent that makes it.
    may_have_left: AtomicBool,
    /// Whether a Spark server refused that call, which it looks at in the session only.
    is_refused: AtomicBool,
    is_kept: bool,
}

impl Unfinished {
    fn new(session: Session) -> Self {
        let (may_have_left, is_refused) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { session, may_have_left, is_refused, is_kept: false }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let is_spark = *self.is_refused.get_mut() || self.session.channel().has_answered();
        let may_be_there = *self.may_have_left.get_mut() && is_spark;
        if may_be_there && !self.is_kept && !self.session.is_shared() {
            self.session.release_in_background();
        }
    }
}

impl Lifecycle<Session> for Sessions {
    fn open(&self, budget: WaitBudget) -> BoxFuture<'_, Result<Session>> {
        self.open_or_share(budget).boxed()
    }

    fn check(&self, session: &Session, budget: &WaitBudget) -> Option<BoxFuture<'_, Result<bool>>> {
        // The pool bounds what runs, so nothing else begins beside an operation that could not be stopped.
        let is_unclean = session.is_to_be_replaced() && self.may_end(session);
        if is_unclean || self.sharing().is_outdated(session) {
            return Some(std::future::ready(Ok(false)).boxed());
        }
        if session.sentinel().is_none() || session.was_there_lately() {
            return None;
        }
        let (session, budget, each) = (session.clone(), budget.clone(), self.0.options.connect_timeout);
        let looking =
            async move { session.is_there(budget.end(), each, |error| budget.note(error.to_string())).await };
        Some(looking.boxed())
    }

    fn retire(&self, session: Session) {
        if self.may_end(&session) && self.open().sessions.remove(&session.key()).is_some() {
            session.release_in_background();
        }
    }

    fn expire(&self, session: Session) {
        if session.channel().is_connected() {
            return self.retire(session);
        }
        // Connecting anew would ask for a token, and might start a cluster, on nobody's behalf: the server's own timeout
        // ends the session.
        if self.may_end(&session) {
            self.open().sessions.remove(&session.key());
        }
    }

    fn discard(&self, session: Session) {
        self.sharing().forget(&session);
        if session.is_to_be_replaced() && self.may_end(&session) {
            // The server has it still, and ends with it what runs in it.
            return self.retire(session);
        }
        self.open().sessions.remove(&session.key());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::token::AccessToken;

    #[tokio::test]
    async fn a_session_that_nobody_needed_any_more_is_not_connected_for() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let channel = Channel::builder("sc://localhost:1".parse().unwrap())
            .token_provider(move || {
                count.fetch_add(1, Ordering::Relaxed);
                async { AccessToken::new("s3cret") }
            })
            .build()
            .unwrap();
        let none = || async { Err(Error::new(ErrorKind::Connect, "no")) };
        let sessions = Sessions::new(none, PoolOptions::default());
        let session = Session::new(&channel);
        sessions.open().sessions.insert(session.key(), session.clone());
        sessions.expire(session);
        channel.drained().await;
        assert_eq!((asked.load(Ordering::Relaxed), sessions.open().sessions.len()), (0, 0));
    }
}
