//! Write, audit, publish: rows that wait in a branch or in a staged snapshot of an Iceberg table.

use lakeorm::dialect::Iceberg;
use lakeorm::{Backend, Client, ErrorKind, LakeRow, LakeTable, WritePath, open};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{DATABASE, formats, rows};

/// A client of Iceberg, in this catalog or the session's own, whose sessions may have a conf.
fn client(catalog: Option<&str>, conf: Option<(&str, &str)>) -> Client {
    let mut driver = Engine::from_env().builder();
    let mut dialect = Iceberg::new().property("write.wap.enabled", "true");
    if let Some(catalog) = catalog {
        driver = driver.session_conf(format!("spark.sql.catalog.{catalog}.cache-enabled"), "false");
        dialect = dialect.catalog(catalog);
    }
    if let Some((key, value)) = conf {
        driver = driver.session_conf(key, value);
    }
    open(driver.build().unwrap(), dialect, Backend::none()).unwrap()
}

/// Makes the table, and gives its name. Sail, which has no catalogs of their own, refuses to write to such a table.
async fn migrated<T: LakeTable>(db: &Client, format: Format) -> Option<String> {
    let name = T::definition().name().to_string();
    let table = format.table(&name);
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
    let made = db.migrate::<T>().await;
    if !matches!(format, Format::Iceberg { catalog: None }) {
        made.unwrap();
        return Some(table);
    }
    let error = made.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("write-audit-publish"), "{error}");
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
    None
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.branched")]
struct Branched {
    id: i64,
}

#[tokio::test]
async fn a_key_used_in_a_branch_is_known_there_and_not_in_the_table() {
    for format in formats() {
        let Format::Iceberg { catalog } = format else { continue };
        let (main, audit) = (client(catalog, None), client(catalog, Some(("spark.wap.branch", "audit"))));
        let Some(table) = migrated::<Branched>(&main, format).await else { continue };
        main.insert(&[Branched { id: 1 }]).await.unwrap();
        for path in [WritePath::Direct, WritePath::AlreadyThere] {
            let written = audit.insert(&[Branched { id: 2 }]).idempotency_key("k").await.unwrap();
            assert_eq!(written.path(), path, "{format:?}");
        }
        let both = [Branched { id: 1 }, Branched { id: 2 }];
        assert_eq!(rows::<Branched>(&audit, &table, "id").await, both, "{format:?}");
        assert_eq!(rows::<Branched>(&main, &table, "id").await, both[..1], "{format:?}");
        let published = main.insert(&[Branched { id: 2 }]).idempotency_key("k").await.unwrap();
        assert_eq!(published.path(), WritePath::Direct, "{format:?}");
        assert_eq!(rows::<Branched>(&main, &table, "id").await, both, "{format:?}");
        main.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.audited")]
struct Audited {
    id: i64,
}

#[tokio::test]
async fn a_key_of_a_staged_snapshot_is_known_before_and_after_it_is_published() {
    for format in formats() {
        let Format::Iceberg { catalog } = format else { continue };
        let (main, audit) = (client(catalog, None), client(catalog, Some(("spark.wap.id", "audit-1"))));
        let Some(table) = migrated::<Audited>(&main, format).await else { continue };
        main.insert(&[Audited { id: 1 }]).await.unwrap();
        let both = [Audited { id: 1 }, Audited { id: 2 }];
        let insert =
            async |db: &Client| db.insert(&[Audited { id: 2 }]).idempotency_key("k").await.unwrap().path();
        assert_eq!(insert(&audit).await, WritePath::Direct, "{format:?}");
        assert_eq!(rows::<Audited>(&main, &table, "id").await, both[..1], "{format:?}");
        if Engine::from_env().has(Ability::StampsSnapshots) {
            assert_eq!(insert(&audit).await, WritePath::AlreadyThere, "{format:?}");
        }
        let catalog = catalog.unwrap();
        let publish =
            format!("CALL {catalog}.system.publish_changes(table => 'written.audited', wap_id => 'audit-1')");
        main.exec(publish).await.unwrap();
        assert_eq!(rows::<Audited>(&main, &table, "id").await, both, "{format:?}");
        assert_eq!(insert(&main).await, WritePath::AlreadyThere, "{format:?}");
        assert_eq!(rows::<Audited>(&main, &table, "id").await, both, "{format:?}");
        main.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
