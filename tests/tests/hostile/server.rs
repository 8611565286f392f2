//! What a server answers over a connection, read by a whole driver.

use std::future::IntoFuture;
use std::sync::Arc;

use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, LargeStringArray, RecordBatch, RecordBatchOptions, RunArray,
    StringArray, StringViewArray, StructArray,
};
use arrow_ipc::CompressionType;
use arrow_schema::Schema;
use futures::{StreamExt, TryStreamExt};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, DynamicRow, ErrorKind, LakeRow, Value, query, query_stream};
use lakeorm_tests::fake::{
    Details, Exchange, Failure, Fake, Response, batch, batch_at, chunks, complete, execute, progress, schema,
    sql_result,
};
use spark_connect::{RetryPolicy, Sql};

use crate::abort_on_panic;
use crate::claims::compressed;
use crate::setup::{builder, column, counted, driver, error_of, every_text, numbers, select, session, soon};

async fn fake(script: impl IntoIterator<Item = Exchange>) -> Fake {
    abort_on_panic();
    Fake::start(script).await
}

async fn rows<T: lakeorm::LakeRowOwned>(drv: &SparkDriver) -> lakeorm::Result<Vec<T>> {
    soon(query::<T>(&Client::new(drv.clone()), drv.from_sql("SELECT * FROM t"))).await
}

async fn exec(drv: &SparkDriver) -> lakeorm::Error {
    soon(drv.exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap_err()
}

/// The result goes on as if nothing had been wrong with the one before.
async fn still_works(drv: &SparkDriver) {
    assert_eq!(rows::<(i64,)>(drv).await.unwrap(), [(0,), (1,), (2,)]);
}

fn good() -> Exchange {
    execute().answer([numbers(0..3)])
}

#[tokio::test]
async fn an_id_longer_than_any_servers_is_an_error_and_is_neither_kept_nor_repeated() {
    type Named = fn(Response, String) -> Response;
    let ids: [(&str, Named); 3] = [
        ("response", |response, id| response.with_response_id(id)),
        ("operation", |response, id| response.with_operation_id(id)),
        ("session", |response, id| response.with_server_side_session_id(id)),
    ];
    for (of, named) in ids {
        for length in [513, 8 << 20] {
            let with = |response| named(response, "i".repeat(length));
            let fake = fake([
                execute().at_work().send(with(batch(&numbers(0..3)))).send(complete()),
                execute().at_work().send(with(sql_result(None))).send(complete()),
            ])
            .await;
            let session = session(&fake);
            let error = error_of(select(&session)).await;
            assert_eq!(error.kind(), spark_connect::ErrorKind::Protocol, "{of} {length}: {error}");
            assert!(!every_text(&error).contains(&"i".repeat(100)), "{of} {length}");
            let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
            assert_eq!(error.kind(), spark_connect::ErrorKind::OutcomeUnknown, "{of} {length}: {error}");
            assert_eq!(fake.sent("ExecutePlan").len(), 2, "{of} {length}");
            assert!(fake.requests().iter().all(|request| {
                let observed = request.observed_session_id.as_deref();
                observed.is_none_or(|id| id.len() <= 36) && request.last_response_id().is_none()
            }));
            fake.finish_anywhere();
        }
    }
}

#[tokio::test]
async fn an_id_as_long_as_one_may_be_is_taken() {
    let id = || "i".repeat(512);
    let first = batch(&numbers(0..3)).with_response_id(id()).with_server_side_session_id(id());
    let fake = fake([execute().send(first).send(complete().with_server_side_session_id(id()))]).await;
    assert_eq!(crate::setup::all(select(&session(&fake))).await.unwrap(), counted(0..3));
    fake.finish();
}

/// The texts in every layout that Arrow has for them.
fn encoded(texts: &[Option<&str>]) -> Vec<ArrayRef> {
    let strings = || StringArray::from_iter(texts.iter().copied());
    let small: DictionaryArray<Int8Type> = texts.iter().copied().collect();
    let large: DictionaryArray<Int32Type> = texts.iter().copied().collect();
    let ends = || Int32Array::from_iter_values(1..=i32::try_from(texts.len()).unwrap());
    let keys = Int32Array::from_iter_values(0..i32::try_from(texts.len()).unwrap());
    let views: ArrayRef = Arc::new(StringViewArray::from_iter(texts.iter().copied()));
    vec![
        Arc::new(strings()),
        Arc::new(LargeStringArray::from_iter(texts.iter().copied())),
        Arc::clone(&views),
        Arc::new(small),
        Arc::new(large),
        Arc::new(DictionaryArray::<Int32Type>::new(keys, views)),
        Arc::new(RunArray::<Int32Type>::try_new(&ends(), &strings()).unwrap()),
    ]
}

#[tokio::test]
async fn a_column_is_read_alike_however_it_is_encoded() {
    const FIRST: [Option<&str>; 5] =
        [Some("short"), None, Some("one that is longer than a view is"), Some("short"), Some("")];
    const SECOND: [Option<&str>; 2] = [Some("of another dictionary"), Some("short")];
    let whole: Vec<(Option<String>,)> =
        FIRST.iter().chain(&SECOND).map(|text| (text.map(str::to_owned),)).collect();
    for (first, second) in encoded(&FIRST).into_iter().zip(encoded(&SECOND)) {
        let layout = first.data_type().clone();
        let of = |column| RecordBatch::try_from_iter_with_nullable([("text", column, true)]).unwrap();
        let (first, second) = (of(first), of(second));
        let in_chunks = execute().send_all(chunks(0, &first, 3)).send(batch_at(5, &second)).send(complete());
        let fake = fake([execute().answer([first, second]), in_chunks]).await;
        let drv = driver(&fake);
        for way in ["whole", "in chunks"] {
            let read = rows::<(Option<String>,)>(&drv).await.unwrap();
            assert_eq!(read, whole, "{layout} {way}");
        }
        fake.finish();
    }
}

/// A text of so many bytes, in so many rows by a dictionary.
fn repeated(bytes: usize, rows: usize) -> RecordBatch {
    let text = "a".repeat(bytes);
    let texts: DictionaryArray<Int32Type> = std::iter::repeat_n(text.as_str(), rows).collect();
    RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap()
}

fn text(bytes: usize) -> RecordBatch {
    RecordBatch::try_from_iter([("text", Arc::new(StringArray::from(vec!["a".repeat(bytes)])) as ArrayRef)])
        .unwrap()
}

fn nothing(rows: usize) -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap()
}

