//! Opening the sessions of a pool, and ending them.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::join_all;
use uuid::Uuid;

use super::cluster::ClusterCalls;
use super::options::PoolOptions;
use super::sharing::{Check, Sharing};
use super::slots::Lifecycle;
use crate::channel::Channel;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Sql;
use crate::session::Session;

/// How long the server may take to release the sessions of a pool that is closed.
const RELEASE_BOUND: Duration = Duration::from_secs(5);

/// Makes sessions; closures that return a future of one do.
///
/// A session that comes out of it need not have made a call: the pool sets its confs and runs its statements before
/// the first borrower sees it.
pub trait SessionFactory: Send + Sync + 'static {
    /// A new session, under an id of its own.
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

/// What opens and ends the sessions; shared by the pool, which opens them, and its owner, who closes them all.
#[derive(Clone)]
pub(super) struct Sessions(Arc<Registry>);

struct Registry {
    factory: Box<dyn SessionFactory>,
    options: PoolOptions,
    cluster: ClusterCalls,
    sharing: Mutex<Sharing>,
    /// Held while the first session is opened, which tells what kind of server this is.
    first: tokio::sync::Mutex<()>,
    /// Those that the server holds for this pool.
    open: Mutex<HashMap<Uuid, Session>>,
    /// Where the last of them was opened; what was said in the background travels there.
    newest: Mutex<Option<Channel>>,
}

impl Sessions {
    pub(super) fn new(factory: impl SessionFactory, options: PoolOptions) -> Self {
        let cluster = ClusterCalls::new(options.cluster_wait, options.on_cluster_state.clone());
        Self(Arc::new(Registry {
            factory: Box::new(factory),
            options,
            cluster,
            sharing: Mutex::new(Sharing::Unknown),
            first: tokio::sync::Mutex::default(),
            open: Mutex::default(),
            newest: Mutex::default(),
        }))
    }

    pub(super) fn cluster(&self) -> &ClusterCalls {
        &self.0.cluster
    }

    /// Whether `session` may be used: where all slots share one, it is that one and the server still has it.
    pub(super) async fn holds(&self, session: &Session) -> Result<bool> {
        let check = self.sharing().check(session);
        match check {
            Check::Usable => Ok(true),
            Check::Outdated => Ok(false),
            Check::Look(look) => {
                let there = look.is_there().await?;
                if there {
                    self.sharing().note(session, look.seen);
                }
                Ok(there)
            }
        }
    }

    async fn open_or_share(&self) -> Result<Session> {
        if matches!(*self.sharing(), Sharing::Unknown) {
            let _first = self.0.first.lock().await;
            if matches!(*self.sharing(), Sharing::Unknown) {
                let session = self.open_new().await?;
                let learnt = Sharing::learn(&session).await?;
                *self.sharing() = learnt;
                return Ok(session);
            }
        }
        if let Sharing::With(shared) = &*self.sharing() {
            return Ok(shared.session().clone());
        }
        self.open_new().await
    }

    async fn open_new(&self) -> Result<Session> {
        let cluster = &self.0.cluster;
        let session = self.0.factory.open().await?;
        cluster.opened(|| self.first_call(&session)).await?;
        *self.newest() = Some(session.channel().clone());
        for (number, statement) in self.0.options.statements.iter().enumerate() {
            let ran = cluster.opened(|| statement_of_the_pool(&session, number + 1, statement)).await;
            // Nobody gets the session, and the server has it.
            ran.inspect_err(|_| session.release_in_background())?;
        }
        self.open().insert(session.id(), session.clone());
        Ok(session)
    }

    async fn first_call(&self, session: &Session) -> Result<()> {
        let PoolOptions { confs, connect_timeout, .. } = &self.0.options;
        match tokio::time::timeout(*connect_timeout, session.open(confs)).await {
            Ok(opened) => opened.map_err(|error| not_opened(confs, error)),
            Err(_) => Err(no_answer(session.channel().authority(), *connect_timeout)),
        }
    }

    fn sharing(&self) -> MutexGuard<'_, Sharing> {
        // Every change is one assignment, so a panic elsewhere leaves nothing half done.
        self.0.sharing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take_all(&self) -> Vec<Session> {
        self.open().drain().map(|(_, session)| session).collect()
    }

    pub(super) fn newest(&self) -> MutexGuard<'_, Option<Channel>> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Uuid, Session>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the first call failed. A conf that the server refuses is named, and its value, which may be a secret, is not
/// repeated.
fn not_opened(confs: &BTreeMap<String, String>, error: Error) -> Error {
    let message = match error.server() {
        Some(server) if error.kind() == ErrorKind::Server && !confs.is_empty() => {
            let named = |key: &&String| {
                server.message().contains(*key)
                    || server.message_parameters().values().any(|text| text.contains(*key))
            };
            let keys: Vec<&str> = match confs.keys().find(named) {
                Some(key) => vec![key],
                None => confs.keys().map(String::as_str).collect(),
            };
            format!("cannot open a session: the server refuses session_conf {}", keys.join(" or "))
        }
        _ => "cannot open a session".to_owned(),
    };
    error.redacting(confs.values().map(String::as_str)).with_context(&message)
}

async fn statement_of_the_pool(session: &Session, number: usize, statement: &str) -> Result<()> {
    match session.command(&Sql::new(statement)).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("cannot open a session: statement {number} of the pool failed");
            Err(error.with_context(&message))
        }
    }
}

/// Ends sessions on the server, within a bound; what was said on `newest` of others is waited for too.
pub(super) async fn end(sessions: &[Session], newest: Option<Channel>) {
    let drained = || join_all(sessions.iter().map(Session::channel).chain(&newest).map(Channel::drained));
    // What was dropped says its own farewell first; ending the sessions stops what is still held.
    let farewells = async {
        drained().await;
        join_all(sessions.iter().map(Session::release)).await;
        drained().await;
    };
    if tokio::time::timeout(RELEASE_BOUND, farewells).await.is_err() {
        tracing::debug!("the server did not release every session in time");
    }
}

fn no_answer(authority: &str, timeout: Duration) -> Error {
    let message =
        format!("no Spark Connect server answered at {authority} within {timeout:?} (connect_timeout)");
    Error::new(ErrorKind::Timeout, message)
}

impl Lifecycle<Session> for Sessions {
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        self.open_or_share().boxed()
    }

    /// A session that all slots share lives until the pool is closed.
    fn retire(&self, session: Session) {
        if !session.profile().keeps_catalog_in_session() && self.open().remove(&session.id()).is_some() {
            session.release_in_background();
        }
    }

    fn discard(&self, session: Session) {
        self.sharing().forget(&session);
        self.open().remove(&session.id());
    }
}
