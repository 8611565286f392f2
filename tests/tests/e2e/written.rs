//! Structs on their way to the server: as frames, as temporary views and as parameters.

use std::collections::BTreeMap;
use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use lakeorm::encode::FrameRow;
use lakeorm::spark::functions::col;
use lakeorm::{
    CalendarInterval, Client, DayTimeInterval, Decimal, Error, ErrorKind, LakeRow, LakeRowOwned, LakeTable,
    ToLiteral, YearMonthInterval, query,
};
use lakeorm_tests::engine::{Ability, Engine};
use uuid::Uuid;

use crate::values::{Db, Owned};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Order {
    #[lake(rename = "the `id` 🦀")]
    id: i64,
    yes: Option<bool>,
    tiny: i8,
    small: i16,
    int: i32,
    float: f32,
    double: f64,
    #[lake(decimal(18, 2))]
    amount: Decimal,
    bytes: Vec<u8>,
    day: NaiveDate,
    placed: DateTime<Utc>,
    local: Option<NaiveDateTime>,
    lines: Vec<Line>,
    counts: BTreeMap<String, i32>,
    #[lake(flatten(prefix = "ship_"))]
    ship: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Line {
    sku: String,
    quantity: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Address {
    city: String,
    zip: Option<String>,
}

fn orders() -> Vec<Order> {
    let first = Order {
        id: i64::MIN,
        yes: Some(true),
        tiny: i8::MAX,
        small: i16::MIN,
        int: 7,
        float: 0.1,
        double: f64::MIN_POSITIVE,
        amount: "-9999999999999999.99".parse().unwrap(),
        bytes: vec![0, 255],
        day: NaiveDate::from_ymd_opt(1582, 10, 15).unwrap(),
        placed: DateTime::from_timestamp_micros(1_764_100_000_000_001).unwrap(),
        local: Some(DateTime::from_timestamp_micros(951_782_400_123_456).unwrap().naive_utc()),
        lines: vec![
            Line { sku: "a'b\"c\\".into(), quantity: None },
            Line { sku: String::new(), quantity: Some(-1) },
        ],
        counts: BTreeMap::from([("x".into(), 1), ("é".into(), 2)]),
        ship: Some(Address { city: "Oslo".into(), zip: None }),
    };
    let second = Order {
        id: i64::MAX,
        yes: None,
        local: None,
        lines: Vec::new(),
        counts: BTreeMap::new(),
        ship: None,
        ..first.clone()
    };
    vec![first, second]
}

#[tokio::test]
async fn structs_are_a_frame_and_come_back_as_they_were() {
    let drv = Engine::from_env().driver();
    let frame = drv.create_dataframe(&orders());
    let db = Client::new(drv);
    assert_eq!(query::<Order>(&db, frame.order_by(["the `id` 🦀"].map(quoted))).await.unwrap(), orders());
    assert_eq!(frame.filter(col("yes").is_null()).count().await.unwrap(), 1);
}

/// A column's name as an expression has it.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[tokio::test]
async fn tuples_are_a_frame_whose_columns_are_named_by_position() {
    let drv = Engine::from_env().driver();
    let rows = [(2_i64, Some("two".to_owned())), (1, None)];
    let frame = drv.create_dataframe(&rows);
    assert_eq!(frame.columns().await.unwrap(), ["_1", "_2"]);
    let named = frame.to_df(["id", "word"]).order_by([col("id").desc()]);
    assert_eq!(named.columns().await.unwrap(), ["id", "word"]);
    assert_eq!(query::<(i64, Option<String>)>(&Client::new(drv), named).await.unwrap(), rows);
}

#[tokio::test]
async fn structs_are_a_temporary_view_of_a_session() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let session = drv.session().await.unwrap();
    let view = engine.unique("orders");
    session.create_dataframe(&orders()).create_temp_view(&view).await.unwrap();
    let db = Client::new(session);
    let cities = query::<(Option<String>, i32)>(
        &db,
        format!("SELECT ship_city, size(lines) FROM {view} ORDER BY ship_city NULLS LAST"),
    );
    assert_eq!(cities.await.unwrap(), [(Some("Oslo".to_owned()), 2), (None, 0)]);
    let key = quoted("the `id` 🦀");
    let whole = query::<Order>(&db, format!("SELECT * FROM {view} ORDER BY {key}")).await.unwrap();
    assert_eq!(whole, orders());
}

#[tokio::test]
async fn a_struct_binds_as_a_struct() {
    let drv = Engine::from_env().driver();
    let db = Client::new(drv.clone());
    let line = Line { sku: "it's".into(), quantity: Some(3) };
    let parts = drv.from_sql("SELECT x.sku, x.quantity FROM (SELECT ? AS x)").bind(line);
    assert_eq!(query::<(String, i32)>(&db, parts).await.unwrap(), [("it's".to_owned(), 3)]);
    let address = Address { city: "Rome".into(), zip: None };
    let parts = drv.from_sql("SELECT x.city, x.zip FROM (SELECT ? AS x)").bind(address);
    assert_eq!(query::<(String, Option<String>)>(&db, parts).await.unwrap(), [("Rome".to_owned(), None)]);
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Bound {
    numbers: Vec<Option<i32>>,
    counts: BTreeMap<String, i32>,
    #[lake(decimal(18, 2))]
    amount: Decimal,
    day: NaiveDate,
    lines: Vec<Line>,
    gone: Option<String>,
}

#[tokio::test]
async fn a_struct_binds_with_everything_in_it() {
    let drv = Engine::from_env().driver();
    let bound = Bound {
        numbers: vec![Some(1), None],
        counts: BTreeMap::from([("x".into(), -1), ("é".into(), 2)]),
        amount: "-9999999999999999.99".parse().unwrap(),
        day: NaiveDate::from_ymd_opt(1969, 12, 31).unwrap(),
        lines: vec![Line { sku: "a'b\"c\\".into(), quantity: None }],
        gone: None,
    };
    let whole = drv.from_sql("SELECT ? AS x").bind(bound.clone());
    assert_eq!(query::<(Bound,)>(&Client::new(drv), whole).await.unwrap(), [(bound,)]);
}

#[tokio::test]
async fn a_row_that_cannot_be_written_is_the_error_of_what_runs_the_frame() {
    let drv = Engine::from_env().driver();
    let mut bad = orders();
    bad[1].amount = "0.001".parse().unwrap();
    let frame = drv.create_dataframe(&bad).select(["yes"]);
    let error = frame.count().await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::InvalidStatement);
    assert_eq!(error.to_string().split(": ").nth(1), Some("row 1 (the first is 0)"), "{error}");
    let error = query::<(bool,)>(&Client::new(drv), frame).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("Order.amount: row 1"), "{error}");
}

