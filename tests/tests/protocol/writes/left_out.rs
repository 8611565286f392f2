//! Inserts into tables with columns that the struct has no field for.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use lakeorm::{ErrorKind, WritePath};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};

use super::described::describe;
use super::{Keyed, Row, at_once, client, conflict, dropped, found, insert, merge, told, view};
use crate::setup::soon;

/// A look at a table with a column that no row has a value for.
fn look() -> Exchange {
    look_at(true)
}

/// The same, whose column may be NULL or not.
fn look_at(is_nullable: bool) -> Exchange {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("more", DataType::Utf8, is_nullable),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

/// A merge conflicts with what others write meanwhile, and an append does not.
#[tokio::test]
async fn an_insert_stays_one_where_the_engine_fills_what_it_leaves_out() {
    let fake = Fake::start([look(), view().answer([]), insert().answer([]), dropped()]).await;
    let db = client(&fake);
    let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_insert_is_a_merge_where_the_engine_wants_a_value_for_each_column() {
    let script = [look(), view().answer([]), merge().answer([]), dropped()];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As Spark before 4.1 does in tables of Iceberg.
#[tokio::test]
async fn an_insert_that_is_refused_for_what_it_leaves_out_is_a_merge_at_once_and_from_then_on() {
    for (class, state) in
        [("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", "KD000"), ("DELTA_INSERT_COLUMN_MISMATCH", "42802")]
    {
        let refused = insert().fail(Failure::spark(class, state));
        let merged = || [view().answer([]), merge().answer([]), dropped()];
        let first = [look(), view().answer([]), refused, dropped()].into_iter().chain(merged());
        let fake = Fake::start(first.chain([look()]).chain(merged())).await;
        let db = client(&fake);
        for _ in 0..2 {
            let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
            assert_eq!((written.path(), written.retries()), (WritePath::Direct, 0), "{class}");
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// The description of a table whose column has a default, or none.
fn described(has_default: bool) -> Exchange {
    let lines = [
        ("# Detailed Table Information", ""),
        ("Provider", "delta"),
        ("# Column Default Values", ""),
        ("MORE", "string"),
    ];
    let lines = if has_default { &lines[..] } else { &lines[..2] };
    describe().answer([told(lines)])
}

/// Somebody else may have given it one.
#[tokio::test]
async fn a_known_table_that_refuses_a_write_is_described_again() {
    let written = || [view().answer([]), insert().answer([]), dropped()];
    let first = [look(), described(false)].into_iter().chain(written());
    let refused = [look_at(false), described(false)];
    let second = [look_at(false), described(true)].into_iter().chain(written());
    // That it has one is known from then on.
    let third = [look_at(false)].into_iter().chain(written());
    let fake = Fake::start(first.chain(refused).chain(second).chain(third)).await;
    let db = client(&fake);
    let mut ended = Vec::new();
    for _ in 0..4 {
        let inserted = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
        ended.push(inserted.map(|written| written.rows()).map_err(|error| error.kind()));
    }
    assert_eq!(ended, [Ok(1), Err(ErrorKind::SchemaMismatch), Ok(1), Ok(1)]);
    assert_eq!(fake.descriptions(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_table_is_described_again_if_it_would_refuse_the_next_attempt() {
    for has_default in [true, false] {
        let attempt = [view().answer([]), insert().fail(conflict()), dropped(), found(0)];
        let compared = [look_at(false), described(has_default)];
        let written = has_default.then(|| [view().answer([]), insert().answer([]), dropped()]);
        let script = [look(), described(false)].into_iter().chain(attempt).chain(compared);
        let fake = Fake::start(script.chain(written.into_iter().flatten())).await;
        let db = client(&fake);
        let inserted = soon(db.insert(&[Row { id: 1 }]).conflicts(at_once(1)).into_future()).await;
        let ended = inserted.map(|written| written.retries()).map_err(|error| error.kind());
        assert_eq!(ended, if has_default { Ok(1) } else { Err(ErrorKind::SchemaMismatch) });
        assert_eq!(fake.descriptions(), 0);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_required_column_with_a_default_may_be_left_out() {
    let inserted = || [look_at(false), view().answer([]), insert().answer([]), dropped()];
    let [looked, rest @ ..] = inserted();
    let first = [looked, described(true)].into_iter().chain(rest);
    // The second time its default is known.
    let fake = Fake::start(first.chain(inserted())).await;
    let db = client(&fake);
    for _ in 0..2 {
        soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    }
    soon(db.close()).await.unwrap();
    assert_eq!(fake.descriptions(), 0);
    fake.finish();
}

/// How Databricks tells it, which has no section of defaults and generated columns in its descriptions.
#[tokio::test]
async fn a_required_column_that_is_generated_may_be_left_out() {
    let made = "CREATE TABLE main.default.t (\n  id BIGINT NOT NULL,\n  `more` STRING NOT NULL COMMENT 'it''s' GENERATED \
                ALWAYS AS (CAST(id AS STRING)),\n  _ingest_id STRING)\nUSING delta";
    let shown = |text: &str| {
        let column = Arc::new(StringArray::from(vec![text])) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("createtab_stmt", column)]).unwrap();
        on("SHOW CREATE TABLE t").answer([batch])
    };
    let asked = |text: &str| [look_at(false), described(false), shown(text)];
    let inserted = || [view().answer([]), insert().answer([]), dropped()];
    let merged = [look_at(false), view().answer([]), merge().answer([]), dropped()];
    // From then on it is known.
    let script = asked(made).into_iter().chain(inserted()).chain(merged);
    let fake = Fake::start(script).await;
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    soon(db.merge(&[Keyed { id: 1 }]).into_future()).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();

    let fake = Fake::start(asked(&made.replace("GENERATED ALWAYS AS", "CHECK"))).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// It might fill one with NULL that it merges.
#[tokio::test]
async fn an_engine_that_fills_no_columns_is_not_asked_which_it_fills() {
    let fake = Fake::builder().echoes_session_ids().script([look_at(false)]).start().await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert_eq!(fake.creations(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_required_column_that_nobody_fills_is_named_with_the_write_that_may_leave_it_out() {
    let fake = Fake::start([look_at(false)]).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!((error.kind(), fake.creations()), (ErrorKind::SchemaMismatch, 1));
    let expected = "the table has a column \"more\" STRING NOT NULL that the struct has no field for; a merge with \
                    `update_only()` needs no value for it";
    assert!(error.to_string().ends_with(expected), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