/// What stands for more than 8 and less than 64 MiB, and how many rows it has.
fn vast() -> Vec<(&'static str, Vec<Response>, usize)> {
    const MIB: usize = 1 << 20;
    let bomb = |codec| batch(&text(12 * MIB)).with_arrow_data(compressed(&text(12 * MIB), codec));
    let (lz4, zstd) = (bomb(CompressionType::LZ4_FRAME), bomb(CompressionType::ZSTD));
    for bomb in [&lz4, &zstd] {
        assert!(bomb.arrow_data().unwrap().len() < MIB / 4);
    }
    vec![
        ("a batch", vec![batch(&text(12 * MIB))], 1),
        ("chunks", chunks(0, &text(12 * MIB), 40), 1),
        ("a dictionary of one long text", vec![batch(&repeated(MIB / 4, 100))], 100),
        ("LZ4", vec![lz4], 1),
        ("ZSTD", vec![zstd], 1),
        ("rows of no columns", vec![batch(&nothing(1)).with_row_count(200_000)], 200_000),
    ]
}

#[tokio::test]
async fn a_batch_larger_than_max_batch_bytes_is_an_error_that_names_the_option() {
    for (what, responses, _) in vast() {
        let fake = fake([execute().at_work().send_all(responses).send(complete()), good()]).await;
        let drv = builder(&fake).max_batch_bytes(8 << 20).build().unwrap();
        let error = rows::<DynamicRow>(&drv).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{what}: {error}");
        let text = every_text(&error);
        assert!(text.contains("more than 8388608 bytes of memory"), "{what}: {text}");
        assert!(text.contains("raise `max_batch_bytes`"), "{what}: {text}");
        still_works(&drv).await;
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_batch_within_max_batch_bytes_is_read_whole() {
    for (what, responses, count) in vast() {
        let fake = fake([execute().send_all(responses).send(complete())]).await;
        let drv = builder(&fake).max_batch_bytes(64 << 20).build().unwrap();
        let read = rows::<DynamicRow>(&drv).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read.len(), count, "{what}");
        fake.finish();
    }
}

#[tokio::test]
async fn rows_of_a_statement_larger_than_max_batch_bytes_leave_open_whether_it_ran() {
    let fake =
        fake([execute().at_work().send(sql_result(Some(&text(12 << 20)))).send(complete()), good()]).await;
    let drv = builder(&fake).max_batch_bytes(8 << 20).build().unwrap();
    let error = exec(&drv).await;
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(error.may_have_run() && !error.is_retryable());
    assert!(every_text(&error).contains("raise `max_batch_bytes`"), "{}", every_text(&error));
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    still_works(&drv).await;
    fake.finish_anywhere();
}

#[tokio::test]
async fn rows_that_are_too_large_do_not_hide_that_a_statement_ran() {
    for (what, responses, _) in vast() {
        let fake = fake([execute().at_work().send_all(responses).send(complete())]).await;
        let drv = builder(&fake).max_batch_bytes(8 << 20).build().unwrap();
        let db = Client::new(drv);
        let read = query::<DynamicRow>(&db, "INSERT INTO t VALUES (1)");
        let error = soon(read).await.unwrap_err();
        assert!(error.may_have_run() && !error.is_retryable(), "{what}: {error}");
        assert!(every_text(&error).contains("raise `max_batch_bytes`"), "{what}: {error}");
        fake.finish_anywhere();
    }
}

#[derive(Debug, PartialEq, LakeRow)]
struct Three {
    c0: i64,
    c25000: i64,
    c49999: i64,
}

#[tokio::test]
async fn fifty_thousand_columns_are_read_by_their_names() {
    const COLUMNS: i64 = 50_000;
    let columns = (0..COLUMNS).map(|number| (format!("c{number}"), column(number..number + 2)));
    let wide = RecordBatch::try_from_iter(columns).unwrap();
    let fake = fake([execute().answer([wide.clone()]), execute().answer([wide])]).await;
    let drv = driver(&fake);
    let expected = [0, 1].map(|row| Three { c0: row, c25000: 25_000 + row, c49999: 49_999 + row });
    assert_eq!(rows::<Three>(&drv).await.unwrap(), expected);
    let whole = rows::<DynamicRow>(&drv).await.unwrap();
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[1].get("c31337"), Some(&Value::Long(31_338)));
    fake.finish();
}

