//! Drivers and tables for the end-to-end tests.

use lakeorm::spark::{SparkDriver, SparkDriverBuilder};
use uuid::Uuid;

use crate::engine::{Engine, EngineName};

impl Engine {
    /// A driver with the confs that the engine wants for its tables.
    pub fn builder(&self) -> SparkDriverBuilder {
        let builder = SparkDriver::builder(&self.remote).session_conf("spark.sql.session.timeZone", "UTC");
        match self.name {
            // Sail takes the place of managed tables from the session, Spark from its own start.
            EngineName::Sail => {
                builder.session_conf("spark.sql.warehouse.dir", self.dir.display().to_string())
            }
            EngineName::Spark | EngineName::Spark43 => builder,
        }
    }

    /// The same, built.
    ///
    /// # Panics
    ///
    /// If the test command gave a connection string that is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its engine must fail")]
    pub fn driver(&self) -> SparkDriver {
        self.builder().build().expect("the engine's connection string")
    }

    /// Whether a cast to STRING of bytes that are no text is an error of the engine's own.
    #[must_use]
    pub fn refuses_text_that_is_not_utf8(&self) -> bool {
        self.name == EngineName::Sail
    }

    /// Whether the server names the class of an error and the SQLSTATE.
    #[must_use]
    pub fn names_error_classes(&self) -> bool {
        self.name != EngineName::Sail
    }

    /// The `USING` clause of the engine's own table format.
    #[must_use]
    pub fn table_format(&self) -> &'static str {
        match self.name {
            EngineName::Sail | EngineName::Spark => "USING delta",
            EngineName::Spark43 => "USING parquet",
        }
    }

    /// A name that no other test uses.
    #[must_use]
    pub fn unique(&self, stem: &str) -> String {
        format!("{stem}_{}", Uuid::new_v4().simple())
    }
}
