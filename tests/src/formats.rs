//! The table formats that an engine writes.

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, Client, open};

use crate::engine::{Ability, Engine};

/// A table format on an engine, and where tables of it live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delta Lake, in the session's catalog.
    Delta,
    /// Apache Iceberg, in the session's catalog or one of its own.
    Iceberg {
        /// The catalog of its own.
        catalog: Option<&'static str>,
    },
}

impl Format {
    /// Those of the engine.
    #[must_use]
    pub fn of(engine: &Engine) -> Vec<Self> {
        let catalog = engine.has(Ability::Iceberg).then_some("ice");
        let iceberg = engine.has(Ability::IcebergTables).then_some(Self::Iceberg { catalog });
        engine.has(Ability::Delta).then_some(Self::Delta).into_iter().chain(iceberg).collect()
    }

    /// A client that writes tables of this format, in a session of its own where tables live in sessions.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn client(self, engine: &Engine) -> Client {
        self.staging_client(engine, Backend::none())
    }

    /// The same with a place for files.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its client must fail")]
    pub fn staging_client(self, engine: &Engine, backend: Backend) -> Client {
        let opened = match self {
            Self::Delta => open(engine.driver(), Delta::new(), backend),
            Self::Iceberg { catalog: None } => open(engine.driver(), Iceberg::new(), backend),
            Self::Iceberg { catalog: Some(catalog) } => {
                // For what the tests read in other sessions.
                let conf = format!("spark.sql.catalog.{catalog}.cache-enabled");
                let drv = engine.builder().session_conf(conf, "false").build().expect("the engine's address");
                open(drv, Iceberg::new().catalog(catalog), backend)
            }
        };
        opened.expect("a driver and a dialect")
    }

    /// What a `CREATE TABLE` calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Iceberg { .. } => "iceberg",
        }
    }

    /// The name of a table in statements.
    #[must_use]
    pub fn table(self, name: &str) -> String {
        match self {
            Self::Iceberg { catalog: Some(catalog) } => format!("{catalog}.{name}"),
            Self::Delta | Self::Iceberg { catalog: None } => name.to_owned(),
        }
    }
}
