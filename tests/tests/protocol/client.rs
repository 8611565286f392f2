//! One handle: everything works from the client, over whatever driver it has.

use std::any::TypeId;

use lakeorm::dialect::Iceberg;
use lakeorm::spark::{IntoDataType, IntoDropped, IntoMembers, OptionValue};
use lakeorm::{
    Backend, Capability, Client, ErrorKind, open, query, query_first, query_optional, query_scalar,
    query_stream,
};
use lakeorm_tests::fake::{Failure, Fake, execute};
use tracing::Level;

use crate::observed::capture::Capture;
use crate::setup::{builder, driver, numbers, soon};

fn sent(fake: &Fake) -> Vec<String> {
    fake.sent("ExecutePlan").iter().map(|request| request.statement().unwrap().text).collect()
}

#[tokio::test]
async fn a_text_is_a_source_for_every_query_function() {
    let one = || execute().answer([numbers(7..8)]);
    let fake = Fake::start([one(), one(), one(), one(), one(), one(), one(), one()]).await;
    let db = Client::new(driver(&fake));
    let text = "SELECT id FROM t".to_owned();
    soon(async {
        assert_eq!(query::<(i64,)>(&db, "SELECT id FROM t").await?, [(7,)]);
        assert_eq!(query::<(i64,)>(&db, &text).await?, [(7,)]);
        assert_eq!(query_first::<(i64,)>(&db, text.clone()).await?, (7,));
        assert_eq!(query_optional::<(i64,)>(&db, &*text).await?, Some((7,)));
        let id: i64 = query_scalar(&db, &text).await?;
        assert_eq!(id, 7);
        let rows: Vec<(i64,)> =
            futures::TryStreamExt::try_collect(query_stream::<(i64,)>(&db, &text)).await?;
        assert_eq!(rows, [(7,)]);
        let source = db.sql("SELECT id FROM t WHERE id = ?").bind(7_i64);
        assert_eq!(query_first::<(i64,)>(&db, &source).await?, (7,));
        assert_eq!(query::<(i64,)>(&db, &source).await?, [(7,)]);
        Ok::<_, lakeorm::Error>(())
    })
    .await
    .unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_client_makes_sources_and_statements_and_answers_for_its_driver() {
    let fake = Fake::start([execute().answer([numbers(1..2)]), execute().answer([numbers(4..6)])]).await;
    let db = Client::new(builder(&fake).name("orders").pool_size(3).build().unwrap());
    assert_eq!(db.name(), "orders");
    assert_eq!((db.status().size, db.status().in_use), (3, 0));
    soon(async {
        db.ping().await?;
        let capabilities = db.capabilities().await?;
        assert!(capabilities.has(Capability::Exec) && capabilities.has(Capability::Ping), "{capabilities}");
        let ids: Vec<(i64,)> = query(&db, db.sql("SELECT id FROM t WHERE id = ?").bind(1_i64)).await?;
        assert_eq!(ids, [(1,)]);
        let outcome = db.exec("INSERT INTO t VALUES (:id)").bind_named("id", 5_i64).await?;
        assert_eq!(outcome.batches(), [numbers(4..6)]);
        db.close().await?;
        db.close().await
    })
    .await
    .unwrap();
    for refused in [
        soon(query::<(i64,)>(&db, "SELECT 1")).await.unwrap_err(),
        soon(async { db.exec("DELETE FROM t").await }).await.unwrap_err(),
        soon(db.ping()).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Closed, "{refused}");
    }
    assert_eq!(sent(&fake), ["SELECT id FROM t WHERE id = ?", "INSERT INTO t VALUES (:id)"]);
    fake.finish();
}

#[tokio::test]
async fn the_table_of_a_client_is_read_with_the_columns_of_the_row_type() {
    #[derive(Debug, PartialEq, lakeorm::LakeRow)]
    struct Row {
        id: i64,
    }
    let fake = Fake::start([execute().answer([numbers(1..3)])]).await;
    let db = Client::new(driver(&fake));
    let rows: Vec<Row> = soon(query(&db, db.table("t"))).await.unwrap();
    assert_eq!(rows, [Row { id: 1 }, Row { id: 2 }]);
    fake.finish();
}

