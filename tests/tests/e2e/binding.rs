//! A value is never SQL text, on any engine, in queries and in statements.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use futures::StreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::spark::functions::{array_contains, col, lit};
use lakeorm::{
    Client, DataType, Decimal, ErrorKind, LakeRow, Literal, Schema, query, query_batches, query_first,
    query_optional,
};
use lakeorm_tests::engine::{Ability, Engine};

/// Texts that break a client which pastes values into statements, with what each would do there.
const AWKWARD: [&str; 18] = [
    "O'Brien",
    "''",
    "\\' OR 1=1 -- ",
    "back\\slash",
    "\\",
    "a \"double\" quote",
    "`ticks`",
    "-- a comment",
    "/* another */",
    "what? ? :name",
    "; DROP TABLE users",
    "nul\0inside",
    "line\nbreak\r\ttab",
    "emoji 🦀 and 漢字",
    "${var} $1 $$",
    "%_like",
    "r'raw'",
    "",
];

#[derive(Debug, PartialEq, LakeRow)]
struct Person {
    id: i64,
    name: String,
}

async fn people(engine: &Engine, drv: &SparkDriver) -> String {
    let table = engine.unique("people");
    let format = engine.table_format();
    drv.exec(format!("CREATE TABLE {table} (id BIGINT, name STRING) {format}")).await.unwrap();
    table
}

#[tokio::test]
async fn awkward_text_comes_back_unchanged_from_a_query() {
    let (_, drv, db) = Engine::connected();
    for text in AWKWARD {
        let positional = drv.from_sql("SELECT ? AS v, 'a ? in a text' AS q -- and ? here").bind(text);
        let (value, quoted): (String, String) = query_first(&db, positional).await.unwrap();
        assert_eq!((value.as_str(), quoted.as_str()), (text, "a ? in a text"));
        let named = drv.from_sql("SELECT :v AS v, ':v' AS q /* :v */").bind_named("v", text);
        let (value, quoted): (String, String) = query_first(&db, named).await.unwrap();
        assert_eq!((value.as_str(), quoted.as_str()), (text, ":v"));
    }
}

#[tokio::test]
async fn awkward_text_comes_back_unchanged_from_a_table() {
    let (engine, drv, db) = Engine::connected();
    let table = people(&engine, &drv).await;
    let written: Vec<_> =
        (0_i64..).zip(AWKWARD).map(|(id, text)| Person { id, name: text.to_owned() }).collect();
    let insert = format!("INSERT INTO {table} VALUES {}", vec!["(?, ?)"; written.len()].join(", "));
    let insert =
        written.iter().fold(drv.exec(insert), |insert, person| insert.bind(person.id).bind(&person.name));
    insert.await.unwrap();
    for person in &written {
        let sql = format!("SELECT id, name FROM {table} WHERE name = :name AND id >= :least");
        let source = drv.from_sql(sql).bind_named("name", &person.name).bind_named("least", 0_i64);
        assert_eq!(
            query::<Person>(&db, source).await.unwrap(),
            [Person { id: person.id, name: person.name.clone() }]
        );
    }
    let mut read = query::<Person>(&db, drv.from_table(&table)).await.unwrap();
    read.sort_by_key(|person| person.id);
    assert_eq!(read, written);
}

/// Spark from 4.1 on stores them with the values in their text, and puts variables into it at each reading.
#[tokio::test]
async fn a_value_in_a_view_or_a_function_is_read_as_it_was_bound() {
    let engine = Engine::from_env();
    let session = engine.driver().session().await.unwrap();
    let db = Client::new(session.clone());
    let (view, function) = (engine.unique("bound_view"), engine.unique("bound_function"));
    for text in AWKWARD.into_iter().chain(["${env:HOME}", "${env:HOME}'"]) {
        let create = format!("CREATE OR REPLACE TEMPORARY VIEW {view} AS SELECT ? AS v");
        session.exec(create).bind(text).await.unwrap();
        let (value,): (String,) =
            query_first(&db, session.from_sql(format!("SELECT v FROM {view}"))).await.unwrap();
        assert_eq!(value, text);

        let create = format!("CREATE OR REPLACE TEMPORARY FUNCTION {function}() RETURNS STRING RETURN ?");
        let created = session.exec(create).bind(text).await;
        if !engine.has(Ability::SqlObjects) {
            let kind = created.unwrap_err().kind();
            assert!([ErrorKind::Unsupported, ErrorKind::Server].contains(&kind), "{kind:?}");
            continue;
        }
        created.unwrap();
        let (value,): (String,) =
            query_first(&db, session.from_sql(format!("SELECT {function}() AS v"))).await.unwrap();
        assert_eq!(value, text);
    }
    assert!(session.catalog().drop_temp_view(view).await.unwrap());
}

