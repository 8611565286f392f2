//! The options of a write, whatever its verb.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use spark_connect::RetryPolicy;

use super::unstageable::Unstageable;
use super::{Backend, IngestId};
use crate::driver::{Capability, Driver};
use crate::error::{Error, ErrorKind, Result};

/// Rows with more bytes go through files, if the client has a staging location: rows that travel with their statement
/// are all in memory before the first is sent.
const MAX_DIRECT_BYTES: u64 = 32 << 20;

/// Why rows cannot travel with their statement, for the errors that say so.
pub(super) fn too_many() -> String {
    format!("the rows have more than {} MiB", MAX_DIRECT_BYTES >> 20)
}

/// About how many bytes a staged file has.
#[cfg(feature = "staging")]
const PART: u64 = 32 << 20;

/// The options of a write, whatever its verb.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) key: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: RetryPolicy,
    pub(super) batch_size: Option<NonZeroUsize>,
    pub(super) paths: Paths,
}

impl Default for Options {
    fn default() -> Self {
        // Writers of one table come one after the other: a wait is about as long as a commit of theirs.
        let retry = RetryPolicy {
            max_retries: 20,
            initial_backoff: Duration::from_millis(200),
            multiplier: 2.0,
            max_backoff: Duration::from_secs(10),
            ..RetryPolicy::default()
        };
        Self { key: None, timeout: None, retry, batch_size: None, paths: Paths::default() }
    }
}

/// The key is not shown: it may name a customer.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("has_key", &self.key.is_some())
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("batch_size", &self.batch_size)
            .field("paths", &self.paths)
            .finish()
    }
}

impl Options {
    /// The id of the write. A blank key is most often a variable that is not set: each write with it would be taken for
    /// the first.
    pub(super) fn ingest_id(&self) -> Result<IngestId> {
        match self.key.as_deref() {
            None => Ok(IngestId::new()),
            Some(key) if key.trim().is_empty() => {
                let message = "the idempotency key is empty: give one that is unique to this write, such as the job's \
                               name and its date";
                Err(Error::new(ErrorKind::Config, message))
            }
            Some(key) => Ok(IngestId::of_key(key)),
        }
    }
}

/// The options of every write, as methods of what is awaited.
macro_rules! with_options {
    ($write:ident) => {
        impl<'a, T> $write<'a, T> {
            /// How often the statement is sent again, and after which waits, if others committed to the table first.
            /// Default: 20 retries, with waits of up to 200 ms, doubling to 10 s. If no session of the pool is free for
            /// the check before the next attempt, that counts as a retry. The policy also holds for the query that
            /// looks for the rows after an answer was lost, or after a failure for which the engine gives no condition,
            /// if that query fails.
            pub fn conflicts(mut self, policy: $crate::spark::RetryPolicy) -> Self {
                self.options.retry = policy;
                self
            }

            /// How long the statement may take. It may have run when the time is over: the error then names the ingest
            /// id of the write, by which its rows can be found in the table. Setting the confs of a write with an
            /// idempotency key before it, and counting staged rows again behind it on Sail, may each take as long.
            /// Default: the driver's `query_timeout`; without one there is no limit.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.timeout = Some(timeout);
                self
            }

            /// How many rows one batch has at most. Default: 65,536 of a slice and 8,192 of a stream. A batch ends
            /// earlier once it has about 8 MiB. Bytes are counted every 256 rows at the latest, so where rows suddenly
            /// get larger, a batch may exceed that by as many rows.
            pub fn batch_size(mut self, rows: std::num::NonZeroUsize) -> Self {
                self.options.batch_size = Some(rows);
                self
            }

            /// Sends all rows with their statement, however many there are; they are in memory at once. If `staged` is
            /// called too, the last call counts.
            pub fn direct(mut self) -> Self {
                self.options.paths.direct();
                self
            }

            /// Sends all rows through files of the client's [`Backend`](crate::Backend), however few there are. By
            /// default only rows of more than 32 MiB go through files. Rows with intervals or a VARIANT cannot; those
            /// of a slice travel with their statement by default, however many there are. Without a backend, and
            /// without the feature `staging`, the write is then an error.
            pub fn staged(mut self) -> Self {
                self.options.paths.staged();
                self
            }

            /// About how many bytes a staged file has. Default 32 MiB. Up to four files are in memory at a time. Each
            /// has at least one batch of rows, however few bytes are asked for.
            #[cfg(feature = "staging")]
            pub fn part_size(mut self, bytes: u64) -> Self {
                self.options.paths.part_size = Some(bytes);
                self
            }

            /// Calls `told` with how far the write is, after each batch, each file and the commit. The write waits for
            /// it, so it has to be quick. A panic in it is caught and logged, and ends the reports; the write goes on.
            pub fn on_progress(mut self, told: impl FnMut($crate::WriteProgress) + Send + 'a) -> Self {
                self.on_progress = Some(Box::new(told));
                self
            }
        }

        impl<T> std::fmt::Debug for $write<'_, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($write)).field("options", &self.options).finish_non_exhaustive()
            }
        }
    };
}

