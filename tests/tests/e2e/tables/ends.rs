//! The ends of every type's range, and values that equal nothing or something else, on every way into a table.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::dialect::{Delta, Dialect};
use lakeorm::table::TableDefinition;
use lakeorm::{Client, Decimal, ErrorKind, LakeRow, LakeRowOwned, LakeTable};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::staged::Staging;
use super::{one_for_each_line, rows};

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
    bytes: Vec<u8>,
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

mod seconds {
    use std::time::Duration;

    use lakeorm::column::ReadError;
    use lakeorm::encode::WriteError;

    pub(super) type Column = i64;

    pub(super) fn decode(seconds: Column) -> Result<Duration, ReadError> {
        let seconds = u64::try_from(seconds).map_err(|_| ReadError::new("the duration is negative"))?;
        Ok(Duration::from_secs(seconds))
    }

    pub(super) fn encode(waited: &Duration) -> Result<Column, WriteError> {
        i64::try_from(waited.as_secs()).map_err(|_| WriteError::new("the duration is too long"))
    }
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
        bytes: vec![],
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
        bytes: (0..=255).cycle().take(100_000).collect(),
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

fn ends(id: i64, which: i64) -> Ends {
    let values = match which % 4 {
        0 => lowest(),
        1 => highest(),
        2 => odd(),
        _ => Ends { float: f32::NEG_INFINITY, double: f64::NAN, local: None, fraction: None, ..odd() },
    };
    let engine = Engine::from_env();
    let values = if engine.has(Ability::AncientTimes) { values } else { recent(values) };
    if engine.has(Ability::SharedTables) {
        return Ends { id, ..values };
    }
    // Of a Delta file whose other values are one number Sail reads that number in the place of NaN.
    let number = |value: f64| if value.is_nan() { 0.5 } else { value };
    let float = if values.float.is_nan() { 0.5 } else { values.float };
    let place = (number(values.place.0), values.place.1);
    Ends { id, float, double: number(values.double), place, ..values }
}

/// What Iceberg has no column for.
#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct WithSmall {
    #[lake(flatten)]
    ends: Ends,
    tiny: i8,
    small: Option<i16>,
}

impl From<Ends> for WithSmall {
    fn from(ends: Ends) -> Self {
        let (tiny, small) = match ends.int {
            i32::MIN => (i8::MIN, Some(i16::MIN)),
            _ => (i8::MAX, Some(i16::MAX).filter(|_| ends.local.is_some())),
        };
        Self { ends, tiny, small }
    }
}

impl LakeTable for Ends {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.ends").merge_key("id")
    }
}

impl LakeTable for WithSmall {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.ends_with_small").merge_key("id")
    }
}

#[tokio::test]
async fn every_type_keeps_its_ends_when_it_is_inserted_and_merged_direct_and_staged() {
    let each_way = !Engine::from_env().has(Ability::SharedTables);
    let staging = Staging::new("ends");
    for (format, db) in one_for_each_line(staging.clients().await) {
        // Where each statement takes seconds, one way in a format.
        for is_staged in [false, true].into_iter().filter(|way| each_way || *way == (format == Format::Delta))
        {
            match format {
                Format::Delta => keeps::<WithSmall>(format, &db, is_staged).await,
                Format::Iceberg { .. } => keeps::<Ends>(format, &db, is_staged).await,
            }
        }
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
    }
}

/// Rows are inserted one way and merged the other, over some of them and beside them. They are compared as they are shown,
/// since NaN equals nothing and -0.0 is not 0.0.
async fn keeps<T>(format: Format, db: &Client, is_staged: bool)
where
    T: LakeTable + LakeRowOwned + From<Ends> + Debug + Send + Sync,
{
    let table = format.table(&T::definition().name().to_string());
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    made::<T>(format, db).await;
    let some = |ids: std::ops::Range<i64>, more: i64| ids.map(|id| T::from(ends(id, id + more))).collect();
    let (inserted, merged): (Vec<T>, Vec<T>) = (some(0..6, 0), some(4..10, 1));
    let insert = db.insert(&inserted);
    if is_staged { insert.staged() } else { insert }.await.unwrap();
    let merge = db.merge(&merged);
    let is_merged = if is_staged { merge } else { merge.staged() }.await;
    let expected: Vec<&T> = match (format, is_merged) {
        // Sail's MERGE into Iceberg takes no BINARY for the BINARY that it wrote.
        (Format::Iceberg { catalog: None }, Err(error)) => {
            assert!(error.to_string().contains("Cannot safely cast `bytes`"), "{error}");
            inserted.iter().collect()
        }
        (_, is_merged) => {
            is_merged.unwrap();
            inserted.iter().take(4).chain(&merged).collect()
        }
    };
    let found = rows::<T>(db, &table, "id").await;
    assert_eq!(found.len(), expected.len(), "{format:?}");
    for (found, expected) in found.iter().zip(expected) {
        let [found, expected] = [found, expected].map(|row| format!("{row:?}"));
        let same = found.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
        let [found_from, expected_from] = [&found, &expected].map(|row| {
            String::from_utf8_lossy(&row.as_bytes()[same.saturating_sub(40)..])
                .chars()
                .take(120)
                .collect::<String>()
        });
        assert!(found == expected, "{format:?}: {found_from} instead of {expected_from}");
    }
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

/// Makes the table. A merge into a Delta table takes Sail twice the time and the memory for each column more that is NOT NULL,
/// and with these it does not end.
async fn made<T: LakeTable>(format: Format, db: &Client) {
    if Engine::from_env().has(Ability::SharedTables) || format != Format::Delta {
        let migration = db.migrate::<T>().await.unwrap();
        assert_eq!((migration.is_created(), migration.differences()), (true, [].as_slice()), "{format:?}");
        return;
    }
    for statement in Delta::new().create_table(&T::definition()).unwrap() {
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
    for (format, db) in staging.clients().await {
        let Format::Iceberg { .. } = format else { continue };
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
