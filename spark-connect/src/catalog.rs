//! Catalogs, databases, tables, views and functions.

use std::fmt;

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;

use crate::dataframe::{Home, StorageLevel};
use crate::error::{Error, Result, ServerError};
use crate::plan::Relation;
use crate::pool::{PooledSession, SessionPool};
use crate::proto::{self, catalog::CatType};
use crate::session::Session;

mod rows;
mod tables;

pub use rows::{CatalogEntry, Database, Function, Table, TableColumn};
use rows::{Row, rows, single};
pub use tables::TableBuilder;

/// The catalog that a driver or a session sees.
///
/// Names are taken as SQL takes them, so `catalog.database.table` reaches into another catalog. A pattern takes `*` for
/// anything and `|` between alternatives.
///
/// ```no_run
/// # async fn run(pool: spark_connect::pool::SessionPool) -> spark_connect::Result<()> {
/// let catalog = pool.catalog();
/// for table in catalog.list_tables(None, Some("user*")).await? {
///     println!("{} {}", table.namespace.join("."), table.name);
/// }
/// assert!(catalog.table_exists("users").await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Catalog {
    home: Home,
}

macro_rules! has_catalog {
    ($($maker:ty => $seen:literal;)*) => {$(
        impl $maker {
            #[doc = concat!("The catalog that ", $seen, " sees.")]
            #[must_use]
            pub fn catalog(&self) -> Catalog {
                Catalog { home: self.home() }
            }
        }
    )*};
}

has_catalog! {
    SessionPool => "any session of the pool";
    PooledSession => "the session";
    Session => "the session";
}

/// Current catalog and database. They are state of a session.
impl Catalog {
    /// The current database, used for names without one.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn current_database(&self) -> Result<String> {
        single(&self.ask(CatType::CurrentDatabase(proto::CurrentDatabase {})).await?)
    }

    /// Sets the current database, used for names without one, for the rest of the session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) on the catalog of a pool or driver, whose
    /// calls run in any of its sessions; otherwise those of [`Session::command`](crate::Session::command), as for a
    /// database that does not exist.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn set_current_database(&self, name: impl Into<String>) -> Result<()> {
        let change = CatType::SetCurrentDatabase(proto::SetCurrentDatabase { db_name: name.into() });
        self.change_session("the current database", change).await
    }

    /// The current catalog, used for names without one.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn current_catalog(&self) -> Result<String> {
        single(&self.ask(CatType::CurrentCatalog(proto::CurrentCatalog {})).await?)
    }

    /// Sets the current catalog, used for names without one, for the rest of the session.
    ///
    /// # Errors
    ///
    /// As [`set_current_database`](Self::set_current_database).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn set_current_catalog(&self, name: impl Into<String>) -> Result<()> {
        let change = CatType::SetCurrentCatalog(proto::SetCurrentCatalog { catalog_name: name.into() });
        self.change_session("the current catalog", change).await
    }
}

/// Listings and lookups.
impl Catalog {
    /// The catalogs.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn list_catalogs(&self, pattern: Option<&str>) -> Result<Vec<CatalogEntry>> {
        let list = proto::ListCatalogs { pattern: pattern.map(str::to_owned) };
        self.list(CatType::ListCatalogs(list), CatalogEntry::read).await
    }

    /// The databases of the current catalog.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn list_databases(&self, pattern: Option<&str>) -> Result<Vec<Database>> {
        let list = proto::ListDatabases { pattern: pattern.map(str::to_owned) };
        self.list(CatType::ListDatabases(list), Database::read).await
    }

    /// The tables and views of a database, or of the current one; temporary views too.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect), as for a database that does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn list_tables(&self, database: Option<&str>, pattern: Option<&str>) -> Result<Vec<Table>> {
        let list =
            proto::ListTables { db_name: database.map(str::to_owned), pattern: pattern.map(str::to_owned) };
        self.list(CatType::ListTables(list), Table::read).await
    }

    /// The columns of a table or view.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect), as for a table that does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn list_columns(&self, table: impl Into<String>) -> Result<Vec<TableColumn>> {
        let list = proto::ListColumns { table_name: table.into(), db_name: None };
        self.list(CatType::ListColumns(list), TableColumn::read).await
    }

    /// The functions of a database, or of the current one; those that are built in too.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn list_functions(
        &self,
        database: Option<&str>,
        pattern: Option<&str>,
    ) -> Result<Vec<Function>> {
        let list = proto::ListFunctions {
            db_name: database.map(str::to_owned),
            pattern: pattern.map(str::to_owned),
        };
        self.list(CatType::ListFunctions(list), Function::read).await
    }

    /// A database by its name.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect), as for a database that does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn get_database(&self, name: impl Into<String>) -> Result<Database> {
        self.get(CatType::GetDatabase(proto::GetDatabase { db_name: name.into() }), Database::read).await
    }

    /// A table or view by its name.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect); [`Error::is_table_not_found`] tells a table that
    /// does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn get_table(&self, name: impl Into<String>) -> Result<Table> {
        let get = proto::GetTable { table_name: name.into(), db_name: None };
        self.get(CatType::GetTable(get), Table::read).await
    }

    /// A function by its name. Not on Sail.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect), as for a function that does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn get_function(&self, name: impl Into<String>) -> Result<Function> {
        let get = proto::GetFunction { function_name: name.into(), db_name: None };
        self.get(CatType::GetFunction(get), Function::read).await
    }

    /// Whether there is a database of that name.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn database_exists(&self, name: impl Into<String>) -> Result<bool> {
        single(&self.ask(CatType::DatabaseExists(proto::DatabaseExists { db_name: name.into() })).await?)
    }

    /// Whether there is a table or view of that name.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn table_exists(&self, name: impl Into<String>) -> Result<bool> {
        let exists = proto::TableExists { table_name: name.into(), db_name: None };
        single(&self.ask(CatType::TableExists(exists)).await?)
    }

    /// Whether there is a function of that name. Not on Sail.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn function_exists(&self, name: impl Into<String>) -> Result<bool> {
        let exists = proto::FunctionExists { function_name: name.into(), db_name: None };
        single(&self.ask(CatType::FunctionExists(exists)).await?)
    }
}

