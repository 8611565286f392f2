//! Plans of frames as they are sent, and those that are not: with a mistake in them, or to a server that misreads them.

use arrow_schema::{DataType, Field, Schema};
use lakeorm::spark::functions::{call_function, col, lit, named_argument};
use lakeorm::spark::{DataFrame, MergeAction};
use lakeorm_tests::fake::{Exchange, Fake, execute};
use spark_connect::ErrorKind;

use crate::setup::{driver, every_text, numbers, session, soon};

/// Frames that Spark before 4.0 takes for others, and words of their refusals.
fn misread(table: &DataFrame) -> [(DataFrame, &'static str); 2] {
    [
        (table.select([table.col("*")]), "name the columns, or use an alias"),
        (table.select([col("a").try_cast("int")]), "use `expr(\"try_cast(a AS INT)\")`"),
    ]
}

fn rows() -> Exchange {
    execute().answer([numbers(0..1)])
}

fn done() -> Exchange {
    execute().answer([])
}

/// The plans that were executed, as text.
fn plans(fake: &Fake) -> Vec<String> {
    fake.sent("ExecutePlan").iter().filter_map(|request| request.plan_tree()).collect()
}

#[tokio::test]
async fn a_mistake_is_told_before_anything_is_sent_and_holds_no_value() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let (value, table) = (u64::MAX, drv.table("t"));
    let mistakes: [(DataFrame, &str); 5] = [
        (
            table.filter(col("n").eq(value)),
            "a value of an expression cannot be sent: a u64 is out of the range of BIGINT: bind a value below 2^63, or a \
             DECIMAL(20,0)",
        ),
        (
            drv.sql("DELETE FROM t"),
            "`sql` makes a frame of a query, which may run any number of times, and this statement is not a plain query: \
             run it once with `Session::command` (`exec` in lakeorm)",
        ),
        (
            drv.sql("SELECT 1 -- C:\\\n FROM t"),
            "the comment that starts at byte 9 of the statement has a backslash at the end of its line, which makes the \
             next line a part of it on some servers and not on others: put a space behind the backslash",
        ),
        (
            drv.sql("SELECT 1").bind(value.to_string()),
            "1 value is bound and the statement has no markers: write `?` or `:name` where a value goes; `$1`, and a `?` \
             in quotes or in a comment, are text",
        ),
        (
            drv.sql("SELECT ?").limit(1).bind(value.to_string()),
            "values are bound to SQL: call `bind` directly after `sql(…)`, before any other method",
        ),
    ];
    for (frame, expected) in mistakes {
        for refused in [
            soon(frame.collect()).await.map(drop),
            soon(frame.schema()).await.map(drop),
            soon(frame.write().save("f")).await,
        ] {
            let error = refused.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidStatement, expected));
            assert!(!every_text(&error).contains("18446744073709551615"), "{error:?}");
        }
    }
    assert_eq!(drv.status().in_use, 0);
    assert!(fake.requests().is_empty(), "{:?}", fake.requests());
    fake.finish();
}

