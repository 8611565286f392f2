//! What becomes of unary calls before they are answered.

use super::failure::{Code, Failure};

/// The calls that rules may be about; those that stream results are in the script.
pub(super) const UNARY: [&str; 9] = [
    "AddArtifacts",
    "AnalyzePlan",
    "ArtifactStatus",
    "CloneSession",
    "Config",
    "FetchErrorDetails",
    "Interrupt",
    "ReleaseExecute",
    "ReleaseSession",
];

/// What a test says about the calls of one RPC.
#[derive(Debug)]
pub(super) struct Rule {
    rpc: &'static str,
    /// How many calls it still applies to.
    left: usize,
    effect: Effect,
}

/// What happens to a call.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    Answer,
    Fail(Box<Failure>),
    Hold(String),
    /// It fails, and the test with it.
    Unexpected,
}

impl Rule {
    /// A rule for the first `count` calls of an RPC behind those that other rules apply to.
    pub(super) fn new(rpc: &str, count: usize, effect: Effect) -> Self {
        Self { rpc: known(rpc), left: count, effect }
    }

    /// A server without this RPC.
    pub(super) fn lacking(rpc: &str) -> Self {
        let failure = Failure::status(Code::Unimplemented, format!("this server does not have {rpc}"));
        Self::new(rpc, usize::MAX, Effect::Fail(Box::new(failure)))
    }
}

/// The name of a unary RPC.
///
/// # Panics
///
/// If the server has none of this name.
#[expect(clippy::panic, reason = "a name that is misspelt must fail the test")]
pub(super) fn known(rpc: &str) -> &'static str {
    let Some(known) = UNARY.into_iter().find(|known| *known == rpc) else {
        panic!("{rpc} is none of the calls that are answered outside of the script: {UNARY:?}")
    };
    known
}

/// What happens to the next call of an RPC, if there is a rule for it.
pub(super) fn next(rules: &mut [Rule], rpc: &str) -> Option<Effect> {
    let rule = rules.iter_mut().find(|rule| rule.rpc == rpc && rule.left > 0)?;
    rule.left -= 1;
    Some(rule.effect.clone())
}