#[tokio::test]
async fn the_table_of_a_row_type_is_read_by_its_full_name_with_the_columns_of_the_row_type() {
    #[derive(Debug, PartialEq, lakeorm::LakeRow, lakeorm::LakeTable)]
    #[lake(table = "shop.`my orders`")]
    struct Order {
        id: i64,
    }
    let fake = Fake::start([execute().answer([numbers(1..2)])]).await;
    let db = open(driver(&fake), Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let rows: Vec<Order> = soon(query(&db, db.table_of::<Order>().unwrap())).await.unwrap();
    assert_eq!(rows, [Order { id: 1 }]);
    let tree = fake.sent("ExecutePlan")[0].plan_tree().unwrap();
    assert_eq!(tree, "Project `id`\n  Table ice.shop.`my orders`");
    fake.finish();
}

#[test]
fn what_signatures_name_is_at_hand_beside_what_has_them() {
    fn takes(_: impl IntoDataType, _: impl IntoMembers, _: impl IntoDropped, _: impl Into<OptionValue>) {}
    takes("INT", [1_i64, 2], "id", true);
    for (root, module) in [
        (TypeId::of::<lakeorm::RetryPolicy>(), TypeId::of::<lakeorm::spark::RetryPolicy>()),
        (TypeId::of::<lakeorm::EncodeError>(), TypeId::of::<lakeorm::encode::EncodeError>()),
        (TypeId::of::<lakeorm::WriteError>(), TypeId::of::<lakeorm::encode::WriteError>()),
        (TypeId::of::<lakeorm::ReadError>(), TypeId::of::<lakeorm::column::ReadError>()),
        (TypeId::of::<lakeorm::RowsError>(), TypeId::of::<lakeorm::row::RowsError>()),
    ] {
        assert_eq!(root, module);
    }
}

#[tokio::test]
async fn a_scalar_is_the_one_column_of_the_first_row() {
    let two = arrow_array::RecordBatch::try_from_iter([
        ("a", crate::setup::column(0..1)),
        ("b", crate::setup::column(0..1)),
    ]);
    let fake = Fake::start([execute().answer([numbers(0..0)]), execute().answer([two.unwrap()])]).await;
    let db = Client::new(driver(&fake));
    let error = soon(query_scalar::<i64>(&db, "SELECT id FROM t WHERE false")).await.unwrap_err();
    assert!(error.is_no_rows(), "{error}");
    let error = soon(query_scalar::<i64>(&db, "SELECT 0 AS a, 0 AS b")).await.unwrap_err();
    assert!(error.is_schema_mismatch(), "{error}");
    fake.finish();
}

/// What a user reads who set something in a session that nobody gets again.
fn warnings(capture: &Capture) -> Vec<String> {
    let told = capture.events().into_iter().filter(|told| told.level == Level::WARN);
    told.filter(|told| told.target == "lakeorm").map(|told| told.fields["message"].clone()).collect()
}

#[tokio::test]
async fn a_statement_that_sets_state_in_a_pooled_session_is_warned_of_once() {
    let capture = Capture::start();
    let set = || execute().answer([]);
    let read = || execute().answer([numbers(0..1)]);
    let fake = Fake::start([set(), read(), read(), set()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(async { db.exec("SET spark.sql.ansi.enabled = false").await }).await.unwrap();
    let told = warnings(&capture);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("session_conf") && told[0].contains("session()"), "{told:?}");

    // By a query function too; and a query that sets nothing is not warned of.
    soon(query::<(i64,)>(&db, "USE other")).await.unwrap();
    assert_eq!(warnings(&capture).len(), 2);
    soon(query::<(i64,)>(&db, "SELECT 1")).await.unwrap();
    assert_eq!(warnings(&capture).len(), 2);

    // In a session of one's own it stays, so nothing is said.
    let session = soon(drv.session()).await.unwrap();
    soon(session.command(&spark_connect::Sql::new("SET spark.sql.ansi.enabled = false"))).await.unwrap();
    assert_eq!(warnings(&capture).len(), 2);
    drop(session);
    fake.finish();
}

#[tokio::test]
async fn a_session_is_a_driver_and_keeps_its_slot_while_a_client_over_it_lives() {
    let capture = Capture::start();
    let one = || execute().answer([numbers(7..8)]);
    let fake = Fake::start([execute().answer([]), one(), one()]).await;
    let drv = builder(&fake).name("orders").pool_size(1).build().unwrap();
    let session = soon(drv.session()).await.unwrap();
    let db = Client::new(session.clone());
    assert_eq!((db.name(), db.status().size, db.status().in_use), ("orders", 1, 1));
    soon(async {
        db.ping().await?;
        db.exec("USE IDENTIFIER(?)").bind("sales").await?;
        let id: i64 = query_scalar(&db, "SELECT id FROM t").await?;
        assert_eq!(id, 7);
        // A source of the session runs in it, whatever client it is given to.
        let id: (i64,) = query_first(&Client::new(drv.clone()), session.from_sql("SELECT id FROM t")).await?;
        assert_eq!(id, (7,));
        Ok::<_, lakeorm::Error>(())
    })
    .await
    .unwrap();
    assert_eq!(warnings(&capture), Vec::<String>::new());
    assert_eq!(fake.sessions("ExecutePlan"), [session.id(); 3].map(|id| id.to_string()));

    drop(session);
    assert_eq!(drv.status().in_use, 1, "the client keeps it");
    drop(db);
    soon(drv.session()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_closed_session_refuses_everything_and_its_driver_goes_on() {
    let fake = Fake::start([execute().answer([numbers(7..8)])]).await;
    let drv = driver(&fake);
    let session = soon(drv.session()).await.unwrap();
    let db = Client::new(session.clone());
    soon(db.close()).await.unwrap();
    soon(session.close()).await.unwrap();
    for refused in [
        soon(query::<(i64,)>(&db, "SELECT 1")).await.unwrap_err(),
        soon(async { session.exec("DELETE FROM t").await }).await.unwrap_err(),
        soon(db.ping()).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Closed, "{refused}");
    }
    let id: i64 = soon(query_scalar(&Client::new(drv), "SELECT id FROM t")).await.unwrap();
    assert_eq!(id, 7);
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_lost_is_not_replaced_by_one_in_which_nothing_is_set() {
    let lost = || execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "HY000"));
    let fake = Fake::start([lost(), lost()]).await;
    let db = Client::new(soon(driver(&fake).session()).await.unwrap());
    let error = soon(query::<(i64,)>(&db, "SELECT 1")).await.unwrap_err();
    assert!(error.is_session_lost(), "{error}");
    let error = soon(async { db.exec("DELETE FROM t").await }).await.unwrap_err();
    assert_eq!(fake.sent("ExecutePlan").len(), 2, "{error}");
    fake.finish();
}
