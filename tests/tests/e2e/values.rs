//! One value, read from every place where it can stand, and sent as a parameter.

use std::collections::BTreeMap;
use std::fmt::Debug;

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Error, FromColumn, ToLiteral, query_first};
use lakeorm_tests::engine::Engine;

/// The traits of a value type that is read in every place.
pub(crate) trait Owned: for<'b> FromColumn<'b> + Debug + PartialEq + Clone + Send + 'static {}
impl<T: for<'b> FromColumn<'b> + Debug + PartialEq + Clone + Send + 'static> Owned for T {}

/// A driver and what tests ask of it.
pub(crate) struct Db {
    pub(crate) engine: Engine,
    pub(crate) drv: SparkDriver,
    pub(crate) db: Client,
}

impl Db {
    pub(crate) fn new() -> Self {
        let engine = Engine::from_env();
        let drv = SparkDriver::builder(&engine.remote)
            .session_conf("spark.sql.session.timeZone", "America/New_York")
            .session_conf("spark.sql.timeType.enabled", "true")
            .session_conf("spark.sql.timestampNanosTypes.enabled", "true")
            .build()
            .unwrap();
        Self { engine, db: Client::new(drv.clone()), drv }
    }

    pub(crate) async fn value<T: Owned>(&self, sql: &str) -> Result<T, Error> {
        let (value,) = query_first::<(T,)>(&self.db, self.drv.from_sql(format!("SELECT {sql} AS x"))).await?;
        Ok(value)
    }

    /// The value alone, as NULL, and as a child of each nested type.
    pub(crate) async fn reads<T: Owned>(&self, sql: &str, expected: T) {
        let absent = format!("CASE WHEN 1 = 0 THEN {sql} END");
        let statement = format!(
            "SELECT {sql} AS x, {absent} AS n, array({sql}, {absent}) AS l, named_struct('f', {sql}) AS s, \
             map('k', {sql}, 'n', {absent}) AS m"
        );
        type Everywhere<T> = (T, Option<T>, Vec<Option<T>>, (T,), BTreeMap<String, Option<T>>);
        let row = query_first::<Everywhere<T>>(&self.db, self.drv.from_sql(statement)).await;
        let (alone, null, list, fields, map) = row.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let one = || Some(expected.clone());
        assert_eq!(alone, expected, "{sql}");
        assert_eq!(null, None, "{sql}");
        assert_eq!(list, [one(), None], "{sql}");
        assert_eq!(fields, (expected.clone(),), "{sql}");
        assert_eq!(map, BTreeMap::from([("k".to_owned(), one()), ("n".to_owned(), None)]), "{sql}");
    }

    /// The value sent as a parameter, and in a list beside a NULL, and read back.
    pub(crate) async fn binds<T: Owned + ToLiteral>(&self, value: T) {
        let list = vec![Some(value.clone()), None];
        let source = self.drv.from_sql("SELECT ? AS x, ? AS l").bind(value.clone()).bind(list.clone());
        let found = query_first::<(T, Vec<Option<T>>)>(&self.db, source).await;
        assert_eq!(found.unwrap_or_else(|error| panic!("{value:?}: {error}")), (value, list));
    }

    /// The driver's error for a value that cannot be a parameter.
    pub(crate) async fn binds_to_error<T: Owned + ToLiteral>(&self, value: T) -> Error {
        let source = self.drv.from_sql("SELECT ? AS x").bind(value);
        query_first::<(T,)>(&self.db, source).await.unwrap_err()
    }

    /// A NULL of the type, sent as a parameter.
    pub(crate) async fn binds_null<T: Owned + ToLiteral>(&self) -> Result<Option<T>, Error> {
        let source = self.drv.from_sql("SELECT :v AS x").bind_named("v", None::<T>);
        Ok(query_first::<(Option<T>,)>(&self.db, source).await?.0)
    }

    /// Reads and binds a value, and a NULL of its type.
    pub(crate) async fn round<T: Owned + ToLiteral>(&self, sql: &str, value: T) {
        self.reads(sql, value.clone()).await;
        self.binds(value).await;
        assert_eq!(
            self.binds_null::<T>().await.unwrap_or_else(|error| panic!("NULL of {sql}: {error}")),
            None
        );
    }
}
