//! The ends of every type's range, and values that equal nothing or something else, on every way into a table.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::dialect::{Delta, Dialect, Iceberg};
use lakeorm::table::TableDefinition;
use lakeorm::{Client, Decimal, ErrorKind, LakeRow, LakeRowOwned, LakeTable, query};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use lakeorm_tests::seconds;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::staged::Staging;
use super::{client_of, formats, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Ends {
    id: i64,
    int: i32,
    big: i64,
    float: f32,
    double: f64,
    doubles: Vec<Option<f64>>,
    #[lake(decimal(38, 0))]
    whole: Decimal,
    #[lake(decimal(38, 38))]
    fraction: Option<Decimal>,
    text: String,
    day: NaiveDate,
    at: DateTime<Utc>,
    local: Option<NaiveDateTime>,
    name: Uuid,
    grid: Vec<Vec<Option<i32>>>,
    lines: BTreeMap<String, Option<Line>>,
    #[lake(json)]
    json: Vec<Said>,
    #[lake(with = seconds)]
    waited: std::time::Duration,
    place: (f64, Option<(i32, String)>),
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Line {
    days: Vec<NaiveDate>,
    at: Option<DateTime<Utc>>,
    amount: Option<Decimal>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    word: String,
    number: Option<f64>,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

/// The first microsecond of the year 1 and the last of the year 9999.
const TIMES: [i64; 2] = [-62_135_596_800_000_000, 253_402_300_799_999_999];

fn lowest() -> Ends {
    Ends {
        id: 0,
        int: i32::MIN,
        big: i64::MIN,
        float: f32::MIN,
        double: f64::MIN,
        doubles: vec![],
        whole: decimal(&format!("-{}", "9".repeat(38))),
        fraction: Some(decimal(&format!("-0.{}", "9".repeat(38)))),
        text: String::new(),
        day: day(1, 1, 1),
        at: instant(TIMES[0]),
        local: Some(instant(TIMES[0]).naive_utc()),
        name: Uuid::nil(),
        grid: vec![],
        lines: BTreeMap::new(),
        json: vec![],
        waited: std::time::Duration::ZERO,
        place: (f64::NEG_INFINITY, None),
    }
}

fn highest() -> Ends {
    let line = Line { days: vec![day(9999, 12, 31)], at: Some(instant(TIMES[1])), amount: None };
    Ends {
        id: 0,
        int: i32::MAX,
        big: i64::MAX,
        float: f32::MAX,
        double: f64::MAX,
        doubles: vec![Some(f64::INFINITY), None, Some(f64::NEG_INFINITY)],
        whole: decimal(&"9".repeat(38)),
        fraction: Some(decimal(&format!("0.{}", "9".repeat(38)))),
        text: "🦀\u{301}\0'\\\"%_".repeat(20_000),
        day: day(9999, 12, 31),
        at: instant(TIMES[1]),
        local: Some(instant(TIMES[1]).naive_utc()),
        name: Uuid::max(),
        grid: vec![vec![], vec![Some(i32::MAX), None], vec![None]],
        lines: BTreeMap::from([(String::new(), None), ("🦀".into(), Some(line))]),
        json: vec![Said { word: "it's \"\\ 🦀\u{0}".into(), number: Some(0.1) }],
        waited: std::time::Duration::from_secs(i64::MAX.unsigned_abs()),
        place: (f64::MIN_POSITIVE, Some((i32::MIN, String::new()))),
    }
}

/// Before 1970, before the calendar of today, and floats that are not what they equal.
fn odd() -> Ends {
    let line = Line { days: vec![day(1500, 2, 28), day(1582, 10, 4)], at: Some(instant(-1)), amount: None };
    Ends {
        float: f32::NAN,
        double: -0.0,
        doubles: vec![Some(f64::NAN), Some(-0.0), Some(5e-324)],
        whole: decimal("0"),
        fraction: Some(decimal(&format!("0.{}1", "0".repeat(37)))),
        day: day(1582, 10, 10),
        at: instant(-1),
        local: Some(instant(-11_644_473_600_000_001).naive_utc()),
        name: Uuid::from_u128(7),
        lines: BTreeMap::from([(
            "a".into(),
            Some(Line { amount: Some(decimal("-1.500000000000000000")), ..line }),
        )]),
        json: vec![Said { word: String::new(), number: None }],
        waited: std::time::Duration::from_secs(61),
        place: (f64::NAN, Some((0, "\u{feff}a\r\n\t".into()))),
        ..highest()
    }
}

/// The same with times from 1900 on.
fn recent(values: Ends) -> Ends {
    let (first, begin) = (day(1900, 1, 1), instant(-2_208_988_800_000_000));
    let line = |line: Line| Line {
        days: line.days.into_iter().map(|day| day.max(first)).collect(),
        at: line.at.map(|at| at.max(begin)),
        ..line
    };
    Ends {
        day: values.day.max(first),
        at: values.at.max(begin),
        local: values.local.map(|local| local.max(begin.naive_utc())),
        lines: values.lines.into_iter().map(|(key, value)| (key, value.map(line))).collect(),
        ..values
    }
}

fn ends(format: Format, id: i64, which: i64) -> Ends {
    let values = match which % 4 {
        0 => lowest(),
        1 => highest(),
        2 => odd(),
        _ => Ends { float: f32::NEG_INFINITY, double: f64::NAN, local: None, fraction: None, ..odd() },
    };
    let engine = Engine::from_env();
    let values = if engine.has(Ability::AncientTimes) { values } else { recent(values) };
    if engine.has(Ability::SharedTables) || format != Format::Delta {
        return Ends { id, ..values };
    }
    // Of a file whose other values are one number Sail reads that number in the place of NaN.
    let number = |value: f64| if value.is_nan() { 0.5 } else { value };
    let float = if values.float.is_nan() { 0.5 } else { values.float };
    let place = (number(values.place.0), values.place.1);
    Ends { id, float, double: number(values.double), place, ..values }
}

/// What Sail merges into no Iceberg table.
#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct WithBytes {
    #[lake(flatten)]
    ends: Ends,
    bytes: Vec<u8>,
}

impl From<Ends> for WithBytes {
    fn from(ends: Ends) -> Self {
        let length = if ends.text.is_empty() { 0 } else { 100_000 };
        Self { ends, bytes: (0..=255).cycle().take(length).collect() }
    }
}

/// What Iceberg has no column for.
#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct WithSmall {
    #[lake(flatten)]
    ends: WithBytes,
    tiny: i8,
    small: Option<i16>,
}

impl From<Ends> for WithSmall {
    fn from(ends: Ends) -> Self {
        let (tiny, small) = match ends.int {
            i32::MIN => (i8::MIN, Some(i16::MIN)),
            _ => (i8::MAX, Some(i16::MAX).filter(|_| ends.local.is_some())),
        };
        Self { ends: ends.into(), tiny, small }
    }
}

impl LakeTable for Ends {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.ends").merge_key("id")
    }
}