/// It would close the quote of a client that writes values into the text.
#[tokio::test]
async fn a_value_cannot_widen_a_filter() {
    let (engine, drv, db) = Engine::connected();
    let table = people(&engine, &drv).await;
    drv.exec(format!("INSERT INTO {table} VALUES (1, 'a'), (2, 'b'), (3, 'c')")).await.unwrap();
    let sql = format!("SELECT id, name FROM {table} WHERE name = ? AND id = 1");
    let found = query::<Person>(&db, drv.from_sql(sql).bind("\\' OR 1=1 -- ")).await.unwrap();
    assert_eq!(found, []);
    let sql = format!("SELECT id, name FROM {table} WHERE name = 'what?' OR name = ? -- ?");
    let found = query::<Person>(&db, drv.from_sql(sql).bind("b")).await.unwrap();
    assert_eq!(found, [Person { id: 2, name: "b".into() }]);
}

/// Spark has no UPDATE for plain parquet tables.
#[tokio::test]
async fn values_are_bound_in_update_and_delete() {
    let (engine, drv, db) = Engine::connected();
    let table = people(&engine, &drv).await;
    drv.exec(format!("INSERT INTO {table} VALUES (1, 'a'), (2, 'b')")).await.unwrap();
    let update = drv
        .exec(format!("UPDATE {table} SET name = :name WHERE id = :id"))
        .bind_named("name", AWKWARD[2])
        .bind_named("id", 2_i64);
    if !engine.has(Ability::Updates) {
        let error = update.await.unwrap_err();
        assert!([ErrorKind::Unsupported, ErrorKind::Server].contains(&error.kind()), "{error}");
        if engine.has(Ability::Chunks) {
            assert_eq!(error.error_class(), Some("UNSUPPORTED_FEATURE.TABLE_OPERATION"));
            assert_eq!(error.sql_state(), Some("0A000"));
        }
        return;
    }
    update.await.unwrap();
    drv.exec(format!("DELETE FROM {table} WHERE id = ?")).bind(1_i64).await.unwrap();
    let left = query::<Person>(&db, drv.from_table(&table)).await.unwrap();
    assert_eq!(left, [Person { id: 2, name: AWKWARD[2].into() }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Typed {
    flag: bool,
    small: i16,
    int: i32,
    long: i64,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    amount: Decimal,
    day: NaiveDate,
    instant: DateTime<Utc>,
    wall: NaiveDateTime,
    nothing: Option<i64>,
}

fn typed() -> [Typed; 2] {
    let low = Typed {
        flag: false,
        small: i16::MIN,
        int: i32::MIN,
        long: i64::MIN,
        double: -0.0,
        text: String::new(),
        bytes: Vec::new(),
        amount: "-99999999999999999999999999999999999999".parse().unwrap(),
        day: NaiveDate::from_ymd_opt(1, 1, 1).unwrap(),
        instant: DateTime::from_timestamp_micros(-1).unwrap(),
        wall: NaiveDate::from_ymd_opt(1969, 12, 31).unwrap().and_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
        nothing: None,
    };
    let high = Typed {
        flag: true,
        small: i16::MAX,
        int: i32::MAX,
        long: i64::MAX,
        double: f64::MAX,
        text: "漢字 🦀".into(),
        bytes: vec![0, 255, 39, 92],
        amount: "12.3450000000".parse().unwrap(),
        day: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        instant: "2026-11-24T10:31:56.123456Z".parse().unwrap(),
        wall: NaiveDate::from_ymd_opt(2026, 2, 28).unwrap().and_hms_micro_opt(1, 2, 3, 4).unwrap(),
        nothing: None,
    };
    [low, high]
}

#[tokio::test]
async fn every_basic_type_comes_back_through_bind() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT :flag AS flag, :small AS small, :int AS int, :long AS long, :double AS double, :text AS text, \
               :bytes AS bytes, :amount AS amount, :day AS day, :instant AS instant, :wall AS wall, \
               :nothing AS nothing";
    for row in typed() {
        let source = drv
            .from_sql(sql)
            .bind_named("flag", row.flag)
            .bind_named("small", row.small)
            .bind_named("int", row.int)
            .bind_named("long", row.long)
            .bind_named("double", row.double)
            .bind_named("text", &row.text)
            .bind_named("bytes", row.bytes.as_slice())
            .bind_named("amount", row.amount)
            .bind_named("day", row.day)
            .bind_named("instant", row.instant)
            .bind_named("wall", row.wall)
            .bind_named("nothing", row.nothing);
        let read = query_first::<Typed>(&db, source).await.unwrap();
        assert_eq!(read.double.to_bits(), row.double.to_bits());
        assert_eq!(read, row);
    }
}

/// The names are values too, and the last would be two more columns.
#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Named {
    #[lake(rename = "it's")]
    quote: i64,
    #[lake(rename = "a\\b")]
    backslash: i64,
    #[lake(rename = "a\"b")]
    double_quote: i64,
    #[lake(rename = "two words")]
    space: i64,
    #[lake(rename = "crab 🦀")]
    emoji: i64,
    #[lake(rename = "a.b")]
    dot: i64,
    #[lake(rename = "a`b")]
    back_tick: i64,
    #[lake(rename = "a', 1) AS x, (SELECT 2) AS y -- ")]
    columns: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Holding {
    record: Named,
    records: Vec<Named>,
    by_number: BTreeMap<i32, Named>,
}

/// Spark from 4.1 on puts such names between quotes as they are.
#[tokio::test]
async fn a_struct_is_bound_whatever_its_fields_are_called() {
    let (_, drv, db) = Engine::connected();
    let names =
        ["it's", r"a\b", "a\"b", "two words", "crab 🦀", "a.b", "a`b", "a', 1) AS x, (SELECT 2) AS y -- "];
    let fields = (1_i64..).zip(names).map(|(number, name)| (name.to_owned(), Literal::long(number)));
    let record = Literal::structure(fields).unwrap();
    let records = Literal::array(record.data_type(), [record.clone()]).unwrap();
    let entry = (Literal::integer(7), record.clone());
    let by_number = Literal::map(DataType::Integer, record.data_type(), [entry]).unwrap();
    let sql = "SELECT ? AS record, ? AS records, ? AS by_number";
    let source = drv.from_sql(sql).bind(record).bind(records).bind(by_number);
    let named = Named {
        quote: 1,
        backslash: 2,
        double_quote: 3,
        space: 4,
        emoji: 5,
        dot: 6,
        back_tick: 7,
        columns: 8,
    };
    let read = query_first::<Holding>(&db, source).await.unwrap();
    let by_number = BTreeMap::from([(7, named.clone())]);
    assert_eq!(read, Holding { record: named.clone(), records: vec![named], by_number });
}

/// Spark from 4.1 on writes a value in place of its marker: `5-?` must not become `5--7`, which is 5 and a comment.
#[tokio::test]
async fn a_negative_value_after_a_minus_is_no_comment() {
    let (_, drv, db) = Engine::connected();
    let (sql, named) = (
        "SELECT id FROM range(20) WHERE id > 5-? AND id < 15 ORDER BY id",
        "SELECT id FROM range(20) WHERE id > 5-:n AND id < 15 ORDER BY id",
    );
    let spaced = "SELECT id FROM range(20) WHERE id > 5 - ? AND id < 15 ORDER BY id";
    let commented = "SELECT id FROM range(20) WHERE id > 5 -/* 5 */? AND id < 15 ORDER BY id";
    let decimal: Decimal = "-7.0".parse().unwrap();
    let sources = [
        drv.from_sql(sql).bind(-7_i8),
        drv.from_sql(sql).bind(-7_i16),
        drv.from_sql(sql).bind(-7_i32),
        drv.from_sql(sql).bind(-7_i64),
        drv.from_sql(sql).bind(-7.0_f32),
        drv.from_sql(sql).bind(-7.0_f64),
        drv.from_sql(sql).bind(decimal),
        drv.from_sql(named).bind_named("n", -7_i64),
        drv.from_sql(spaced).bind(-7_i64),
        drv.from_sql(commented).bind(-7_i64),
    ];
    for (number, source) in sources.into_iter().enumerate() {
        let found = query::<(i64,)>(&db, source).await.unwrap();
        assert_eq!(found, [(13,), (14,)], "source {number}");
    }
    let zero =
        drv.from_sql("SELECT id FROM range(20) WHERE id > 12-? AND id < 15 ORDER BY id").bind(-0.0_f64);
    assert_eq!(query::<(i64,)>(&db, zero).await.unwrap(), [(13,), (14,)]);
}

#[tokio::test]
async fn a_value_does_not_grow_together_with_a_word_beside_its_marker() {
    let (_, drv, db) = Engine::connected();
    let limited = drv.from_sql("SELECT id FROM range(9) ORDER BY id LIMIT?").bind(3);
    assert_eq!(query::<(i64,)>(&db, limited).await.unwrap(), [(0,), (1,), (2,)]);
    let beyond = drv.from_sql("SELECT id FROM range(9) ORDER BY id LIMIT 2 OFFSET?").bind(3);
    assert_eq!(query::<(i64,)>(&db, beyond).await.unwrap(), [(3,), (4,)]);
    let between = drv.from_sql("SELECT id FROM range(9) WHERE id=?AND id>?").bind(3_i64).bind(-8_i64);
    assert_eq!(query::<(i64,)>(&db, between).await.unwrap(), [(3,)]);
}

#[tokio::test]
async fn a_condition_after_a_negative_value_counts_in_a_delete() {
    let (engine, drv, db) = Engine::connected();
    let table = people(&engine, &drv).await;
    drv.exec(format!("INSERT INTO {table} VALUES (10, 'a'), (13, 'a'), (13, 'b')")).await.unwrap();
    let delete = format!("DELETE FROM {table} WHERE id > 5 -? AND name = ?");
    let deleted = drv.exec(delete).bind(-7_i64).bind("a").await;
    if !engine.has(Ability::Delta) {
        let error = deleted.unwrap_err();
        assert!([ErrorKind::Unsupported, ErrorKind::Server].contains(&error.kind()), "{error}");
        let left = query::<Person>(&db, drv.from_table(&table)).await.unwrap();
        assert_eq!(left.len(), 3);
        return;
    }
    deleted.unwrap();
    let mut left = query::<Person>(&db, drv.from_table(&table)).await.unwrap();
    left.sort_by_key(|person| person.id);
    assert_eq!(left, [Person { id: 10, name: "a".into() }, Person { id: 13, name: "b".into() }]);
}

/// To the server alone `DATE :d` is a path into a column of the name `date`.
#[tokio::test]
async fn a_marker_after_the_name_of_a_type_has_its_value() {
    let (_, drv, db) = Engine::connected();
    for (day, rows) in [("2024-01-01", vec![(0,), (1,)]), ("2024-01-03", vec![])] {
        let sql = "SELECT id FROM range(2) WHERE DATE '2024-01-02' > DATE :d ORDER BY id";
        let source = drv.from_sql(sql).bind_named("d", day);
        assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), rows, "{day}");
    }
}

