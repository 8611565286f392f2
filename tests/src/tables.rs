//! Drivers and tables for the end-to-end tests.

use lakeorm::Client;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder};
use uuid::Uuid;

use crate::engine::{Ability, Engine};

impl Engine {
    /// A driver with the confs that the engine wants for its tables.
    pub fn builder(&self) -> SparkDriverBuilder {
        let builder = SparkDriver::builder(&self.remote).session_conf("spark.sql.session.timeZone", "UTC");
        let builder = match self.has(Ability::Ansi) {
            true => builder,
            false => builder.session_conf("spark.sql.ansi.enabled", "true"),
        };
        match self.has(Ability::SharedTables) {
            true => builder,
            // Who keeps tables in the session takes their place from it, and not from its own start.
            false => builder.session_conf("spark.sql.warehouse.dir", self.dir.display().to_string()),
        }
    }

    /// The same for large queries. The test command has Spark compile no code and cut nothing in two, for which small ones
    /// would wait.
    pub fn compiling(&self) -> SparkDriverBuilder {
        self.builder()
            .session_conf("spark.sql.codegen.wholeStage", "true")
            .session_conf("spark.sql.codegen.factoryMode", "FALLBACK")
            .session_conf("spark.sql.leafNodeDefaultParallelism", "2")
            .session_conf("spark.sql.shuffle.partitions", "2")
    }

    /// The driver, built.
    ///
    /// # Panics
    ///
    /// If the test command gave a connection string that is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its engine must fail")]
    pub fn driver(&self) -> SparkDriver {
        self.builder().build().expect("the engine's connection string")
    }

    /// The engine of the test command, a driver of it, and a client of that.
    ///
    /// # Panics
    ///
    /// If the test command names no engine.
    #[must_use]
    pub fn connected() -> (Self, SparkDriver, Client) {
        let engine = Self::from_env();
        let drv = engine.driver();
        let db = Client::new(drv.clone());
        (engine, drv, db)
    }

    /// The `USING` clause of the engine's own table format.
    #[must_use]
    pub fn table_format(&self) -> &'static str {
        if self.has(Ability::Delta) { "USING delta" } else { "USING parquet" }
    }

    /// A name that no other test uses.
    #[must_use]
    pub fn unique(&self, stem: &str) -> String {
        format!("{stem}_{}", Uuid::new_v4().simple())
    }
}
