//! The token of a provider, kept for as long as it is good.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::Shared;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{AccessToken, TokenProvider};
use crate::clock::{self, Runtime};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::Token;

/// How long a provider may take; a call would otherwise wait for it without end.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(60);

/// After a failure ahead of the end the provider is left alone for this long, and while no server is reached after each
/// question.
const PAUSE: Duration = Duration::from_secs(5);

/// A provider and its token. Clones share both.
#[derive(Clone)]
pub(crate) struct Cache(Arc<Inner>);

struct Inner {
    provider: Arc<dyn TokenProvider>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<AccessToken>,
    /// The question that is being asked, which all who need its answer share, with the runtime and the task that ask it.
    asking: Option<(Runtime, AbortHandle, Asking)>,
    /// The last token that the server has taken.
    accepted: Option<Token>,
    /// Before this a kept token is not renewed ahead of its end.
    paused_until: Option<Instant>,
    /// When the provider was last asked because no server was reached.
    asked_unreached: Option<Instant>,
    /// What the provider said last, if it was that the tokens are for another server now.
    moved: Option<Arc<Error>>,
}

type Asking = Shared<BoxFuture<'static, Result<AccessToken, Arc<Error>>>>;

impl Cache {
    pub(crate) fn new(provider: Arc<dyn TokenProvider>) -> Self {
        Self(Arc::new(Inner { provider, state: Mutex::default() }))
    }

    /// The token to send now.
    pub(crate) async fn token(&self) -> Result<Token> {
        let runtime = Runtime::current()?;
        let asking = {
            let mut state = self.state();
            let now = Instant::now();
            match &state.kept {
                Some(kept) if kept.is_usable(now) => {
                    let token = kept.token.clone();
                    let paused = state.paused_until.is_some_and(|until| now < until);
                    if kept.is_due(now) && !paused {
                        // Nobody has to wait for it: the task goes on by itself.
                        drop(self.ask(runtime, &mut state));
                    }
                    return Ok(token);
                }
                _ => self.ask(runtime, &mut state),
            }
        };
        answer(runtime, asking).await
    }

    /// Whether the server has taken the token that is sent next. One that is due is renewed first, and waited for: it may
    /// end while a call is on its way.
    pub(crate) async fn has_accepted_token(&self) -> Result<bool> {
        let runtime = Runtime::current()?;
        let (kept, asking) = {
            let mut state = self.state();
            let now = Instant::now();
            let kept = state.kept.clone().filter(|kept| kept.is_usable(now));
            let paused = state.paused_until.is_some_and(|until| now < until);
            match &kept {
                Some(token) if !token.is_due(now) || paused => return Ok(state.has_accepted(&token.token)),
                _ => (kept, self.ask(runtime, &mut state)),
            }
        };
        let next = match (answer(runtime, asking).await, kept) {
            (Ok(next), _) => next,
            (Err(_), Some(kept)) if kept.is_usable(Instant::now()) => kept.token,
            (Err(error), _) => return Err(error),
        };
        Ok(self.state().has_accepted(&next))
    }

    /// Notes that the server has taken `token`.
    pub(crate) fn note_accepted(&self, token: &Token) {
        let mut state = self.state();
        if !state.has_accepted(token) {
            state.accepted = Some(token.clone());
        }
    }

    /// The last token that the server has taken.
    pub(super) fn last_accepted(&self) -> Option<Token> {
        self.state().accepted.clone()
    }

    /// Drops `refused`, so that the next call asks for another one.
    pub(crate) fn forget(&self, refused: &Token) {
        let mut state = self.state();
        state.kept.take_if(|kept| kept.token == *refused);
        state.accepted.take_if(|accepted| accepted == refused);
    }

    /// Notes that the server may not take `token`.
    pub(crate) fn doubt(&self, token: &Token) {
        self.state().accepted.take_if(|accepted| accepted == token);
    }

    /// Asks the provider ahead of the end, once in a while, because no server was reached or the connection to it was cut: it
    /// may have moved, or the token may have ended while the clock stood still. Gives what was said of a move.
    pub(crate) fn ask_unreached(&self) -> Option<Error> {
        let runtime = Runtime::current().ok()?;
        let mut state = self.state();
        let now = Instant::now();
        if state.asked_unreached.is_none_or(|asked| now.saturating_duration_since(asked) >= PAUSE) {
            state.asked_unreached = Some(now);
            // Nobody has to wait for it: the task goes on by itself.
            drop(self.ask(runtime, &mut state));
        }
        state.moved.clone().map(no_answer)
    }

