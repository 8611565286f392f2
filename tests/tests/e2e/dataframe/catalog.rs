//! Questions about a server's catalog, and changes of it.

use lakeorm::spark::functions::lit;
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::{Error, ErrorKind};

use super::{FIVE, setup};

/// Whether it is the error of a change that the server refused. A server without error classes leaves open whether it
/// changed something.
fn is_refused(engine: &Engine, error: &Error) -> bool {
    match engine.has(Ability::ErrorClasses) {
        true => error.kind() == ErrorKind::Server,
        false => error.kind() == ErrorKind::OutcomeUnknown,
    }
}

#[tokio::test]
async fn a_table_is_found_with_its_columns() {
    let s = setup();
    let table = s.engine.unique("catalogued");
    let location = s.engine.dir.join(&table);
    s.drv
        .exec(format!(
            "CREATE TABLE {table} (id BIGINT COMMENT 'the key', name STRING) USING parquet LOCATION '{}'",
            location.display()
        ))
        .await
        .unwrap();
    let catalog = s.drv.catalog();
    assert!(catalog.table_exists(&table).await.unwrap());
    assert!(!catalog.table_exists("no_such_table_here").await.unwrap());
    let database = catalog.current_database().await.unwrap();
    let listed = catalog.list_tables(Some(&database), Some("*catalogued*")).await.unwrap();
    let found = listed.iter().find(|found| found.name == table).unwrap();
    assert_eq!((found.namespace.as_slice(), found.is_temporary), ([database].as_slice(), false));
    assert_eq!(catalog.get_table(&table).await.unwrap(), *found);
    let columns = catalog.list_columns(&table).await.unwrap();
    let named: Vec<_> =
        columns.iter().map(|column| (column.name.as_str(), column.data_type.as_str())).collect();
    assert_eq!(named, [("id", "bigint"), ("name", "string")]);
    assert_eq!(columns[0].description.as_deref(), Some("the key"));
    assert!(columns[0].nullable && !columns[0].is_partition && !columns[0].is_bucket);
    let missing = catalog.get_table("no_such_table_here").await.unwrap_err();
    assert!(missing.is_table_not_found(), "{missing}");
    let missing = catalog.list_columns("no_such_table_here").await.unwrap_err();
    assert!(missing.is_table_not_found(), "{missing}");
}

#[tokio::test]
async fn catalogs_and_databases_are_listed_and_found() {
    let s = setup();
    let catalog = s.drv.catalog();
    let current = catalog.current_catalog().await.unwrap();
    assert!(catalog.list_catalogs(None).await.unwrap().iter().any(|entry| entry.name == current));
    let database = catalog.current_database().await.unwrap();
    let databases = catalog.list_databases(None).await.unwrap();
    let listed = databases.iter().find(|listed| listed.name == database).unwrap();
    assert_eq!(listed.catalog.as_deref(), Some(current.as_str()));
    assert_eq!(catalog.get_database(&database).await.unwrap().name, database);
    assert!(catalog.database_exists(&database).await.unwrap());
    assert!(!catalog.database_exists("no_such_database").await.unwrap());
    assert!(catalog.list_databases(Some("no_such_*")).await.unwrap().is_empty());
}

#[tokio::test]
async fn functions_are_listed_and_found() {
    let s = setup();
    let catalog = s.drv.catalog();
    let functions = catalog.list_functions(None, None).await.unwrap();
    assert!(functions.iter().any(|function| function.name == "upper" && function.is_temporary));
    let (found, exists) = (catalog.get_function("upper").await, catalog.function_exists("upper").await);
    if !s.engine.has(Ability::FunctionsByName) {
        let kinds = (found.unwrap_err().kind(), exists.unwrap_err().kind());
        return assert_eq!(kinds, (ErrorKind::Unsupported, ErrorKind::Unsupported));
    }
    assert_eq!((found.unwrap().name.as_str(), exists.unwrap()), ("upper", true));
    assert!(!catalog.function_exists("no_such_function").await.unwrap());
}

#[tokio::test]
async fn the_current_database_is_the_sessions() {
    let s = setup();
    let database = s.engine.unique("database");
    s.drv.exec(format!("CREATE DATABASE {database}")).await.unwrap();
    let refused = s.drv.catalog().set_current_database(&database).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidStatement);
    assert!(refused.to_string().contains("needs a session"), "{refused}");
    let session = s.drv.session().await.unwrap();
    let before = session.catalog().current_database().await.unwrap();
    session.catalog().set_current_database(&database).await.unwrap();
    assert_eq!(session.catalog().current_database().await.unwrap(), database);
    let missing = session.catalog().set_current_database("no_such_database").await.unwrap_err();
    assert!(is_refused(&s.engine, &missing), "{missing:?}");
    // On Sail all sessions of the driver are one.
    session.catalog().set_current_database(before).await.unwrap();
    s.drv.exec(format!("DROP DATABASE {database}")).await.unwrap();
}

#[tokio::test]
async fn the_current_catalog_is_the_sessions() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let catalog = session.catalog();
    let before = catalog.current_catalog().await.unwrap();
    let chosen = if s.engine.has(Ability::Iceberg) { "ice" } else { before.as_str() };
    catalog.set_current_catalog(chosen).await.unwrap();
    assert_eq!(catalog.current_catalog().await.unwrap(), chosen);
    let missing = catalog.set_current_catalog("no_such_catalog").await.unwrap_err();
    assert!(is_refused(&s.engine, &missing), "{missing:?}");
    assert_eq!(catalog.current_catalog().await.unwrap(), chosen);
    let refused = s.drv.catalog().set_current_catalog(chosen).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidStatement);
    assert!(refused.to_string().contains("needs a session"), "{refused}");
}

