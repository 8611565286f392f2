//! Calls: what they carry, and what their failures say.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::HeaderValue;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

use super::connect_error::ConnectError;
use super::unprocessed::Unprocessed;
use super::{Answers, Channel, Effects, Transport, secrets};
use crate::clock::{self, Runtime};
use crate::error::status::{Failure, Remedy, refuses_token};
use crate::error::{Error, ErrorKind, ServerError};
use crate::remote::Token;
use crate::token::CallToken;

/// How long one unary call may take before the client gives up, as the reference client has it.
const UNARY_DEADLINE: Duration = Duration::from_secs(600);

impl Channel {
    /// One attempt at a unary call, within its deadline.
    pub(crate) async fn unary<M, R, Calling>(
        &self,
        session: Uuid,
        message: impl Fn() -> Result<M, Failure>,
        rpc: impl Fn(Transport, Request<M>) -> Calling,
    ) -> Result<R, Failure>
    where
        Calling: Future<Output = Result<Response<R>, Status>>,
    {
        let attempt = async {
            let mut token = self.token().await?;
            loop {
                let request = self.request(session, message()?, &token);
                match rpc(Transport::unary(self.connection()), request).await {
                    Ok(response) => {
                        self.shared.answered.store(true, Ordering::Relaxed);
                        self.admitted(&token);
                        return Ok(response.into_inner());
                    }
                    Err(status) if self.renews(&mut token, &status, Effects::ReadOnly).await? => {}
                    Err(status) => return Err(self.failure(&status, token.token())),
                }
            }
        };
        let answer = clock::timeout(UNARY_DEADLINE, attempt).await;
        answer.unwrap_or_else(|| Err(Failure::fatal(self.timed_out(UNARY_DEADLINE))))
    }

    /// One attempt at a call that streams its answer. One with effects leaves once: after any answer it is never made
    /// again, not even with another token. The message is made when there is a token, right before the request leaves.
    pub(crate) async fn stream<M, R, Calling>(
        &self,
        session: Uuid,
        effects: Effects,
        mut message: impl FnMut() -> Result<M, Failure>,
        rpc: impl Fn(Transport, Request<M>) -> Calling,
    ) -> Result<Answers<R>, Failure>
    where
        Calling: Future<Output = Result<Response<Streaming<R>>, Status>>,
    {
        let mut token = self.token().await?;
        loop {
            if effects.may_change() {
                // Connecting comes first, so that its time does not count as time in which the statement may have run.
                self.connected().await?;
            }
            let request = self.request(session, message()?, &token);
            match rpc(Transport::streaming(self.connection()), request).await {
                Ok(response) => {
                    self.admitted(&token);
                    return Ok(Answers::new(response.into_inner(), self.clone(), token.into_token()));
                }
                Err(status) if self.renews(&mut token, &status, effects).await? => {}
                Err(status) => return Err(self.failure(&status, token.token())),
            }
        }
    }