#[tokio::test]
async fn no_rows_are_a_frame_with_the_columns() {
    let drv = Engine::from_env().driver();
    let frame = drv.create_dataframe::<Line>(&[]);
    assert_eq!(frame.columns().await.unwrap(), ["sku", "quantity"]);
    assert_eq!(frame.count().await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Odd {
    name: Uuid,
    day_time: DayTimeInterval,
    year_month: YearMonthInterval,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Lasting {
    calendar: CalendarInterval,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Opened {
    time: NaiveTime,
}

/// The row as a frame, and as a view.
async fn written<T: FrameRow + LakeRowOwned>(db: &Db, row: &T) -> [Result<Vec<T>, Error>; 2] {
    let rows = std::slice::from_ref(row);
    let framed = query::<T>(&db.db, db.drv.create_dataframe(rows)).await;
    let session = db.drv.session().await.unwrap();
    let view = db.engine.unique("odd");
    let viewed = match session.create_dataframe(rows).create_temp_view(&view).await {
        Ok(()) => query::<T>(&Client::new(session), format!("SELECT * FROM {view}")).await,
        Err(error) => Err(error.into()),
    };
    [framed, viewed]
}

/// The row as a parameter.
async fn bound<T: Owned + ToLiteral>(db: &Db, row: T) -> Result<Vec<T>, Error> {
    let found = query::<(T,)>(&db.db, db.drv.from_sql("SELECT ? AS x").bind(row)).await?;
    Ok(found.into_iter().map(|(row,)| row).collect())
}

/// An engine that does not take the row says so: it never makes another of it.
fn is_itself_or_refused<T: Debug + PartialEq + Clone>(
    found: Result<Vec<T>, Error>,
    row: &T,
    is_taken: Option<bool>,
) {
    match found {
        Ok(rows) => {
            assert_eq!(rows, std::slice::from_ref(row));
            assert_ne!(is_taken, Some(false), "{row:?}");
        }
        Err(error) => {
            assert!([ErrorKind::Server, ErrorKind::Unsupported].contains(&error.kind()), "{row:?}: {error}");
            assert_ne!(is_taken, Some(true), "{row:?}: {error}");
        }
    }
}

#[tokio::test]
async fn intervals_of_months_and_of_micros_are_written_and_bound() {
    let db = Db::new();
    let odd = |name, micros, months| Odd {
        name,
        day_time: DayTimeInterval { micros },
        year_month: YearMonthInterval { months },
    };
    for row in [odd(Uuid::nil(), i64::MIN, i32::MIN), odd(Uuid::max(), i64::MAX, i32::MAX)] {
        // What Sail makes of them in a frame is not known.
        let is_taken = db.engine.has(Ability::ErrorClasses).then_some(true);
        for found in written(&db, &row).await {
            is_itself_or_refused(found, &row, is_taken);
        }
        is_itself_or_refused(bound(&db, row.clone()).await, &row, Some(true));
    }
}

#[tokio::test]
async fn an_interval_of_the_calendar_is_written_and_bound_or_refused() {
    let db = Db::new();
    let is_read = db.engine.has(Ability::Variants);
    let longest = i64::MAX / 1_000;
    for (part, micros) in [(i32::MIN, -longest), (0, 1), (i32::MAX, longest)] {
        let row = Lasting { calendar: CalendarInterval { months: part, days: part, micros } };
        for found in written(&db, &row).await {
            is_itself_or_refused(found, &row, (!is_read).then_some(false));
        }
        is_itself_or_refused(bound(&db, row.clone()).await, &row, Some(is_read));
    }
}

#[tokio::test]
async fn a_time_of_day_is_bound_where_the_engine_has_it_and_never_written() {
    let db = Db::new();
    for time in [NaiveTime::MIN, NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap()] {
        let row = Opened { time };
        for found in written(&db, &row).await {
            let error = found.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
            assert!(error.to_string().contains("which servers do not read"), "{error}");
        }
        let is_taken = db.engine.has(Ability::TimesEverywhere).then_some(true);
        is_itself_or_refused(bound(&db, row.clone()).await, &row, is_taken);
    }
}
