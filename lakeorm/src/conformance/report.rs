//! The verdict on each rule.

use std::fmt;

use crate::error::Error;

/// The verdict on every rule. `Display` is one line for each.
#[derive(Debug, Clone)]
#[must_use = "a report that nobody looks at proves nothing"]
pub struct Report {
    findings: Vec<Finding>,
}

/// The verdict on one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule, in a sentence.
    pub rule: &'static str,
    /// Whether it was kept.
    pub verdict: Verdict,
}

/// Whether a rule was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It was.
    Kept,
    /// It was not, and how.
    Broken(String),
    /// The subject has not what the rule needs.
    NotChecked(String),
}

/// Why a rule cannot be called kept.
pub(super) enum Fault {
    Broken(String),
    NotChecked(String),
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Whether no rule was broken.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.findings.iter().any(|finding| matches!(finding.verdict, Verdict::Broken(_)))
    }

    /// Every rule, in the order in which they were tried.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { rule, verdict } in &self.findings {
            match verdict {
                Verdict::Kept => writeln!(f, "kept         {rule}")?,
                Verdict::Broken(how) => writeln!(f, "BROKEN       {rule}: {how}")?,
                Verdict::NotChecked(why) => writeln!(f, "not checked  {rule}: {why}")?,
            }
        }
        Ok(())
    }
}

impl Fault {
    pub(super) fn broken<T>(how: impl Into<String>) -> Result<T, Self> {
        Err(Self::Broken(how.into()))
    }
}

/// An error where the rule expects none.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Broken(format!("an error came: {error} ({:?})", error.kind()))
    }
}