pub(super) use with_options;

/// Which way rows take, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Paths {
    chosen: Option<Chosen>,
    #[cfg(feature = "staging")]
    pub(super) part_size: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Chosen {
    Direct,
    Staged,
}

/// The ways that there are for rows, whichever is chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways<'w> {
    driver: &'w str,
    /// Whether the driver sends rows with their statement.
    is_direct: bool,
    /// Whether the driver has rows read from files.
    is_staged: bool,
    has_backend: bool,
}

impl<'w> Ways<'w> {
    pub(super) async fn of(driver: &'w dyn Driver, backend: &Backend) -> Result<Self> {
        let capabilities = driver.capabilities().await?;
        Ok(Self {
            driver: driver.name(),
            is_direct: capabilities.has(Capability::DirectIngest),
            is_staged: capabilities.has(Capability::StagedIngest),
            has_backend: backend.is_configured(),
        })
    }

    /// The error of a driver that has rows read from files alone, where these cannot get into one.
    fn no_files(self, unstageable: Option<&Unstageable>) -> Error {
        let why = format!("the driver {:?} takes rows from files alone", self.driver);
        match unstageable {
            Some(column) => column.error_of_files_alone(&why),
            None => {
                let message = format!("{why}, and the client has no staging backend: {PASS_BACKEND}");
                Error::new(ErrorKind::Config, message)
            }
        }
    }
}

impl Paths {
    #[cfg(feature = "staging")]
    pub(super) fn part_size(&self) -> u64 {
        self.part_size.unwrap_or(PART)
    }

    pub(super) fn direct(&mut self) {
        self.chosen = Some(Chosen::Direct);
    }

    pub(super) fn staged(&mut self) {
        self.chosen = Some(Chosen::Staged);
    }

    /// Up to how many bytes rows travel with their statement; however many they are where there is no limit.
    ///
    /// # Errors
    /// There is no way that the rows can take, or not the one that was chosen.
    pub(super) fn limit(
        &self,
        ways: Ways<'_>,
        is_whole: bool,
        unstageable: Option<&Unstageable>,
    ) -> Result<Option<u64>> {
        let may_be_staged = ways.has_backend && ways.is_staged && unstageable.is_none();
        let takes_files_alone = ways.is_staged && !ways.is_direct;
        match (self.chosen, unstageable) {
            (None | Some(Chosen::Staged), _) if takes_files_alone && !may_be_staged => {
                Err(ways.no_files(unstageable))
            }
            (Some(Chosen::Staged), Some(column)) => Err(column.error(TO_BE_STAGED)),
            (Some(Chosen::Staged), None) if !ways.has_backend => Err(no_backend(TO_BE_STAGED)),
            (Some(Chosen::Staged), None) if !ways.is_staged => {
                Err(Capability::StagedIngest.missing_in(ways.driver))
            }
            (Some(Chosen::Staged), None) => Ok(Some(0)),
            (None, _) if may_be_staged && !ways.is_direct => Ok(Some(0)),
            _ if !ways.is_direct => Err(Capability::DirectIngest.missing_in(ways.driver)),
            (Some(Chosen::Direct), _) => Ok(None),
            // Rows of a slice are in memory anyway.
            (None, _) if is_whole && !may_be_staged => Ok(None),
            (None, _) => Ok(Some(MAX_DIRECT_BYTES)),
        }
    }
}

const TO_BE_STAGED: &str = "staged() was called";

const PASS_BACKEND: &str =
    "pass Backend::parse(\"s3://bucket/lake\") to lakeorm::open (features `staging` and `s3`)";

/// The error of a client that has no staging location.
pub(super) fn no_backend(what: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "{what}, but the client has no staging backend: {PASS_BACKEND}, or call direct() to hold all rows in memory"
        ),
    )
}

#[cfg(all(test, feature = "staging"))]
mod tests {
    use spark_connect::types::StructField;

    use super::*;
    use crate::DataType;

