//! Frames of sessions, and what they keep.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryViewArray, Int64Array, RecordBatch, StringArray, StringViewArray,
    TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use lakeorm::spark::functions::{col, count, expr, lit, max, sum};
use lakeorm::spark::{ExplainMode, JoinType, SparkDriver, StorageLevel};
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::{Ability, Engine};

use super::{FIVE, is_refused, setup};

#[tokio::test]
async fn a_frame_of_a_session_sees_its_views_and_keeps_it() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let view = s.engine.unique("view");
    session.sql(FIVE).filter(col("id").le(2)).create_temp_view(&view).await.unwrap();
    let frame = session.table(&view).with_column("y", lit(1));
    let again = session.sql(FIVE).create_temp_view(&view).await.unwrap_err();
    assert!(is_refused(&s.engine, &again), "{again:?}");
    assert_eq!(frame.count().await.unwrap(), 2);
    session.sql(FIVE).create_or_replace_temp_view(&view).await.unwrap();
    drop(session);
    assert_eq!(s.drv.status().in_use, 1);
    assert_eq!(frame.count().await.unwrap(), 5);
    let rows = query::<(i32,)>(&s.db, frame.order_by(["id"]).select(["id"])).await.unwrap();
    assert_eq!(rows, [(1,), (2,), (3,), (4,), (5,)]);
    drop(frame);
    assert_eq!(s.drv.status().in_use, 0);
}

#[tokio::test]
async fn a_frame_of_the_driver_joined_with_one_of_a_session_runs_there() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let view = s.engine.unique("view");
    session.sql("SELECT 'a' AS k, 'Ada' AS name").create_temp_view(&view).await.unwrap();
    let joined = s.five.join(&session.table(&view), ["k"], JoinType::Inner);
    assert_eq!(joined.count().await.unwrap(), 2);
    let refused = s.five.create_temp_view("nowhere").await.unwrap_err();
    assert!(refused.to_string().contains("needs a session"), "{refused}");
}

#[tokio::test]
async fn frames_of_two_sessions_are_refused_before_anything_is_sent() {
    let s = setup();
    let (one, other) = (s.drv.session().await.unwrap(), s.drv.session().await.unwrap());
    let joined = one.sql(FIVE).join(&other.sql(FIVE), ["id"], JoinType::Inner);
    let result = query::<(i32,)>(&s.db, joined.select(["id"])).await;
    // Where tables live in the session all slots are one.
    if !s.engine.has(Ability::SharedTables) {
        return assert_eq!(result.unwrap().len(), 5);
    }
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("two sessions"), "{error}");
}

#[tokio::test]
async fn frames_of_two_drivers_are_refused_before_anything_is_sent() {
    let s = setup();
    let other = s.engine.driver();
    let session = other.session().await.unwrap();
    let (stranger, strange_session) = (other.sql(FIVE), session.sql(FIVE));
    for joined in [
        s.five.union(&stranger),
        stranger.union(&s.five),
        s.five.union(&strange_session),
        strange_session.union(&s.five),
        s.five.filter(stranger.exists()),
        s.five.filter(strange_session.limit(1).exists()),
    ] {
        let error = query::<(i32,)>(&s.db, joined.select(["id"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("may be two servers"), "{error}");
    }
}

#[tokio::test]
async fn with_two_slots_frames_dropped_in_every_order_give_both_back() {
    let engine = Engine::from_env();
    let drv = SparkDriver::builder(&engine.remote).pool_size(2).build().unwrap();
    let db = Client::new(drv.clone());
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let session = drv.session().await.unwrap();
        let frame = session.sql("SELECT 1 AS one");
        let stream = frame.limit(1).stream();
        let mut kept: Vec<Option<Box<dyn Send>>> =
            vec![Some(Box::new(session)), Some(Box::new(frame)), Some(Box::new(stream))];
        for position in order {
            assert_eq!(drv.status().in_use, 1);
            assert_eq!(query::<(i32,)>(&db, "SELECT 1").await.unwrap(), [(1,)]);
            kept[position] = None;
        }
        assert_eq!(drv.status().in_use, 0, "{order:?}");
    }
    drv.close().await.unwrap();
}

#[tokio::test]
async fn rows_of_the_program_are_a_frame() {
    let s = setup();
    let rows = s.five.filter(col("id").le(3)).collect().await.unwrap();
    // Each row in a batch of its own, however the server sent them.
    let batches: Vec<_> =
        rows.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1))).collect();
    assert_eq!(batches.len(), 3);
    let local = s.drv.create_dataframe(&batches);
    assert_eq!(local.columns().await.unwrap(), ["id", "k", "n", "x"]);
    assert_eq!(s.ids(&local.filter(col("k").eq("a")).order_by(["id"])).await, [1, 3]);
    assert_eq!(local.join(&s.five, ["id"], JoinType::Inner).count().await.unwrap(), 3);
}