/// Spark before 4.1 reads the literal of such a value with 0 or an empty text in place of the NULL.
#[tokio::test]
async fn a_null_inside_of_a_value_in_a_frame_stays_a_null() {
    let (_, drv, db) = Engine::connected();
    let fields = [("a".to_owned(), Literal::null(DataType::Long)), ("b".to_owned(), Literal::string("x"))];
    let frame = drv.range(0, 1).select([
        lit(vec![Some(1_i64), None, Some(3)]).alias("numbers"),
        lit(vec![Some("a"), None]).alias("texts"),
        lit(vec![vec![Some(1_i32)], vec![None]]).alias("lists"),
        lit(BTreeMap::from([("k", Some(1_i64)), ("n", None)])).alias("map"),
        lit(Literal::structure(fields).unwrap()).alias("record"),
    ]);
    type Row = (
        Vec<Option<i64>>,
        Vec<Option<String>>,
        Vec<Vec<Option<i32>>>,
        BTreeMap<String, Option<i64>>,
        (Option<i64>, String),
    );
    let (numbers, texts, lists, map, record) = query_first::<Row>(&db, &frame).await.unwrap();
    assert_eq!(numbers, [Some(1), None, Some(3)]);
    assert_eq!(texts, [Some("a".to_owned()), None]);
    assert_eq!(lists, [vec![Some(1)], vec![None]]);
    assert_eq!(map, BTreeMap::from([("k".to_owned(), Some(1)), ("n".to_owned(), None)]));
    assert_eq!(record, (None, "x".to_owned()));
    let contained = drv.range(0, 3).filter(array_contains(lit(vec![Some(1_i64), None]), col("id")));
    assert_eq!(query::<(i64,)>(&db, &contained).await.unwrap(), [(1,)]);
}

