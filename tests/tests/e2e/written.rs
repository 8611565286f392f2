//! Structs on their way to the server: as frames, as temporary views and as parameters.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::spark::functions::col;
use lakeorm::{Client, Decimal, ErrorKind, LakeRow, LakeTable, query};
use lakeorm_tests::engine::Engine;

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