impl LakeTable for WithBytes {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.ends_with_bytes").merge_key("id")
    }
}

impl LakeTable for WithSmall {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.ends_with_small").merge_key("id")
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.priced")]
struct Priced {
    #[lake(merge_key, decimal(20, 5))]
    weight: Decimal,
    #[lake(decimal(18, 2))]
    price: Decimal,
    ratio: f64,
    version: i64,
}

/// A row that is alone in its file, where an engine may take its values from the statistics of the file.
#[tokio::test]
async fn a_decimal_that_is_alone_in_its_file_keeps_its_digits() {
    for (format, db) in Staging::new("priced").clients().await {
        let table = format.table("written.priced");
        db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
        assert!(db.migrate::<Priced>().await.unwrap().is_created(), "{format:?}");
        let row = |version: i64| Priced {
            weight: decimal("123456789012345.12345"),
            price: decimal("9007199254740993.01"),
            ratio: 0.1,
            version,
        };
        for version in 1..=3 {
            db.merge(&[row(version)]).await.unwrap();
            assert_eq!(rows::<Priced>(&db, &table, "weight").await, [row(version)], "{format:?}");
        }
        let found = db.sql(format!("SELECT version FROM {table} WHERE weight = ?")).bind(row(3).weight);
        assert_eq!(query::<(i64,)>(&db, found).await.unwrap(), [(3,)], "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.measured")]
struct Measured {
    #[lake(merge_key)]
    id: i64,
    double: f64,
    float: f32,
    version: i64,
}

/// Sail reads the statistics of Delta with a wrong last digit.
#[tokio::test]
async fn a_double_that_is_alone_in_its_file_keeps_its_bits() {
    const DOUBLES: [f64; 4] = [-3.237_614_669_970_857_4e302, 0.982_678_420_626_080_9, f64::MAX, 5e-324];
    const FLOATS: [f32; 4] = [0.1, f32::MIN_POSITIVE, f32::MAX, 1e-45];
    for (format, db) in Staging::new("measured").clients().await {
        let table = format.table("written.measured");
        db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
        assert!(db.migrate::<Measured>().await.unwrap().is_created(), "{format:?}");
        let row = |(id, (double, float)), version| Measured { id, double, float, version };
        let [written, merged] = [1, 2].map(|version| {
            (1..).zip(DOUBLES.into_iter().zip(FLOATS)).map(|values| row(values, version)).collect::<Vec<_>>()
        });
        for (before, now) in written.chunks(1).zip(merged.chunks(1)) {
            db.insert(before).await.unwrap();
            db.merge(now).await.unwrap();
        }
        assert_eq!(rows::<Measured>(&db, &table, "id").await, merged, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn every_type_keeps_its_ends_when_it_is_inserted_and_merged_direct_and_staged() {
    let staging = Staging::new("ends");
    for (format, db) in staging.clients().await {
        match format {
            Format::Delta => keeps::<WithSmall>(format, &db).await,
            Format::Iceberg { catalog: Some(_) } => keeps::<WithBytes>(format, &db).await,
            Format::Iceberg { catalog: None } => {
                keeps::<Ends>(format, &db).await;
                keeps_what_it_cannot_merge(format, &db).await;
            }
        }
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
    }
}

/// Rows with these ids, the one that each is of being so many further.
fn some<T: From<Ends>>(format: Format, ids: std::ops::Range<i64>, more: i64) -> Vec<T> {
    ids.map(|id| T::from(ends(format, id, id + more))).collect()
}

/// Rows are inserted each way, and others are merged each way, over some of them and beside them: of the rows that stay one of
/// each kind came in every way.
async fn keeps<T>(format: Format, db: &Client)
where
    T: LakeTable + LakeRowOwned + From<Ends> + Debug + Send + Sync,
{
    let table = format.table(&T::definition().name().to_string());
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    made::<T>(format, db).await;
    let [sent, staged]: [Vec<T>; 2] = [0..6, 10..16].map(|ids| some(format, ids, 0));
    db.insert(&sent).await.unwrap();
    db.insert(&staged).staged().await.unwrap();
    let [over_staged, over_sent]: [Vec<T>; 2] = [14..18, 4..8].map(|ids| some(format, ids, 1));
    db.merge(&over_staged).await.unwrap();
    db.merge(&over_sent).staged().await.unwrap();
    let expected = sent.iter().take(4).chain(&over_sent).chain(staged.iter().take(4)).chain(&over_staged);
    same(format, &rows::<T>(db, &table, "id").await, &expected.collect::<Vec<_>>());
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

/// Sail's MERGE into Iceberg takes no BINARY for the BINARY that it wrote.
async fn keeps_what_it_cannot_merge(format: Format, db: &Client) {
    let table = format.table("written.ends_with_bytes");
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    let migration = db.migrate::<WithBytes>().await.unwrap();
    assert_eq!((migration.is_created(), migration.differences()), (true, [].as_slice()), "{format:?}");
    let inserted: Vec<WithBytes> = some(format, 0..8, 0);
    db.insert(&inserted[..4]).await.unwrap();
    db.insert(&inserted[4..]).staged().await.unwrap();
    for merge in [db.merge(&inserted), db.merge(&inserted).staged()] {
        let error = merge.await.unwrap_err();
        assert!(error.to_string().contains("Cannot safely cast `bytes`"), "{error}");
    }
    same(format, &rows::<WithBytes>(db, &table, "id").await, &inserted.iter().collect::<Vec<_>>());
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

/// Rows are compared as they are shown, since NaN equals nothing and -0.0 is not 0.0.
fn same<T: Debug>(format: Format, found: &[T], expected: &[&T]) {
    assert_eq!(found.len(), expected.len(), "{format:?}");
    for (found, expected) in found.iter().zip(expected) {
        let [found, expected] = [found, *expected].map(|row| format!("{row:?}"));
        let same = found.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
        let [found_from, expected_from] = [&found, &expected].map(|row| {
            String::from_utf8_lossy(&row.as_bytes()[same.saturating_sub(40)..])
                .chars()
                .take(120)
                .collect::<String>()
        });
        assert!(found == expected, "{format:?}: {found_from} instead of {expected_from}");
    }
}

/// Makes the table. A merge into a Delta table takes Sail twice the time and the memory for each column more that is NOT NULL,
/// and with these it does not end; into an Iceberg table it takes no struct with a field that is NOT NULL.
async fn made<T: LakeTable>(format: Format, db: &Client) {
    if Engine::from_env().has(Ability::SharedTables) {
        let migration = db.migrate::<T>().await.unwrap();
        assert_eq!((migration.is_created(), migration.differences()), (true, [].as_slice()), "{format:?}");
        return;
    }
    let statements = match format {
        Format::Delta => Delta::new().create_table(&T::definition()),
        Format::Iceberg { .. } => Iceberg::new().create_table(&T::definition()),
    };
    for statement in statements.unwrap() {
        db.exec(statement.replace(" NOT NULL", "")).await.unwrap();
    }
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.small_integers")]
struct Small {
    tiny: i8,
}

/// Iceberg has INT in their place: no table is made of them, and no row of them is written into one that is there.
#[tokio::test]
async fn integers_that_iceberg_lacks_are_an_error_and_write_nothing() {
    let staging = Staging::new("small");
    for format in formats() {
        let Format::Iceberg { .. } = format else { continue };
        let db = client_of(format, staging.backend()).await;
        let table = format.table("written.small_integers");
        db.exec(format!("CREATE TABLE {table} (tiny INT NOT NULL, _ingest_id STRING) USING iceberg"))
            .await
            .unwrap();
        for error in [
            db.migrate::<Small>().await.unwrap_err(),
            db.insert(&[Small { tiny: 1 }]).staged().await.unwrap_err(),
        ] {
            let told = error.to_string();
            assert!(told.contains("\"tiny\"") && told.contains("TINYINT"), "{error}");
            assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::SchemaMismatch), "{error}");
        }
        db.exec(format!("DROP TABLE {}", format.table("written.small_integers"))).await.unwrap();
    }
    assert_eq!(staging.files(), Vec::<PathBuf>::new());
}