/// Spark from 4.1 on binds the literal of such a value as `ARRAY()`, which is an `ARRAY<VOID>`.
#[tokio::test]
async fn an_empty_list_or_map_is_bound_with_its_type() {
    let (_, drv, db) = Engine::connected();
    let names = Literal::array(DataType::String, []).unwrap();
    let record = Literal::structure([("names".to_owned(), names)]).unwrap();
    let source = || {
        let sql = "SELECT ? AS numbers, ? AS counts, ? AS lists, ? AS record";
        let bound = drv.from_sql(sql).bind(Vec::<i64>::new()).bind(BTreeMap::<String, i32>::new());
        bound.bind(vec![vec!["a"], Vec::new()]).bind(record.clone())
    };
    let batch = query_batches(&db, source()).next().await.unwrap().unwrap();
    let schema = Schema::from_arrow(&batch.schema());
    let types = schema.fields().iter().map(|field| field.data_type.clone().nullable().to_string());
    assert_eq!(
        types.collect::<Vec<_>>(),
        ["ARRAY<BIGINT>", "MAP<STRING, INT>", "ARRAY<ARRAY<STRING>>", "STRUCT<names: ARRAY<STRING>>"]
    );
    type Row = (Vec<i64>, BTreeMap<String, i32>, Vec<Vec<String>>, (Vec<String>,));
    let expected = (vec![], BTreeMap::new(), vec![vec!["a".to_owned()], vec![]], (vec![],));
    assert_eq!(query_first::<Row>(&db, source()).await.unwrap(), expected);
}