#[tokio::test]
async fn a_server_before_spark_4_is_not_sent_plans_that_it_misreads() {
    let fake = Fake::builder().names_no_sessions().start().await;
    // Nothing is known of the server in the second session before it is asked.
    for table in [driver(&fake).table("t"), session(&fake).table("t")] {
        for (frame, words) in misread(&table) {
            for refused in [soon(frame.collect()).await.map(drop), soon(frame.schema()).await.map(drop)] {
                let error = refused.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains(words), "{error}");
            }
        }
        for refused in [
            soon(table.write().cluster_by(["a"]).save("f")).await,
            soon(table.write_to("u").cluster_by(["a"]).create()).await,
            soon(table.select([table.col("*")]).write().save("f")).await,
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("needs Spark 4.0"), "{error}");
        }
    }
    assert!(fake.sent("ExecutePlan").is_empty() && fake.sent("AnalyzePlan").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_server_from_spark_4_on_is_sent_the_same_plans() {
    let script = [rows(), rows(), done()];
    let fake = Fake::builder().schema(&of_fields(true, true)).script(script).start().await;
    let table = driver(&fake).table("t");
    for (frame, _) in misread(&table) {
        soon(frame.collect()).await.unwrap();
    }
    soon(table.write().cluster_by(["a"]).save("f")).await.unwrap();
    let sent = plans(&fake);
    for (plan, words) in sent.iter().zip(["plan_id: Some(", "eval_mode: Try", "clustering_columns: [\"a\"]"])
    {
        assert!(plan.contains(words), "{words} in {plan}");
    }
    assert_eq!(sent.len(), 3);
    fake.finish();
}

#[tokio::test]
async fn a_server_before_spark_4_is_not_sent_what_it_does_not_know() {
    let newer = |table: &DataFrame| {
        [
            (table.transpose(None), "`transpose` needs Spark 4.0"),
            (table.filter(table.exists()), "`exists` needs Spark 4.0"),
            (table.filter(col("a").is_in(table)), "`is_in` of a frame needs Spark 4.1"),
        ]
    };
    let fake = Fake::builder().names_no_sessions().start().await;
    let table = driver(&fake).table("t");
    for (frame, words) in newer(&table) {
        for refused in [
            soon(frame.collect()).await.map(drop),
            soon(frame.schema()).await.map(drop),
            soon(frame.write().save("f")).await,
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
    assert!(fake.sent("ExecutePlan").is_empty() && fake.sent("AnalyzePlan").is_empty());
    fake.finish();
    // Any other says itself what it does not know, and is not asked for its version.
    let fake = Fake::builder().spark_version("3.5.0").script([rows(), rows(), rows()]).start().await;
    for (frame, _) in newer(&driver(&fake).table("t")) {
        soon(frame.collect()).await.unwrap();
    }
    assert!(fake.sent("AnalyzePlan").is_empty());
    fake.finish();
}

/// What a server says of the columns of one of two relations, and of a number that may not fit, by what it reads.
fn of_fields(star: bool, try_cast: bool) -> Schema {
    let ids = if star { 1 } else { 2 };
    let columns = (0..ids).map(|_| Field::new("id", DataType::Int64, false));
    Schema::new(columns.chain([Field::new("cast", DataType::Int32, try_cast)]).collect::<Vec<_>>())
}

/// The Databricks Runtimes on Spark 3.5 give sessions ids of their own, and the later ones read some of these fields.
#[tokio::test]
async fn a_server_that_names_sessions_is_asked_once_which_fields_it_reads() {
    for read in [[true, true], [false, true], [true, false], [false, false]] {
        let [star, try_cast] = read;
        let sent = 2 * read.iter().filter(|is_read| **is_read).count();
        let script = (0..sent + 1).map(|_| rows()).chain([done()]);
        let fake = Fake::builder()
            .spark_version("3.5.2")
            .schema(&of_fields(star, try_cast))
            .script(script)
            .start()
            .await;
        let drv = driver(&fake);
        let table = drv.table("t");
        soon(table.select([col("a").cast("int")]).collect()).await.unwrap();
        assert!(fake.sent("AnalyzePlan").is_empty());
        for _ in 0..2 {
            for ((frame, words), is_read) in misread(&table).into_iter().zip(read) {
                match (soon(frame.collect()).await, is_read) {
                    (Ok(_), true) => {}
                    (Err(error), false) => {
                        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                        assert!(error.to_string().contains(words), "{error}");
                    }
                    (answer, _) => panic!("{read:?}: {answer:?}"),
                }
            }
        }
        assert_eq!(fake.sent("AnalyzePlan").len(), 1);
        // All of them cluster what they write.
        soon(table.write().cluster_by(["a"]).save("f")).await.unwrap();
        assert_eq!((fake.sent("AnalyzePlan").len(), fake.sent("ExecutePlan").len()), (1, sent + 2));
        fake.finish();
    }
}

#[tokio::test]
async fn a_server_that_does_not_say_which_fields_it_reads_is_sent_them() {
    let fake = Fake::start([rows(), rows()]).await;
    let table = driver(&fake).table("t");
    for (frame, _) in misread(&table) {
        soon(frame.collect()).await.unwrap();
    }
    assert_eq!((fake.sent("AnalyzePlan").len(), fake.sent("ExecutePlan").len()), (1, 2));
    fake.finish();
}

#[tokio::test]
async fn writes_merges_and_catalog_changes_are_sent_as_they_were_made() {
    let fake = Fake::start([done(), done(), done(), done(), rows(), rows(), rows()]).await;
    let drv = driver(&fake);
    let (table, catalog) = (drv.table("t"), drv.catalog());
    soon(table.write().format("jdbc").option("dbtable", "u").save_by_options()).await.unwrap();
    soon(table.write_to("u").table_property("owner", "ada").create()).await.unwrap();
    soon(table.write_to("u").overwrite_partitions()).await.unwrap();
    let merge = table.merge_into("u", col("u.id").eq(col("t.id")));
    soon(merge.when_not_matched_by_source(MergeAction::delete()).merge()).await.unwrap();
    soon(catalog.clear_cache()).await.unwrap();
    soon(catalog.recover_partitions("u")).await.unwrap();
    let called = call_function("f", [lit(1), named_argument("limit", 7)]);
    soon(table.select([called]).collect()).await.unwrap();
    let expected: [&[&str]; 7] = [
        &["save_type: None", "\"dbtable\": \"u\""],
        &["mode: Create", "\"owner\": \"ada\""],
        &["mode: OverwritePartitions"],
        &["match_actions: []", "action_type: Delete"],
        &["ClearCache"],
        &["RecoverPartitions", "table_name: \"u\""],
        &["NamedArgumentExpression", "key: \"limit\""],
    ];
    let sent = plans(&fake);
    assert_eq!(sent.len(), expected.len());
    for (plan, words) in sent.iter().zip(expected) {
        assert!(words.iter().all(|word| plan.contains(*word)), "{words:?} in {plan}");
    }
    fake.finish();
}

#[tokio::test]
async fn a_write_by_the_name_of_its_format_is_a_save_in_it() {
    let fake = Fake::start((0..13).map(|_| done())).await;
    let table = driver(&fake).table("t");
    let write = || table.write();
    soon(write().csv("f")).await.unwrap();
    soon(write().json("f")).await.unwrap();
    soon(write().orc("f")).await.unwrap();
    soon(write().parquet("f")).await.unwrap();
    soon(write().text("f")).await.unwrap();
    soon(write().xml("f")).await.unwrap();
    for format in ["csv", "json", "orc", "parquet", "text", "xml"] {
        soon(write().format(format).save("f")).await.unwrap();
    }
    soon(write().jdbc("jdbc:x://h", "u")).await.unwrap();
    let sent = plans(&fake);
    assert_eq!(sent[..6], sent[6..12]);
    assert!(sent[3].contains("\"parquet\""), "{}", sent[3]);
    for words in ["save_type: None", "\"jdbc\"", "\"dbtable\": \"u\"", "\"url\": \"jdbc:x://h\""] {
        assert!(sent[12].contains(words), "{words} in {}", sent[12]);
    }
    fake.finish();
}

#[tokio::test]
async fn a_range_is_sent_with_its_number_of_partitions() {
    let fake = Fake::start([rows(), rows()]).await;
    let drv = driver(&fake);
    for frame in [drv.range_with_partitions(0, 9, 1, 3), drv.range(0, 9)] {
        soon(frame.collect()).await.unwrap();
    }
    let sent = plans(&fake);
    assert!(sent[0].contains("num_partitions: Some(3)"), "{}", sent[0]);
    assert!(sent[1].contains("num_partitions: None"), "{}", sent[1]);
    fake.finish();
}

#[tokio::test]
async fn a_table_function_of_a_driver_or_session_is_sent_with_its_arguments() {
    let fake = Fake::start([rows(), rows()]).await;
    let drv = driver(&fake);
    let held = soon(drv.session()).await.unwrap();
    for frame in [drv.table_function("range", [lit(3)]), held.table_function("range", [lit(3)])] {
        soon(frame.collect()).await.unwrap();
    }
    let sent = plans(&fake);
    assert_eq!(sent.len(), 2);
    for plan in sent {
        for words in ["UnresolvedTableValuedFunction", "function_name: \"range\"", "Integer(3)"] {
            assert!(plan.contains(words), "{words} in {plan}");
        }
    }
    fake.finish();
}