    /// The token to send after the server refused `refused`; it may be the same one.
    pub(crate) async fn token_after(&self, refused: &Token) -> Result<Token> {
        let runtime = Runtime::current()?;
        let asking = {
            let mut state = self.state();
            match &state.kept {
                // Another call was refused before this one, and has brought the next token.
                Some(kept) if kept.token != *refused && kept.is_usable(Instant::now()) => {
                    return Ok(kept.token.clone());
                }
                _ => self.ask(runtime, &mut state),
            }
        };
        answer(runtime, asking).await
    }

    /// Joins the question that is being asked, or asks it in a task of its own, so that a caller who gives up does
    /// not take the answer from the others. A question of another runtime may never be answered.
    fn ask(&self, runtime: Runtime, state: &mut State) -> Asking {
        // A task that ended without an answer leaves its question behind.
        let is_asked = |of: Runtime, task: &AbortHandle| of == runtime && !task.is_finished();
        if let Some((_, _, asking)) = state.asking.as_ref().filter(|(of, task, _)| is_asked(*of, task)) {
            return asking.clone();
        }
        let cache = self.clone();
        let task = tokio::spawn(async move {
            // A provider may panic before it gives a future.
            let provider = async { cache.0.provider.token().await };
            let provider = AssertUnwindSafe(provider).catch_unwind();
            let asked = match clock::timeout(PROVIDER_TIMEOUT, provider).await {
                Some(Ok(asked)) => asked,
                Some(Err(_)) => Err(no_token("the token provider panicked")),
                None => {
                    Err(no_token(format!("the token provider did not answer within {PROVIDER_TIMEOUT:?}")))
                }
            };
            cache.keep(runtime, asked.map_err(Arc::new))
        });
        let ended = |_| Err(Arc::new(no_token("the runtime ended while the token provider was asked")));
        let handle = task.abort_handle();
        let asking = task.map(move |joined| joined.unwrap_or_else(ended)).boxed().shared();
        state.asking = Some((runtime, handle, asking.clone()));
        asking
    }

    fn keep(
        &self,
        runtime: Runtime,
        asked: Result<AccessToken, Arc<Error>>,
    ) -> Result<AccessToken, Arc<Error>> {
        let mut state = self.state();
        state.asking.take_if(|(of, _, _)| *of == runtime);
        let now = Instant::now();
        match &asked {
            Ok(token) => {
                (state.paused_until, state.moved) = (None, None);
                state.kept = token.is_usable(now).then(|| token.clone());
            }
            // The next call is to be told, and its session to be replaced.
            Err(error) if error.kind() == ErrorKind::SessionLost => {
                (state.kept, state.moved) = (None, Some(Arc::clone(error)));
            }
            Err(error) if state.kept.as_ref().is_some_and(|kept| kept.is_usable(now)) => {
                // Its text holds words of the provider's, which may be anything.
                let kind = error.kind();
                tracing::warn!(
                    ?kind,
                    "the token could not be renewed ahead of its end; the old one stays in use"
                );
                state.paused_until = now.checked_add(PAUSE);
            }
            Err(_) => {}
        }
        asked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_accepted(&self, token: &Token) -> bool {
        self.accepted.as_ref() == Some(token)
    }
}

async fn answer(runtime: Runtime, asking: Asking) -> Result<Token> {
    let Some(answer) = runtime.reach(asking).await else {
        return Err(no_token("the call has moved to another Tokio runtime while it waited for a token"));
    };
    answer.map(|token| token.token).map_err(no_answer)
}

/// The failure of a call for what the provider said.
fn no_answer(error: Arc<Error>) -> Error {
    let kind = match error.kind() {
        // There are tokens, for a server that does not have the session.
        ErrorKind::SessionLost => ErrorKind::SessionLost,
        _ => ErrorKind::Unauthenticated,
    };
    Error::new(kind, format!("there is no token to send: {error}")).with_origin(error)
}

fn no_token(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unauthenticated, message)
}

#[cfg(test)]
mod tests;
