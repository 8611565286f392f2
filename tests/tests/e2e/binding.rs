//! A value is never SQL text, on any engine, in queries and in statements.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Decimal, ErrorKind, LakeRow, query, query_first, query_optional};
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
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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

/// Fault 2 of the original: this value closed the quote that its client had opened.
#[tokio::test]
async fn a_value_cannot_widen_a_filter() {
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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

#[tokio::test]
async fn values_work_in_a_limit_and_in_a_list() {
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
    let sql = "SELECT id FROM range(100) WHERE id IN (?, ?, ?) ORDER BY id DESC LIMIT ?";
    let source = drv.from_sql(sql).bind(5_i64).bind(50_i64).bind(500_i64).bind(1_i32);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(50,)]);
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_before_anything_is_sent() {
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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
    let engine = Engine::from_env();
    let (drv, db) = connect(&engine);
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

fn connect(engine: &Engine) -> (SparkDriver, Client) {
    let drv = engine.driver();
    (drv.clone(), Client::new(drv))
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