/// Spark from 4.1 on reads the literals of dates and instants by way of Java's, which lack the days between the Julian
/// and the Gregorian calendar.
#[tokio::test]
async fn a_day_between_the_calendars_is_itself_bound_and_in_a_frame() {
    let (_, drv, db) = Engine::connected();
    let day = NaiveDate::from_ymd_opt(1582, 10, 10).unwrap();
    let wall = day.and_hms_micro_opt(1, 2, 3, 4).unwrap();
    let (instant, days) = (wall.and_utc(), vec![Some(day), None]);
    type Row = (NaiveDate, DateTime<Utc>, NaiveDateTime, Vec<Option<NaiveDate>>);
    let bound = drv.from_sql("SELECT ? AS day, ? AS instant, ? AS wall, ? AS days");
    let bound = bound.bind(day).bind(instant).bind(wall).bind(days.clone());
    let frame = drv.range(0, 1).select([
        lit(day).alias("day"),
        lit(instant).alias("instant"),
        lit(wall).alias("wall"),
        lit(days.clone()).alias("days"),
    ]);
    let expected = (day, instant, wall, days);
    assert_eq!(query_first::<Row>(&db, bound).await.unwrap(), expected);
    assert_eq!(query_first::<Row>(&db, &frame).await.unwrap(), expected);
    let same = drv.from_sql("SELECT DATE '1582-10-10' = ? AS same").bind(day);
    assert_eq!(query_first::<(bool,)>(&db, same).await.unwrap(), (true,));
}

