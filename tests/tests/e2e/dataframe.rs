//! Frames: the result of each operation, on every engine.

use lakeorm::spark::{DataFrame, SparkDriver};
use lakeorm::{Client, LakeRowOwned, query};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::{Error, ErrorKind};

mod catalog;
mod columns;
mod expressions;
mod groups;
mod joins;
mod leases;
mod rows;
mod sessions;
mod statistics;
mod writes;

/// A driver, and a frame of five rows: `id`, `k`, `n` and `x`.
struct Setup {
    engine: Engine,
    drv: SparkDriver,
    db: Client,
    five: DataFrame,
}

pub(super) const FIVE: &str = "SELECT * FROM VALUES (1, 'a', 10L, 1.5D), (2, 'b', 20L, 2.5D), (3, 'a', 30L, CAST(NULL AS DOUBLE)), \
                    (4, 'b', 40L, 4.5D), (5, 'c', 50L, 5.5D) AS t(id, k, n, x)";

fn setup() -> Setup {
    let engine = Engine::from_env();
    let drv = engine.driver();
    Setup { db: Client::new(drv.clone()), five: drv.sql(FIVE), drv, engine }
}

impl Setup {
    async fn rows<T: LakeRowOwned + Send + 'static>(&self, frame: &DataFrame) -> Vec<T> {
        query::<T>(&self.db, frame).await.unwrap()
    }

    /// The first column, which is one of integers.
    async fn ids(&self, frame: &DataFrame) -> Vec<i32> {
        self.rows::<(i32,)>(&frame.select(["id"])).await.into_iter().map(|(id,)| id).collect()
    }
}

/// Whether the server refused a command. One without error classes may leave open what it did until then.
fn is_refused(engine: &Engine, error: &Error) -> bool {
    match error.kind() {
        ErrorKind::OutcomeUnknown => !engine.has(Ability::ErrorClasses),
        kind => kind == ErrorKind::Server,
    }
}
