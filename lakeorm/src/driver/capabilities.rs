//! The capabilities of a driver besides reading.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// Something that a driver may be able to do. Every driver reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Capability {
    /// [`Driver::exec`](crate::Driver::exec).
    Exec,
    /// [`Driver::ping`](crate::Driver::ping).
    Ping,
    /// [`Driver::execute`](crate::Driver::execute) of rows that travel with their statement.
    DirectIngest,
    /// [`Driver::execute`](crate::Driver::execute) of rows that lie in files.
    StagedIngest,
}

/// The capabilities of a driver on its engine.
///
/// ```
/// use lakeorm::{Capabilities, Capability};
///
/// let capabilities = Capabilities::from([Capability::Exec]);
/// assert!(capabilities.has(Capability::Exec));
/// assert!(!capabilities.has(Capability::Ping));
/// assert_eq!(capabilities.to_string(), "exec");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    present: BTreeSet<Capability>,
}

impl Capabilities {
    /// Whether `capability` is among them.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.present.contains(&capability)
    }

    /// Each of them, once.
    pub fn iter(&self) -> impl Iterator<Item = Capability> {
        self.present.iter().copied()
    }
}

impl Capability {
    /// The name of the method of [`Driver`](crate::Driver), or of the kind of plan that it executes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Ping => "ping",
            Self::DirectIngest => "direct ingest",
            Self::StagedIngest => "staged ingest",
        }
    }

    /// The error of a driver that lacks it.
    pub(crate) fn missing_in(self, driver: &str) -> Error {
        Error::new(ErrorKind::Unsupported, format!("the driver {driver:?} does not support {self}"))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        Self { present: capabilities.into_iter().collect() }
    }
}

impl<const N: usize> From<[Capability; N]> for Capabilities {
    fn from(capabilities: [Capability; N]) -> Self {
        capabilities.into_iter().collect()
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, capability) in self.iter().enumerate() {
            let between = if number == 0 { "" } else { ", " };
            write!(f, "{between}{capability}")?;
        }
        Ok(())
    }
}