/// Caches, partitions and temporary views.
impl Catalog {
    /// Whether the table is cached.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrame::collect`](crate::DataFrame::collect), as for a table that does not exist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect.
    pub async fn is_cached(&self, table: impl Into<String>) -> Result<bool> {
        single(&self.ask(CatType::IsCached(proto::IsCached { table_name: table.into() })).await?)
    }

    /// Caches a table when it is next read, at `level` or the server's default.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn cache_table(&self, table: impl Into<String>, level: Option<StorageLevel>) -> Result<()> {
        let storage_level = level.map(StorageLevel::to_proto);
        self.change(CatType::CacheTable(proto::CacheTable { table_name: table.into(), storage_level })).await
    }

    /// Removes a table from the cache.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn uncache_table(&self, table: impl Into<String>) -> Result<()> {
        self.change(CatType::UncacheTable(proto::UncacheTable { table_name: table.into() })).await
    }

    /// Removes all tables and frames from the cache.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn clear_cache(&self) -> Result<()> {
        self.change(CatType::ClearCache(proto::ClearCache {})).await
    }

    /// Invalidates this session's cached metadata and files of a table.
    ///
    /// # Errors
    ///
    /// As [`set_current_database`](Self::set_current_database).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn refresh_table(&self, table: impl Into<String>) -> Result<()> {
        let refresh = CatType::RefreshTable(proto::RefreshTable { table_name: table.into() });
        self.change_session("refreshing a table", refresh).await
    }

    /// Invalidates everything cached for files under `path`.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn refresh_by_path(&self, path: impl Into<String>) -> Result<()> {
        self.change(CatType::RefreshByPath(proto::RefreshByPath { path: path.into() })).await
    }

    /// Discovers partitions in the table's directory (`MSCK REPAIR TABLE`).
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command), as for a table without partitions.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn recover_partitions(&self, table: impl Into<String>) -> Result<()> {
        self.change(CatType::RecoverPartitions(proto::RecoverPartitions { table_name: table.into() })).await
    }

    /// Drops a temporary view of the session, and tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) on the catalog of a pool or driver, whose
    /// calls run in any of its sessions; otherwise those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn drop_temp_view(&self, name: impl Into<String>) -> Result<bool> {
        let change = CatType::DropTempView(proto::DropTempView { view_name: name.into() });
        was_dropped(self.in_session("a temporary view", change).await)
    }

    /// Drops a temporary view of all sessions, and tells whether there was one; Sail says so of any.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn drop_global_temp_view(&self, name: impl Into<String>) -> Result<bool> {
        let change = CatType::DropGlobalTempView(proto::DropGlobalTempView { view_name: name.into() });
        was_dropped(self.changed(change).await)
    }
}

impl Catalog {
    async fn ask(&self, question: CatType) -> Result<Vec<RecordBatch>> {
        self.home.frame(Relation::catalog(question)).collect().await
    }

    async fn change(&self, change: CatType) -> Result<()> {
        self.changed(change).await.map(drop)
    }

    async fn changed(&self, change: CatType) -> Result<Vec<RecordBatch>> {
        self.home.frame(Relation::catalog_change(change)).collect().await
    }

    async fn change_session(&self, what: &str, change: CatType) -> Result<()> {
        self.in_session(what, change).await.map(drop)
    }

    async fn list<T>(&self, question: CatType, read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        let batches = self.ask(question).await?;
        rows(&batches).map(|row| read(&row)).collect()
    }

    async fn get<T>(&self, question: CatType, read: fn(&Row<'_>) -> Result<T>) -> Result<T> {
        let batches = self.ask(question).await?;
        let row = rows(&batches).next();
        row.map_or_else(|| Err(Error::protocol("unexpected answer to a catalog request")), |row| read(&row))
    }

    async fn in_session(&self, what: &str, change: CatType) -> Result<Vec<RecordBatch>> {
        let frame = self.home.frame(Relation::catalog_change(change));
        let relation = frame.relation();
        let call = |session: Session| async move { session.query(relation).try_collect().await };
        frame.run_in_session(what, call).await
    }
}

/// What the answer to the drop of a view tells. Sail takes a view that is not there for a mistake.
fn was_dropped(answer: Result<Vec<RecordBatch>>) -> Result<bool> {
    match answer {
        Err(error) if error.server_in_chain().is_some_and(ServerError::is_table_not_found) => Ok(false),
        answer => single(&answer?),
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}