#[tokio::test]
async fn rows_of_the_program_may_be_views_and_timestamps_of_any_unit() {
    let s = setup();
    let at = TimestampMillisecondArray::from(vec![1_709_164_800_123, -1]).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 3] = [
        ("text", Arc::new(StringViewArray::from_iter_values(["a", "longer than twelve bytes"]))),
        ("bytes", Arc::new(BinaryViewArray::from_iter_values([b"\xff".as_slice(), b""]))),
        ("at", Arc::new(at)),
    ];
    let frame = s.drv.create_dataframe(&[RecordBatch::try_from_iter(columns).unwrap()]);
    let texts = s.rows::<(String,)>(&frame.order_by(["at"]).select(["text"])).await;
    assert_eq!(texts, [("longer than twelve bytes".to_owned(),), ("a".to_owned(),)]);
    let found = frame.filter(expr("at = TIMESTAMP '2024-02-29 00:00:00.123Z' AND bytes = X'FF'"));
    assert_eq!(found.count().await.unwrap(), 1);
}

#[tokio::test]
async fn cached_rows_of_a_filter_are_those_of_the_next_filter() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let cached = session.range(0, 100).with_column("kept", lit("of a filter")).filter(col("id").ge(10));
    cached.cache().await.unwrap();
    let plan = cached.filter(col("id").lt(20)).explain(ExplainMode::Extended).await.unwrap();
    assert_eq!(plan.contains("InMemoryTableScan"), s.engine.has(Ability::TableCaches), "{plan}");
    assert_eq!(cached.filter(col("id").lt(20)).count().await.unwrap(), 10);
    cached.unpersist().await.unwrap();
    // Servers before make another plan of random values each time.
    if s.engine.has(Ability::FunctionsOf(4, 1)) {
        let random = session.range(0, 100).with_column("u", expr("uuid()")).filter(col("id").ge(10));
        random.cache().await.unwrap();
        let some = random.filter(col("id").lt(20)).select(["u"]);
        assert_eq!(some.intersect(&random.select(["u"])).count().await.unwrap(), 10);
        random.unpersist().await.unwrap();
    }
}

#[tokio::test]
async fn rows_are_kept_by_the_server_where_it_can() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    // Another frame than those of other tests: the server keeps rows by plan.
    let five = session.sql(FIVE).with_column("kept", lit(1));
    five.persist(StorageLevel::DiskOnly).await.unwrap();
    // Sail takes the calls, keeps nothing, and says the same of every frame.
    let (kept, forgotten) = match s.engine.has(Ability::TableCaches) {
        true => (Some(StorageLevel::DiskOnly), None),
        false => (Some(StorageLevel::MemoryOnly), Some(StorageLevel::MemoryOnly)),
    };
    assert_eq!(five.storage_level().await.unwrap(), kept);
    assert_eq!(five.is_cached().await.unwrap(), kept.is_some());
    assert_eq!(five.count().await.unwrap(), 5);
    five.unpersist().await.unwrap();
    assert_eq!(five.storage_level().await.unwrap(), forgotten);
    assert_eq!(five.is_cached().await.unwrap(), forgotten.is_some());
    let kept = session.sql(FIVE).local_checkpoint().await;
    match s.engine.has(Ability::Checkpoints) {
        true => assert_eq!(kept.unwrap().filter(col("id").gt(3)).count().await.unwrap(), 2),
        // What Spark 3.5 lacks is not sent, and Sail refuses it itself.
        false => {
            let is_sent = !s.engine.has(Ability::TableCaches);
            let kind = if is_sent {
                spark_connect::ErrorKind::Server
            } else {
                spark_connect::ErrorKind::Unsupported
            };
            assert_eq!(kept.unwrap_err().kind(), kind);
        }
    }
}