    #[test]
    fn a_blank_key_is_refused_and_any_other_is_the_write_that_it_names() {
        let id = |key: &str| Options { key: Some(key.to_owned()), ..Options::default() }.ingest_id();
        for blank in ["", " ", "\t\n"] {
            assert_eq!(id(blank).unwrap_err().kind(), ErrorKind::Config);
        }
        assert_eq!(id("key").unwrap(), IngestId::of_key("key"));
        let none = || Options::default().ingest_id().unwrap();
        assert_ne!(none(), none());
    }

    #[test]
    fn a_key_is_not_shown() {
        let shown = |key: Option<&str>| {
            format!("{:?}", Options { key: key.map(str::to_owned), ..Options::default() })
        };
        assert!(shown(Some("customer 7")).starts_with("Options { has_key: true, timeout: None"));
        assert!(!shown(Some("customer 7")).contains("customer"));
        assert!(shown(None).starts_with("Options { has_key: false"));
    }

    /// A driver, and whether there is a staging location.
    fn ways(is_direct: bool, is_staged: bool, has_backend: bool) -> Ways<'static> {
        Ways { driver: "own", is_direct, is_staged, has_backend }
    }

    /// The limit of a slice and of a stream, or what is said of both.
    fn limits(chosen: Option<Chosen>, ways: Ways<'_>) -> Result<[Option<u64>; 2], String> {
        let paths = Paths { chosen, ..Paths::default() };
        let limit = |is_whole| paths.limit(ways, is_whole, None).map_err(|error| error.to_string());
        Ok([limit(true)?, limit(false)?])
    }

    #[test]
    fn rows_take_a_way_that_the_driver_and_the_client_have() {
        use Chosen::{Direct, Staged};
        let limited = Some(MAX_DIRECT_BYTES);
        let lacks = |what: &str| Err(format!("the driver \"own\" does not support {what}"));
        let files_alone = "the driver \"own\" takes rows from files alone, and the client has no staging backend: pass \
                           Backend::parse(\"s3://bucket/lake\") to lakeorm::open (features `staging` and `s3`)";
        let files_alone = files_alone.to_owned();
        for (chosen, ways, expected) in [
            (None, ways(true, true, true), Ok([limited, limited])),
            (None, ways(true, true, false), Ok([None, limited])),
            (None, ways(true, false, true), Ok([None, limited])),
            (None, ways(false, true, true), Ok([Some(0), Some(0)])),
            (None, ways(false, true, false), Err(files_alone.clone())),
            (None, ways(false, false, false), lacks("direct ingest")),
            (Some(Direct), ways(false, true, false), lacks("direct ingest")),
            (Some(Staged), ways(false, true, false), Err(files_alone)),
            (None, ways(false, false, true), lacks("direct ingest")),
            (Some(Direct), ways(true, false, false), Ok([None, None])),
            (Some(Direct), ways(false, true, true), lacks("direct ingest")),
            (Some(Staged), ways(false, true, true), Ok([Some(0), Some(0)])),
            (Some(Staged), ways(true, false, true), lacks("staged ingest")),
            (Some(Staged), ways(true, true, false), Err(no_backend(TO_BE_STAGED).to_string())),
        ] {
            assert_eq!(limits(chosen, ways), expected, "{chosen:?}, {ways:?}");
        }
    }

    #[test]
    fn rows_that_files_cannot_hold_travel_with_their_statement_as_far_as_they_are_in_memory() {
        let variant = Unstageable::among(&[StructField::new("c", DataType::Variant)]);
        let limit = |paths: &Paths, is_whole, column: Option<&Unstageable>| {
            paths.limit(ways(true, true, true), is_whole, column).map_err(|error| error.kind())
        };
        let (mut staged, any) = (Paths::default(), Paths::default());
        staged.staged();
        assert_eq!(limit(&any, true, variant.as_ref()), Ok(None));
        let limited = Ok(Some(MAX_DIRECT_BYTES));
        assert_eq!(limit(&any, false, variant.as_ref()), limited, "and refused if they have more");
        assert_eq!(limit(&staged, true, variant.as_ref()), Err(ErrorKind::Unsupported));
        assert_eq!(limit(&any, true, None), limited);
        assert_eq!(limit(&staged, true, None), Ok(Some(0)));
        for paths in [&any, &staged] {
            let error = paths.limit(ways(false, true, true), true, variant.as_ref()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the driver \"own\" takes rows from files alone, but Parquet cannot store the column \"c\" of type \
                 VARIANT; nothing was written. Give the field another type, such as a `String`"
            );
        }
    }
}
