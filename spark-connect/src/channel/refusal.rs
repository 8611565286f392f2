//! Why no connection came about.

use std::error::Error as StdError;
use std::fmt;

use tonic::Status;

/// A reason in words for people, found again in the chain of errors that a failed call brings.
///
/// Its `Debug` is logged by the libraries between, so it holds no secret.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Continues a sentence that says where to.
    message: String,
    /// Whether the next attempt may well succeed.
    pub(super) passing: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Refusal {
    /// Something that stays until somebody changes something.
    pub(super) fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), passing: false, source: None }
    }

    /// Something that may be over with the next attempt.
    pub(super) fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), passing: true, source: None }
    }

    /// Name resolution or TCP failed, in the words of who tried.
    pub(super) fn of_connector(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self::passing(error.to_string()).with_source(error)
    }

    pub(super) fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The refusal behind a failed call. There is one exactly where no connection came about, so that not a byte of the
    /// request left.
    pub(super) fn behind(status: &Status) -> Option<&Self> {
        let sources = std::iter::successors(StdError::source(status), |error| (*error).source());
        sources.into_iter().find_map(|error| error.downcast_ref::<Self>())
    }

    /// The text with those of the errors behind it.
    pub(super) fn whole_text(&self) -> String {
        let mut text = self.message.clone();
        let mut next = StdError::source(self);
        while let Some(error) = next {
            let reason = error.to_string();
            if !text.contains(&reason) {
                text.push_str(": ");
                text.push_str(&reason);
            }
            next = error.source();
        }
        text
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Refusal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