#[tokio::test]
async fn rows_that_go_ahead_of_the_plan_are_there_whole() {
    let s = setup();
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("text", DataType::Utf8, true),
    ]));
    let part = |from: i64| {
        let ids = Int64Array::from_iter_values(from..from + 100_000);
        let texts: StringArray =
            (from..from + 100_000).map(|id| (id % 2 == 0).then(|| format!("row {id}"))).collect();
        RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(ids), Arc::new(texts)]).unwrap()
    };
    let frame = s.drv.create_dataframe(&[part(0), part(100_000)]);
    let known = frame.agg([count("*"), count("text"), sum("id"), max("text")]);
    for _ in 0..2 {
        let rows = s.rows::<(i64, i64, i64, String)>(&known).await;
        assert_eq!(rows, [(200_000, 100_000, 19_999_900_000, "row 99998".to_owned())]);
    }
    assert_eq!(frame.union(&frame).count().await.unwrap(), 400_000);
    let session = s.drv.session().await.unwrap();
    let view = s.engine.unique("view");
    session.create_dataframe(&[part(0)]).create_or_replace_temp_view(&view).await.unwrap();
    assert_eq!(session.table(&view).count().await.unwrap(), 100_000);
}

#[tokio::test]
async fn a_tag_stops_what_carries_it_and_nothing_else() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let tag = s.engine.unique("tag");
    let slow = session.with_tag(&tag).unwrap();
    let (running, mut is_running) = tokio::sync::mpsc::unbounded_channel();
    let sum =
        slow.from_sql("SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100000000000, 1, 1)").on_progress(
            move |progress| progress.stages.iter().for_each(|_| running.send(()).unwrap_or_default()),
        );
    let summing = tokio::spawn(async move { query::<(i64,)>(&Client::new(slow), sum).await });
    // An interrupt that comes while Spark plans is lost; elsewhere one may come before the query, and finds nothing.
    if s.engine.has(Ability::Progress) {
        is_running.recv().await.unwrap();
    }
    let other = session.with_tag(format!("{tag}-other")).unwrap().range(0, 1000);
    assert!(session.interrupt_tag("nobody").await.unwrap().is_empty());
    let mut stopped = Vec::new();
    while stopped.is_empty() {
        stopped = session.interrupt_tag(&tag).await.unwrap();
    }
    assert_eq!(stopped.len(), 1);
    let error = summing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert_eq!(other.count().await.unwrap(), 1000);
}

#[tokio::test]
async fn a_copy_of_a_session_has_what_was_set_and_goes_its_own_way() {
    let s = setup();
    let session = s.drv.session().await.unwrap();
    let view = s.engine.unique("view");
    session.sql(FIVE).create_temp_view(&view).await.unwrap();
    let copy = session.clone_session().await;
    if !s.engine.has(Ability::SessionCopies) {
        return assert_eq!(copy.unwrap_err().kind(), spark_connect::ErrorKind::Unsupported);
    }
    let copy = copy.unwrap();
    copy.table(&view).limit(2).create_temp_view(format!("{view}_two")).await.unwrap();
    assert_eq!(copy.table(format!("{view}_two")).count().await.unwrap(), 2);
    let error = session.table(format!("{view}_two")).count().await.unwrap_err();
    assert!(error.is_table_not_found(), "{error}");
    copy.release().await.unwrap();
    assert_eq!(session.table(&view).count().await.unwrap(), 5);
}
