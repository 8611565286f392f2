//! The certainty of a failure of a statement with effects.

use std::time::Duration;

use super::{Operation, OperationRpc};
use crate::error::{Error, ErrorKind, ServerError};

/// Whoever refuses a call does it within this. Later the statement may have run, and a gateway in front of the server
/// found that the token has ended since, or that the cluster stops.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The answers since the one time that a plan was sent.
#[derive(Default, Clone, Copy, PartialEq)]
pub(super) enum Received {
    /// Nothing came yet. A refusal would be the first and only answer.
    #[default]
    None,
    /// The server began to answer; whether with a refusal shows next.
    Begun,
    /// A response came, the stream ended, the connection broke, or the server was asked for more.
    Some,
}

impl Received {
    /// Takes note that the server began to answer.
    pub(super) fn begins(&mut self) {
        if *self == Self::None {
            *self = Self::Begun;
        }
    }
}

impl<R: OperationRpc> Operation<R> {
    /// Whether a failure of a statement with effects says what became of the statement: it was not sent, the failure is
    /// a condition of Spark's about the statement itself, or a refusal is the first and only thing that the server
    /// answered, and at once where it is about the token, a limit or the cluster. Everything else, and whatever comes
    /// after another answer or a broken connection, leaves it open; so do a commit that may stand, a server that says
    /// it is not available, whatever condition it names, and words alone, which may be those of a proxy.
    pub(super) fn is_certain(&self, error: &Error) -> bool {
        if !self.was_sent() {
            return true;
        }
        if let Some(server) = error.server() {
            if server.leaves_commit_open()
                || server.is_of_the_protocol()
                || server.may_be_of_a_proxy(self.rpc.profile().has_bare_refusals())
            {
                return false;
            }
            if server.has_condition_of_a_statement()
                && !matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout)
            {
                return true;
            }
        }
        match (error.kind(), self.state.received) {
            (_, Received::Some) => false,
            // After the head of an answer, and where the answer was not read, it may be the answer that is too large.
            (ErrorKind::TooLarge, answer) => answer == Received::None && error.server().is_some(),
            // After it the token may have ended while the statement ran.
            (ErrorKind::Unauthenticated, answer) => answer == Received::None && self.was_answered_at_once(),
            (_, answer) if error.server().is_some_and(ServerError::is_throttled) => {
                answer == Received::None && self.was_answered_at_once()
            }
            (kind, _) if kind == ErrorKind::ClusterNotReady || is_of_a_cluster(error) => {
                self.was_answered_at_once()
            }
            (kind, _) => matches!(kind, ErrorKind::Server | ErrorKind::Unsupported),
        }
    }

    fn was_answered_at_once(&self) -> bool {
        let bound = AT_ONCE.saturating_add(self.rpc.sending_time());
        self.state.sent.age().is_none_or(|age| age < bound)
    }
}

/// Whether it is about the cluster that the server runs on.
fn is_of_a_cluster(error: &Error) -> bool {
    error.server().and_then(ServerError::cluster_state).is_some()
}

/// The failure of a statement with effects that leaves open whether it ran.
pub(in crate::execute) fn outcome_unknown(cause: Error) -> Error {
    let message = match cause.server() {
        Some(server) if server.leaves_commit_open() => {
            "the statement failed as it committed, and what it wrote may stand: look at its effects before you send it \
             again"
        }
        Some(_) if matches!(cause.kind(), ErrorKind::Server | ErrorKind::Unsupported) => {
            "the statement was sent and failed, which leaves open what it did until then: look at its effects before you \
             send it again"
        }
        _ => {
            "the statement was sent and its answer was lost: it may or may not have run, so it was not sent again; look \
             at its effects before you do"
        }
    };
    Error::new(ErrorKind::OutcomeUnknown, message).with_source(cause)
}