#[tokio::test]
async fn values_work_in_a_limit_and_in_a_list() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT id FROM range(100) WHERE id IN (?, ?, ?) ORDER BY id DESC LIMIT ?";
    let source = drv.from_sql(sql).bind(5_i64).bind(50_i64).bind(500_i64).bind(1_i32);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(50,)]);
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_before_anything_is_sent() {
    let (engine, drv, db) = Engine::connected();
    let table = people(&engine, &drv).await;
    let refused = [
        drv.from_sql("SELECT ?, ? AS v").bind(1_i64),
        drv.from_sql("SELECT ? AS v").bind(1_i64).bind(2_i64),
        drv.from_sql("SELECT ? AS v"),
        drv.from_sql("SELECT 1 AS v").bind(1_i64),
        drv.from_sql("SELECT :a AS v").bind_named("b", 1_i64),
        drv.from_sql("SELECT :a, ? AS v").bind(1_i64),
        drv.from_sql("SELECT ? AS v").bind(1_i64).bind_named("a", 1_i64),
        drv.from_table(&table).bind(1_i64),
    ];
    for source in refused {
        let error = query_optional::<(i64,)>(&db, source).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    }
    let insert = drv.exec(format!("INSERT INTO {table} VALUES (?, ?)")).bind(1_i64);
    assert_eq!(insert.await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(query::<Person>(&db, drv.from_table(&table)).await.unwrap(), []);
}

#[tokio::test]
async fn an_error_never_repeats_a_bound_value() {
    let (_, drv, db) = Engine::connected();
    let secret = "hunter2-hunter2";
    let sources = [
        drv.from_sql("SELECT CAST(? AS INT) AS v").bind(secret),
        drv.from_sql("SELECT no_such_column FROM range(1) WHERE 'a' = ?").bind(secret),
        drv.from_sql("SELECT raise_error(?) AS v").bind(secret),
    ];
    for source in sources {
        let error = query::<(i32,)>(&db, source).await.unwrap_err();
        let everything = format!("{error} {error:?} {:?}", error.message_parameters());
        assert!(!everything.contains(secret), "{everything}");
        assert!(!everything.contains(&hex(secret)), "{everything}");
    }
}

/// Clocks in New York were set back at 06:00 UTC on this day: a reading between one and two names two instants.
#[tokio::test]
async fn an_instant_is_bound_as_itself_whatever_the_clock_says() {
    let engine = Engine::from_env();
    let drv =
        engine.builder().session_conf("spark.sql.session.timeZone", "America/New_York").build().unwrap();
    let db = Client::new(drv.clone());
    for text in ["2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z"] {
        let instant: DateTime<Utc> = text.parse().unwrap();
        let source = drv.from_sql("SELECT ? AS v").bind(instant);
        assert_eq!(query_first::<(DateTime<Utc>,)>(&db, source).await.unwrap(), (instant,));
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// By this name the client knows whether a server keeps escapes in strings, which it asks together with whether it binds.
#[tokio::test]
async fn a_server_that_reads_escapes_names_a_column_after_one_backslash() {
    let engine = Engine::from_env();
    let session = engine.driver().session().await.unwrap();
    let names = |sql: &'static str| {
        let frame = session.sql(sql);
        async move { frame.columns().await.unwrap() }
    };
    let keeps = "SET spark.sql.parser.escapedStringLiterals = true";
    if engine.has(Ability::SqlConfs) {
        assert_eq!(names(r"SELECT '\\'").await, [r"\"]);
        session.exec(keeps).await.unwrap();
        assert_eq!(names(r"SELECT '\\'").await, [r"\\"]);
    } else {
        // Without such confs it is not asked: whatever is bound goes as a literal.
        let error = session.exec(keeps).await.unwrap_err();
        assert!(error.to_string().contains("config namespace"), "{error}");
    }
    let bound = session.from_sql("SELECT ? AS bound").bind(r"a\b'c");
    assert_eq!(
        query::<(String,)>(&Client::new(session.clone()), bound).await.unwrap(),
        [(r"a\b'c".to_owned(),)]
    );
}