    /// The token of one call. The first thing that a call needs, so it finds out whether there is a runtime to make it on.
    async fn token(&self) -> Result<CallToken<'_>, Failure> {
        let unsent = |error| Failure::fatal(error).before_sending();
        self.shared.background.note(Runtime::current().map_err(unsent)?);
        self.shared.tokens.of_a_call().await.map_err(unsent)
    }

    /// Whether the call is to be made once more, with another token: this one was refused, and nothing was changed.
    async fn renews(
        &self,
        token: &mut CallToken<'_>,
        status: &Status,
        effects: Effects,
    ) -> Result<bool, Failure> {
        if !refuses_token(status) {
            return Ok(false);
        }
        let may_be_the_user = may_be_the_user(status);
        match effects {
            Effects::ReadOnly => {
                match token.renew(may_be_the_user).await {
                    Err(error) if may_be_the_user && error.kind() != ErrorKind::SessionLost => Ok(false),
                    // The call was refused as a whole, so the server has done nothing for it.
                    renewed => renewed.map_err(|error| Failure::fatal(error).before_sending()),
                }
            }
            Effects::MayChange => {
                if may_be_the_user {
                    token.doubt()
                } else {
                    token.forget()
                }
                Ok(false)
            }
        }
    }

    /// Whether the token of the next call is one that the server has taken, so that it is no reason to refuse the call.
    /// One that is about to end is renewed before.
    pub(crate) async fn has_accepted_token(&self) -> Result<bool, Failure> {
        self.shared.tokens.is_accepted().await.map_err(|error| Failure::fatal(error).before_sending())
    }

    /// Takes note that the server has let a call in, for its token if it has one.
    fn admitted(&self, token: &CallToken<'_>) {
        self.shared.admitted.fetch_or(token.token().is_some(), Ordering::Relaxed);
        token.note_accepted();
    }

    /// Wraps a message with the token and the headers that every RPC carries.
    fn request<M>(&self, session: Uuid, message: M, token: &CallToken<'_>) -> Request<M> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut().as_mut();
        for (name, value) in self.shared.remote.headers() {
            metadata.insert(name.clone(), value.clone());
        }
        if let Some(name) = &self.shared.session_id_header {
            // Hexadecimal digits and hyphens are a legal header.
            if let Ok(id) = HeaderValue::from_str(&session.to_string()) {
                metadata.insert(name.clone(), id);
            }
        }
        if let Some(token) = token.token() {
            self.shared.token_header.carry(token, metadata);
        }
        request
    }

    /// The failure of a call that carried `token`.
    fn failure(&self, status: &Status, token: Option<&Token>) -> Failure {
        if let Some(cause) = ConnectError::find_in(status) {
            return self.refused(cause);
        }
        let mut failure = Failure::from_status(status, &self.shared.authority);
        // Gateways also refuse so when there are too many calls.
        let is_turned_away =
            failure.remedy == Remedy::None && refuses_token(status) && may_be_the_user(status);
        if is_turned_away && self.shared.admitted.load(Ordering::Relaxed) {
            failure.remedy = Remedy::ReattachBriefly;
        }
        let mut moved = None;
        if failure.remedy == Remedy::Retry && !failure.is_disconnected() {
            self.connection().broke();
            // The server said nothing: a gateway may cut calls whose token has ended.
            if failure.error.server().is_none() {
                moved = self.shared.tokens.ask_unreached();
            }
        }
        let failure = match moved {
            Some(moved) => Failure::fatal(moved),
            None => {
                let error = secrets::concealed(failure.error, token, &self.shared.remote);
                Failure { error, ..failure }
            }
        };
        if Unprocessed::is_in(status) { failure.unprocessed() } else { failure }
    }

    /// The failure of a stream that was open, whose call carried `token`. Where the server no longer takes that one and
    /// there is another, the rest may be asked for with it.
    pub(super) async fn broken_off(self, status: Status, token: Option<Token>) -> Failure {
        let failure = self.failure(&status, token.as_ref());
        if refuses_token(&status)
            && let Some(token) = &token
            && self.shared.tokens.have_another_than(token, may_be_the_user(&status)).await
        {
            return Failure { remedy: Remedy::Retry, ..failure };
        }
        failure
    }

    /// Takes the token out of what the server told of a failure later than with the failure itself.
    pub(crate) fn conceal_token(&self, server: &mut ServerError) {
        if let Some(token) = self.shared.tokens.last_accepted() {
            secrets::conceal_token(server, &token);
        }
    }

    pub(super) fn refused(&self, cause: &ConnectError) -> Failure {
        let error = cause.error(&self.shared.authority);
        let failure = match cause.is_transient() {
            true => {
                if !cause.is_counted() {
                    self.connection().broke();
                }
                Failure::transient(error)
            }
            false => Failure::fatal(error),
        };
        // A server that is not reached may have moved.
        let moved = if cause.is_unreached() { self.shared.tokens.ask_unreached() } else { None };
        let failure = moved.map_or(failure, Failure::fatal);
        if cause.is_before_sending() { failure.before_sending() } else { failure }
    }

    fn timed_out(&self, deadline: Duration) -> Error {
        let message = format!("{} did not answer within {deadline:?}", self.shared.authority);
        Error::new(ErrorKind::Timeout, message)
    }
}

/// Whether a refusal may be one of the user, who may not do this, which the server says and the provider does not know.
fn may_be_the_user(status: &Status) -> bool {
    status.code() == Code::PermissionDenied
}
