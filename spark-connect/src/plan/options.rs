//! Options of sources, sinks and tables.

use std::collections::BTreeMap;
use std::fmt;

/// Options by name. `Debug` shows the names only: values hold paths and passwords.
#[derive(Clone, Default)]
pub(crate) struct Options(BTreeMap<String, String>);

impl Options {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// As a message holds them.
    pub(crate) fn to_proto(&self) -> std::collections::HashMap<String, String> {
        self.0.clone().into_iter().collect()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
