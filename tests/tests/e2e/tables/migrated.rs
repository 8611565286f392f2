//! Tables that are compared with their struct.

use futures::future::join_all;
use lakeorm::{Difference, ErrorKind, LakeRow, LakeTable};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{clients, rows};

#[derive(LakeTable)]
#[lake(table = "written.migrated")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Before {
    id: i32,
    kept: Option<String>,
}

#[derive(LakeTable)]
#[lake(table = "written.migrated")]
#[allow(dead_code, reason = "only its table is looked at")]
struct After {
    id: i64,
    #[lake(comment = "what is new")]
    new: Option<f64>,
    kept: Option<i32>,
}

#[tokio::test]
async fn every_difference_is_reported_and_nothing_is_changed() {
    for (format, db) in clients().await {
        let (table, using) = (format.table("written.migrated"), format.name());
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (id INT NOT NULL, kept STRING, _ingest_id STRING) USING {using}"
        );
        let nothing = "CAST(NULL AS INT) AS c0, CAST(NULL AS STRING) AS c1, CAST(NULL AS STRING) AS c2";
        let first_commit = format!("INSERT INTO {table} SELECT {nothing} WHERE false");
        let steps = if loses_first_commits(format) { vec![create, first_commit] } else { vec![create] };
        let plan = db.migrate::<Before>().plan().await.unwrap();
        assert_eq!((plan.is_created(), plan.steps()), (true, steps.as_slice()));
        assert_eq!(plan.differences(), [], "{format:?}");
        assert!(db.migrate::<Before>().await.unwrap().is_created(), "the plan has made nothing");
        let migration = db.migrate::<After>().await.unwrap();
        assert!(migration.is_unchanged() && !migration.is_created());
        let words: Vec<String> = migration.differences().iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "the column \"id\" is INT in the table and BIGINT in the struct",
                "the table has no column \"new\", which is DOUBLE in the struct",
                "the column \"kept\" is STRING in the table and INT in the struct",
            ],
            "{format:?}"
        );
        assert!(db.migrate::<Before>().await.unwrap().differences().is_empty());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// Of several first commits to an Iceberg table Sail keeps the last.
fn loses_first_commits(format: Format) -> bool {
    matches!(format, Format::Iceberg { .. }) && !Engine::from_env().has(Ability::AltersTables)
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.first")]
struct First {
    id: i64,
}

#[tokio::test]
async fn all_of_several_first_inserts_into_a_new_table_are_kept() {
    for (format, db) in clients().await {
        assert!(db.migrate::<First>().await.unwrap().is_created());
        let batches: Vec<_> = (1..=4).map(|id| [First { id }]).collect();
        let inserts = batches.iter().map(|rows| db.insert(rows).idempotency_key(rows[0].id.to_string()));
        for written in join_all(inserts.map(IntoFuture::into_future)).await {
            written.unwrap();
        }
        let table = format.table("written.first");
        assert_eq!(rows::<First>(&db, &table, "id").await, batches.concat(), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.evolved")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Small {
    id: i32,
}

#[derive(LakeTable)]
#[lake(table = "written.evolved")]
struct Grown {
    id: i32,
    #[lake(comment = "what is new")]
    new: Option<f64>,
    required: i64,
}

#[tokio::test]
async fn a_table_grows_where_the_engine_can_change_one() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.evolved");
        db.migrate::<Small>().await.unwrap();
        let step =
            format!("ALTER TABLE {table} ADD COLUMNS (new DOUBLE COMMENT 'what is new', required BIGINT)");
        let plan = db.migrate::<Grown>().evolve().plan().await;
        let evolved = db.migrate::<Grown>().evolve().await;
        if engine.has(Ability::AltersTables) {
            let plan = plan.unwrap();
            assert_eq!(plan.steps(), [step]);
            assert!(
                matches!(plan.differences(), [Difference::Missing { .. }, Difference::Missing { .. }]),
                "{plan}"
            );
            // Rows that were there have no value of it.
            let nullable = Difference::Nullability { column: "required".into(), in_table: true };
            assert_eq!(evolved.unwrap().differences(), [nullable], "{format:?}");
            db.insert(&[Grown { id: 1, new: Some(0.5), required: 7 }]).await.unwrap();
        } else {
            for error in [plan.unwrap_err(), evolved.unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(
                    error.to_string().contains("cannot get the columns \"new\", \"required\""),
                    "{error}"
                );
            }
            let refused = db.insert(&[Grown { id: 1, new: None, required: 7 }]).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
            assert!(refused.to_string().contains("the table has no column \"new\""), "{refused}");
            assert!(refused.to_string().contains("db.migrate::<Grown>().evolve()"), "{refused}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.partitioned", partition_by(bucket(4, id), day(placed)))]
#[allow(dead_code, reason = "only its table is looked at")]
struct Partitioned {
    id: i64,
    placed: chrono::DateTime<chrono::Utc>,
}

#[tokio::test]
async fn transforms_of_partitions_are_icebergs_alone() {
    for (format, db) in clients().await {
        let made = db.migrate::<Partitioned>().await;
        match format {
            Format::Delta => {
                let error = made.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(
                    error.to_string().starts_with("Delta does not support transforms of partition columns"),
                    "{error}"
                );
            }
            Format::Iceberg { .. } => {
                assert!(made.unwrap().is_created());
                let placed = chrono::DateTime::UNIX_EPOCH;
                db.insert(&[Partitioned { id: 1, placed }, Partitioned { id: 2, placed }]).await.unwrap();
                db.exec(format!("DROP TABLE {}", format.table("written.partitioned"))).await.unwrap();
            }
        }
    }
}
