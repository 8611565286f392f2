//! What an exchange expects, of its request and of what becomes of its operation.

use std::fmt;

use super::request::{Body, Request};
use super::statement::Statement;

pub(super) type Fits = Box<dyn Fn(&Request) -> bool + Send + Sync>;

/// The request that an exchange answers.
pub(super) enum Expects {
    /// An `ExecutePlan`, of this statement if there is one, for which the conditions hold.
    Execute(Option<Asked>, Vec<(String, Fits)>),
    /// A `ReattachExecute` behind this response.
    ReattachFrom(Option<String>),
}

/// The statement of an expected request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) statement: Statement,
    pub(super) whatever_values: bool,
}

/// What has to become of the operation of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Interrupt,
    Release,
}

impl Expects {
    pub(super) fn fits(&self, request: &Request) -> bool {
        match (self, &request.body) {
            (Self::Execute(asked, conditions), Body::Execute(_)) => {
                asked.as_ref().is_none_or(|asked| asked.fits(request))
                    && conditions.iter().all(|(_, fits)| fits(request))
            }
            (Self::ReattachFrom(last), Body::Reattach(reattach)) => *last == reattach.last_response_id,
            _ => false,
        }
    }
}

impl Asked {
    fn fits(&self, request: &Request) -> bool {
        request.statement().is_some_and(|sent| match self.whatever_values {
            true => sent.text == self.statement.text,
            false => sent == self.statement,
        })
    }
}

impl Wanted {
    /// Whether a request about the operation is what was wanted.
    pub(super) fn is_met_by(self, request: &Request) -> bool {
        match self {
            Self::Interrupt => request.rpc == "Interrupt",
            Self::Release => request.released_until() == Some(None),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "interrupted",
            Self::Release => "released",
        })
    }
}

impl fmt::Display for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execute(asked, conditions) => {
                let asked = asked.iter().map(|asked| asked.statement.to_string());
                let what: Vec<String> =
                    asked.chain(conditions.iter().map(|(what, _)| what.clone())).collect();
                match what.is_empty() {
                    true => f.write_str("ExecutePlan"),
                    false => write!(f, "ExecutePlan ({})", what.join(", ")),
                }
            }
            Self::ReattachFrom(Some(last)) => write!(f, "ReattachExecute behind {last}"),
            Self::ReattachFrom(None) => f.write_str("ReattachExecute from the start"),
        }
    }
}

impl fmt::Debug for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
