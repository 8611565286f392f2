//! Types that not every format and engine holds: the rows are read back, or the error says what is missing.

use chrono::NaiveTime;
use lakeorm::{Backend, Client, ErrorKind, LakeRow, LakeTable, Variant, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use serde_json::{Value, json};

use super::{client_with, clients, rows};

/// The words of an error that is about what is not there.
fn lacking(error: &lakeorm::Error) -> String {
    assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Server), "{error}");
    error.to_string()
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.times")]
struct Timed {
    #[lake(merge_key)]
    id: i64,
    at: Option<NaiveTime>,
}

fn times() -> [Timed; 3] {
    let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999);
    [(1, last), (2, Some(NaiveTime::MIN)), (3, None)].map(|(id, at)| Timed { id, at })
}

/// Delta has no such type, Iceberg for Spark none yet, and Sail, which makes the table, reads none that is sent.
#[tokio::test]
async fn times_of_day_are_written_nowhere_and_the_error_says_why() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let made = db.migrate::<Timed>().await;
        let missing = match format {
            Format::Iceberg { catalog: None } => {
                assert_eq!(made.unwrap().differences(), []);
                let error = db.insert(&times()).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
                assert!(error.to_string().contains("column `at` of the batches is Time64"), "{error}");
                assert_eq!(rows::<Timed>(&db, "written.times", "id").await, []);
                db.exec("DROP TABLE written.times").await.unwrap();
                continue;
            }
            Format::Delta => "which is TIME(6) in the struct",
            Format::Iceberg { .. } if engine.has(Ability::Times) => "[UNSUPPORTED_TIME_TYPE]",
            Format::Iceberg { .. } => "[UNSUPPORTED_DATATYPE]",
        };
        let told = lacking(&made.unwrap_err());
        assert!(told.contains(missing), "{format:?}: {told}");
        let error = db.insert(&times()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        assert!(error.to_string().contains("there is no table"), "{error}");
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.variants")]
struct Varied {
    #[lake(merge_key)]
    id: i64,
    value: Option<Variant>,
}

/// The variant of a JSON, as the engine makes it.
async fn variant(db: &Client, json: &Value) -> Variant {
    query_scalar(db, format!("SELECT parse_json('{json}')")).await.unwrap()
}

#[tokio::test]
async fn variants_are_kept_by_delta_and_version_3_of_iceberg_where_the_engine_tells_them() {
    let engine = Engine::from_env();
    for (format, without) in clients().await {
        let table = format.table("written.variants");
        let db = match format {
            Format::Delta => without,
            Format::Iceberg { .. } => {
                let told = lacking(&without.migrate::<Varied>().await.unwrap_err());
                assert!(told.contains("which is VARIANT in the struct"), "{told}");
                assert!(told.contains("format-version"), "{told}");
                client_with(format, Backend::none(), "format-version", "3").await
            }
        };
        let made = db.migrate::<Varied>().await;
        if !engine.has(Ability::Variants) {
            let told = lacking(&made.unwrap_err());
            assert!(told.contains("[UNSUPPORTED_DATATYPE]"), "{format:?}: {told}");
            continue;
        }
        let made = made.unwrap();
        if format == (Format::Iceberg { catalog: None }) {
            // Sail tells of its VARIANT in Iceberg as of the struct that holds one.
            let told: Vec<String> = made.differences().iter().map(ToString::to_string).collect();
            assert!(told.len() == 1 && told[0].contains("VARIANT"), "{told:?}");
            let error = db.insert(&[Varied { id: 1, value: None }]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
            continue;
        }
        assert_eq!(made.differences(), [], "{format:?}");
        let (object, list) = (json!({"a": [1, null], "b": {"c": "x"}}), json!([true]));
        let varied = |id, value: &Variant| Varied { id, value: Some(value.clone()) };
        let of_object = variant(&db, &object).await;
        db.insert(&[varied(1, &of_object), Varied { id: 2, value: None }]).await.unwrap();
        db.merge(&[varied(2, &variant(&db, &list).await), varied(3, &of_object)]).await.unwrap();
        let expected = [(1, Some(object.clone())), (2, Some(list)), (3, Some(object))];
        let found = rows::<Varied>(&db, &table, "id").await;
        let found: Vec<_> =
            found.into_iter().map(|row| (row.id, row.value.map(|value| value.to_json().unwrap()))).collect();
        assert_eq!(found, expected, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
