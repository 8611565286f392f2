//! Writing where the engine has no table format.

use lakeorm::{ErrorKind, LakeTable};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;

#[derive(LakeTable)]
#[lake(table = "no_format_here")]
struct Row {
    _id: i64,
}

#[tokio::test]
async fn a_migration_is_an_error_of_the_engine_that_names_the_format() {
    let db = Format::Delta.client(&Engine::from_env());
    let error = db.migrate::<Row>().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported), "{error}");
    assert!(error.to_string().to_lowercase().contains("delta"), "{error}");
}

#[tokio::test]
async fn an_insert_is_an_error_that_names_the_table() {
    let db = Format::Delta.client(&Engine::from_env());
    let error = db.insert(&[Row { _id: 1 }]).await.unwrap_err();
    assert!(error.to_string().contains("no_format_here"), "{error}");
}