#[tokio::test]
async fn two_answers_to_one_statement_leave_open_which_is_true() {
    let answer = |rows| sql_result(Some(&numbers(rows)));
    let fake = fake([
        execute().at_work().send(answer(0..1)).send(answer(1..2)).send(complete()),
        execute().at_work().send(progress()).send(sql_result(None)).send(sql_result(None)).send(complete()),
        good(),
    ])
    .await;
    let drv = driver(&fake);
    for _ in 0..2 {
        let error = exec(&drv).await;
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(every_text(&error).contains("answered the command twice"), "{}", every_text(&error));
    }
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    still_works(&drv).await;
    fake.finish_anywhere();
}

#[tokio::test]
async fn what_a_server_says_of_the_schema_beside_its_batches_decides_nothing() {
    let of = |name: &str| schema(&RecordBatch::try_from_iter([(name, column(0..1))]).unwrap().schema());
    let rows_of = || batch(&numbers(0..3));
    let fake = fake([
        execute().send(of("id")).send(of("other")).send(rows_of()).send(complete()),
        execute().send(of("id")).send(rows_of()).send(of("other")).send(complete()),
    ])
    .await;
    let drv = driver(&fake);
    still_works(&drv).await;
    still_works(&drv).await;
    fake.finish();
}

#[tokio::test]
async fn rows_behind_the_end_of_an_arrow_stream_are_refused_and_not_left_out_in_silence() {
    let two = [numbers(0..2), numbers(2..5)].map(|rows| batch(&rows).arrow_data().unwrap().to_vec()).concat();
    for claimed in [2, 5] {
        let response = batch(&numbers(0..2)).with_arrow_data(two.clone()).with_row_count(claimed);
        let fake = fake([execute().send(response).send(complete())]).await;
        let error = rows::<(i64,)>(&driver(&fake)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{claimed}: {error}");
        assert!(error.to_string().contains("a message does not fit its frame"), "{claimed}: {error}");
        fake.finish_anywhere();
    }
}

/// What a log line of one error may take.
const BOUND: usize = 64 * 1024;

/// Whose details are three texts of so many bytes.
fn detailed(bytes: usize) -> Failure {
    let vast = "x".repeat(bytes);
    let details = Details::new("DIVIDE_BY_ZERO", "22012", &vast).context(0, 3, &vast).cause(&vast);
    Failure::spark("DIVIDE_BY_ZERO", "22012").details(details)
}

#[tokio::test]
async fn an_error_of_nearly_a_megabyte_is_cut_and_says_so() {
    let failure = || detailed(300 << 10);
    let fake = fake([execute().fail(failure()), execute().fail(failure()), good()]).await;
    let drv = driver(&fake);
    for error in [rows::<(i64,)>(&drv).await.unwrap_err(), exec(&drv).await] {
        assert_eq!(
            (error.kind(), error.error_class()),
            (ErrorKind::Server, Some("DIVIDE_BY_ZERO")),
            "{error}"
        );
        let text = every_text(&error);
        assert!(error.to_string().len() < BOUND && text.len() < 8 * BOUND, "{}", text.len());
        assert!(text.contains("more bytes left out"), "{error}");
    }
    assert_eq!((fake.sent("FetchErrorDetails").len(), fake.sent("ExecutePlan").len()), (2, 2));
    still_works(&drv).await;
    fake.finish();
}

/// A few of its bytes may stand for a hundred each.
#[tokio::test]
async fn details_of_more_than_a_megabyte_are_not_read_and_the_error_stands_without() {
    let fake = fake([execute().fail(detailed(5 << 20)), good()]).await;
    let drv = driver(&fake);
    let error = rows::<(i64,)>(&drv).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Server, Some("DIVIDE_BY_ZERO")), "{error}");
    assert!(error.to_string().contains("the server's words"), "{error}");
    assert_eq!(fake.sent("FetchErrorDetails").len(), 1);
    still_works(&drv).await;
    fake.finish();
}

