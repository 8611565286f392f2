//! The staging location of rows that do not travel with their statement.

#[cfg(feature = "staging")]
use super::staging::Store;

/// The staging location of rows that are too many to travel with their statement: they are written to files there,
/// which the engine reads.
///
/// Files lie under `staging/` of its address, in a directory for each write, and are removed when the write has ended,
/// or ten seconds later if its statement was told to stop. They stay if it is not known whether a statement still runs,
/// as after an [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), where the write was dropped after a lost answer, or
/// where a statement was told to stop on Sail, and if the program was killed: `Client::cleanup_staging` removes those.
#[derive(Debug, Clone)]
pub struct Backend {
    #[cfg(feature = "staging")]
    store: Option<Store>,
}

impl Backend {
    /// No staging location: rows travel with their statement. A stream of more than 32 MiB is then an error, unless
    /// `direct()` is called.
    #[must_use]
    pub fn none() -> Self {
        Self {
            #[cfg(feature = "staging")]
            store: None,
        }
    }

    /// The staging location at an address, for which the feature `staging` of lakeorm has to be on.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config), always: the feature is off.
    #[cfg(not(feature = "staging"))]
    pub fn parse(url: &str) -> crate::Result<Self> {
        let _ = url;
        let message = "Backend::parse needs the feature `staging` of lakeorm, or `s3`, `gcs` or `azure` for a service: \
                       turn it on in Cargo.toml, or use Backend::none()";
        Err(crate::Error::new(crate::ErrorKind::Config, message))
    }

    #[cfg(feature = "staging")]
    pub(super) fn of(store: Store) -> Self {
        Self { store: Some(store) }
    }

    /// Whether there is a staging location.
    pub(super) fn is_configured(&self) -> bool {
        #[cfg(feature = "staging")]
        return self.store.is_some();
        #[cfg(not(feature = "staging"))]
        false
    }

    #[cfg(feature = "staging")]
    pub(crate) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }
}

#[cfg(all(test, not(feature = "staging")))]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_address_without_the_feature_is_an_error_that_names_it() {
        let error = Backend::parse("s3://bucket/lake").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("needs the feature `staging` of lakeorm"), "{error}");
    }
}