#[tokio::test]
async fn partitions_that_are_on_disk_are_discovered() {
    let s = setup();
    if !s.engine.has(Ability::TableCaches) {
        let error = s.drv.catalog().recover_partitions("t").await.unwrap_err();
        return assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    let table = s.engine.unique("recovered");
    let path = s.engine.dir.join(&table).display().to_string();
    s.five.select(["id", "k"]).write().format("parquet").partition_by(["k"]).save(&path).await.unwrap();
    let columns = "(id INT, k STRING) USING parquet PARTITIONED BY (k)";
    s.drv.exec(format!("CREATE TABLE {table} {columns} LOCATION '{path}'")).await.unwrap();
    assert_eq!(s.drv.table(&table).count().await.unwrap(), 0);
    s.drv.catalog().recover_partitions(&table).await.unwrap();
    assert_eq!(s.drv.table(&table).count().await.unwrap(), 5);
}

#[tokio::test]
async fn a_global_view_is_seen_by_sessions_until_it_is_dropped() {
    let s = setup();
    let view = s.engine.unique("view");
    let global = format!("global_temp.{view}");
    let (one, other) = (s.drv.session().await.unwrap(), s.drv.session().await.unwrap());
    one.sql(FIVE).create_global_temp_view(&view).await.unwrap();
    assert_eq!(other.table(&global).count().await.unwrap(), 5);
    let again = one.sql(FIVE).limit(1).create_global_temp_view(&view).await.unwrap_err();
    assert!(super::is_refused(&s.engine, &again), "{again:?}");
    assert_eq!(other.table(&global).count().await.unwrap(), 5);
    one.sql(FIVE).limit(2).create_or_replace_global_temp_view(&view).await.unwrap();
    assert_eq!(other.table(&global).count().await.unwrap(), 2);
    assert!(one.catalog().drop_global_temp_view(&view).await.unwrap());
    // Sail says of any that it was there.
    let again = one.catalog().drop_global_temp_view(&view).await.unwrap();
    assert_eq!(again, !s.engine.has(Ability::ErrorClasses));
    let gone = other.table(&global).count().await.unwrap_err();
    assert!(gone.is_table_not_found(), "{gone}");
}

#[tokio::test]
async fn a_temporary_view_is_dropped_once() {
    let s = setup();
    let view = s.engine.unique("view");
    let session = s.drv.session().await.unwrap();
    session.sql(FIVE).create_temp_view(&view).await.unwrap();
    let listed = session.catalog().list_tables(None, Some(&view)).await.unwrap();
    assert!(listed.iter().any(|found| found.name == view && found.is_temporary));
    assert!(session.catalog().drop_temp_view(&view).await.unwrap());
    assert!(!session.catalog().table_exists(&view).await.unwrap());
    assert!(!session.catalog().drop_temp_view(&view).await.unwrap());
}

#[tokio::test]
async fn a_table_is_made_from_its_schema() {
    let s = setup();
    let table = s.engine.unique("made");
    let made = s.drv.catalog().create_table(&table).using("parquet").schema("id BIGINT, kind STRING");
    let made =
        made.path(s.engine.dir.join(&table).display().to_string()).comment("what happened").create().await;
    let frame = made.unwrap();
    assert_eq!(frame.schema().await.unwrap().to_string(), "id BIGINT, kind STRING");
    assert_eq!(frame.count().await.unwrap(), 0);
    let again = s.drv.catalog().create_table(&table).using("parquet").schema("id BIGINT").create().await;
    assert!(is_refused(&s.engine, &again.unwrap_err()));
    let (typed, columns) = (s.engine.unique("typed"), frame.schema().await.unwrap());
    let made = s.drv.catalog().create_table(&typed).using("parquet").schema(&columns);
    let made = made.path(s.engine.dir.join(&typed).display().to_string()).create().await.unwrap();
    assert_eq!(made.schema().await.unwrap(), columns);
}

#[tokio::test]
async fn a_table_is_kept_and_forgotten() {
    let s = setup();
    let table = s.engine.unique("kept");
    let path = s.engine.dir.join(&table).display().to_string();
    s.five
        .with_column("y", lit(1))
        .write()
        .format("parquet")
        .option("path", path.clone())
        .save_as_table(&table)
        .await
        .unwrap();
    let catalog = s.drv.catalog();
    let cached = catalog.cache_table(&table, None).await;
    if !s.engine.has(Ability::TableCaches) {
        return assert_eq!(cached.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    cached.unwrap();
    assert!(catalog.is_cached(&table).await.unwrap());
    catalog.uncache_table(&table).await.unwrap();
    assert!(!catalog.is_cached(&table).await.unwrap());
    catalog.refresh_by_path(path).await.unwrap();
}

#[tokio::test]
async fn a_table_is_refreshed_in_a_session_and_not_in_any() {
    let s = setup();
    let table = s.engine.unique("refreshed");
    let path = s.engine.dir.join(&table).display().to_string();
    s.five.write().format("parquet").option("path", path).save_as_table(&table).await.unwrap();
    let refused = s.drv.catalog().refresh_table(&table).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidStatement);
    assert!(refused.to_string().contains("needs a session"), "{refused}");
    let refreshed = s.drv.session().await.unwrap().catalog().refresh_table(&table).await;
    match s.engine.has(Ability::TableCaches) {
        true => refreshed.unwrap(),
        false => assert_ne!(refreshed.err().map(|error| error.kind()), Some(ErrorKind::InvalidStatement)),
    }
}