/// Columns, and fields of a struct, that no message can repeat.
fn vast_names() -> [RecordBatch; 4] {
    let vast = |number: i64| format!("c{number}{}", "x".repeat(1 << 20));
    let of = |names: Vec<String>| {
        RecordBatch::try_from_iter(names.into_iter().map(|name| (name, column(0..1)))).unwrap()
    };
    let long = of((0..3).map(vast).collect());
    let wide = of((0..5000).map(|number| format!("column{number}")).collect());
    let alike = of(vec!["c0".to_owned(); 5000]);
    let nested = StructArray::from(of((0..3).map(vast).collect()));
    let nested = RecordBatch::try_from_iter([("c0", Arc::new(nested) as ArrayRef)]).unwrap();
    [long, wide, alike, nested]
}

#[tokio::test]
async fn names_of_megabytes_and_thousands_of_columns_make_a_short_error() {
    for batch in vast_names() {
        let answer = || execute().at_work().answer([batch.clone()]);
        let fake = fake([answer(), answer(), answer(), good()]).await;
        let drv = driver(&fake);
        let errors = [
            rows::<Three>(&drv).await.unwrap_err(),
            rows::<(String, i64, i64)>(&drv).await.unwrap_err(),
            rows::<(i8,)>(&drv).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
            assert!(error.to_string().len() < BOUND / 2, "{}", error.to_string().len());
            assert!(every_text(&error).len() < 4 * BOUND, "{}", every_text(&error).len());
        }
        still_works(&drv).await;
        fake.finish();
    }
}

/// Retries that are not waited for long.
fn hurried() -> RetryPolicy {
    let wait = std::time::Duration::from_millis(1);
    RetryPolicy { max_retries: 2, initial_backoff: wait, max_backoff: wait, ..RetryPolicy::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_beside_a_close_ends_with_all_its_rows_or_one_error_and_the_close_returns() {
    for (sessions, executed) in [(1, 1), (3, 1), (3, 2), (3, 7), (8, 12), (3, 24)] {
        let fake = fake((0..24).map(|_| execute().answer([numbers(0..2), numbers(2..3)]))).await;
        let drv = builder(&fake).pool_size(sessions).retry_policy(hurried()).build().unwrap();
        let mut queries = tokio::task::JoinSet::new();
        for number in 0..24 {
            let (db, drv) = (Client::new(drv.clone()), drv.clone());
            queries.spawn(async move {
                let source = drv.from_sql("SELECT id FROM t");
                match number % 2 {
                    0 => query::<(i64,)>(&db, source).await,
                    _ => query_stream::<(i64,)>(&db, source).try_collect().await,
                }
            });
        }
        fake.wait_for_nth("ExecutePlan", executed).await;
        soon(drv.close()).await.unwrap();
        let mut answered = 0;
        while let Some(ended) = soon(queries.join_next()).await {
            match ended.unwrap() {
                Ok(rows) => {
                    assert_eq!(rows, [(0,), (1,), (2,)]);
                    answered += 1;
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Closed, "{error}"),
            }
        }
        assert_eq!(answered, fake.sent("ExecutePlan").len(), "{sessions} sessions, {executed} executed");
        assert!(answered >= executed);
        let ids = |rpc| -> std::collections::BTreeSet<String> {
            fake.sent(rpc).into_iter().map(|request| request.session_id).collect()
        };
        assert!(
            ids("ExecutePlan").is_subset(&ids("ReleaseSession")),
            "{sessions} sessions, {executed} executed"
        );
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_result_that_nobody_reads_keeps_a_close_for_a_while_and_ends_with_one_error() {
    let fake = fake([execute().send(batch(&numbers(0..3))).stall("never")]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.next()).await.unwrap().unwrap(), (0,));
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    let rest = soon(rows.collect::<Vec<_>>()).await;
    let ends: Vec<_> = rest.iter().map(|end| end.as_ref().map_err(lakeorm::Error::kind)).collect();
    assert_eq!(ends, [Ok(&(1,)), Ok(&(2,)), Err(ErrorKind::Closed)]);
    assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("Config").len()), (1, 1));
    fake.finish_anywhere();
}
