//! Iceberg tables in which merges are not checked against rows that others insert meanwhile.

use lakeorm::{Backend, ErrorKind, LakeRow, LakeTable, WritePath};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{client_with, formats, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.isolated")]
struct Isolated {
    #[lake(merge_key)]
    id: i64,
}

/// Every engine tells the property of an Iceberg table, Sail too.
#[tokio::test]
async fn a_table_with_snapshot_isolation_takes_appends_and_neither_merges_nor_keys() {
    let engine = Engine::from_env();
    for format in formats() {
        let Format::Iceberg { .. } = format else { continue };
        let db = client_with(format, Backend::none(), "write.merge.isolation-level", "snapshot").await;
        db.migrate::<Isolated>().await.unwrap();
        let table = format.table("written.isolated");
        let (first, second) = ([Isolated { id: 1 }], [Isolated { id: 2 }]);
        db.insert(&first).await.unwrap();
        for error in [
            db.merge(&second).await.unwrap_err(),
            db.merge(&second).insert_only().await.unwrap_err(),
            db.insert(&second).idempotency_key("k").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            let told = error.to_string();
            assert!(told.contains("has the property write.merge.isolation-level = snapshot"), "{told}");
            assert!(told.contains("Set it to serializable with ALTER TABLE"), "{told}");
        }
        assert_eq!(rows::<Isolated>(&db, &table, "id").await, first, "nothing was written");
        if engine.has(Ability::AltersTables) {
            let set = "SET TBLPROPERTIES ('write.merge.isolation-level' = 'serializable')";
            db.exec(format!("ALTER TABLE {table} {set}")).await.unwrap();
            let written = db.insert(&second).idempotency_key("k").await.unwrap();
            assert_eq!(written.path(), WritePath::Direct);
            db.merge(&first).await.unwrap();
            assert_eq!(rows::<Isolated>(&db, &table, "id").await, [first, second].concat());
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
