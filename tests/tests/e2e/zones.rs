//! Instants that a program sends, in a session whose clocks show another time than UTC.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::spark::{DataFrame, SparkDriver};
use lakeorm::{Client, ErrorKind, LakeRow, LakeTable, query, query_first};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::functions::{array, coalesce, col, expr, lit};

/// A day later in Berlin than in UTC.
const LATE: &str = "2026-07-25T23:30:00Z";

/// What the clock shows there of it.
const SHOWN: &str = "2026-07-26 01:30:00";

fn in_berlin(engine: &Engine) -> (SparkDriver, Client) {
    let drv = engine.builder().session_conf("spark.sql.session.timeZone", "Europe/Berlin").build().unwrap();
    (drv.clone(), Client::new(drv))
}

fn late() -> DateTime<Utc> {
    LATE.parse().unwrap()
}

/// Clocks were set back between the two, from three to two.
fn of_the_hour_that_came_twice() -> [DateTime<Utc>; 2] {
    ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"].map(|at| at.parse().unwrap())
}

/// An instant as text, as a day and as its hour.
#[derive(Debug, PartialEq, LakeRow)]
struct Shown {
    text: String,
    day: NaiveDate,
    hour: i32,
}

impl Shown {
    const FIELDS: [(&str, &str); 3] =
        [("text", "CAST({} AS STRING)"), ("day", "CAST({} AS DATE)"), ("hour", "hour({})")];

    /// What selects it of the instant that the SQL stands for.
    fn of(instant: &str) -> String {
        let fields = Self::FIELDS.map(|(name, sql)| format!("{} AS {name}", sql.replace("{}", instant)));
        fields.join(", ")
    }

    fn late() -> Self {
        Self { text: SHOWN.to_owned(), day: NaiveDate::from_ymd_opt(2026, 7, 26).unwrap(), hour: 1 }
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Seen {
    id: i64,
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Nested {
    name: String,
    seen: Seen,
    visits: Vec<Seen>,
    times: Vec<Option<DateTime<Utc>>>,
    reading: NaiveDateTime,
}

fn seen() -> Seen {
    Seen { id: 7, at: late() }
}

fn nested() -> Nested {
    let reading = late().naive_utc();
    let times = vec![Some(late()), None];
    Nested { name: "Ada".to_owned(), seen: seen(), visits: vec![seen()], times, reading }
}

#[tokio::test]
async fn a_bound_instant_is_shown_by_the_clock_of_the_session() {
    let (drv, db) = in_berlin(&Engine::from_env());
    let shown = |source| async { query_first::<Shown>(&db, source).await.unwrap() };
    let select = |instant: &str| drv.from_sql(format!("SELECT {} FROM (SELECT ? AS v)", Shown::of(instant)));
    assert_eq!(shown(select("v").bind(late())).await, Shown::late());
    assert_eq!(shown(select("v[0]").bind(vec![late()])).await, Shown::late());
    assert_eq!(shown(select("v[0]").bind(vec![Some(late()), None])).await, Shown::late());
    assert_eq!(shown(select("v.at").bind(seen())).await, Shown::late());
    assert_eq!(shown(select("v[0].at").bind(vec![seen()])).await, Shown::late());
    let map = BTreeMap::from([("a", late())]);
    assert_eq!(shown(select("v['a']").bind(map)).await, Shown::late());
}

#[tokio::test]
async fn a_day_of_a_bound_instant_is_the_day_of_a_stored_one() {
    let engine = Engine::from_env();
    let (drv, _) = in_berlin(&engine);
    let session = drv.session().await.unwrap();
    session.exec(format!("CREATE TEMPORARY VIEW stored AS SELECT TIMESTAMP'{LATE}' AS at")).await.unwrap();
    let db = Client::new(session.clone());
    let sql = "SELECT CAST(at AS STRING) FROM stored WHERE at >= ? AND CAST(at AS DATE) = CAST(? AS DATE)";
    let found = query::<(String,)>(&db, session.from_sql(sql).bind(late()).bind(late())).await.unwrap();
    assert_eq!(found, [(SHOWN.to_owned(),)]);
    let same_day = col("at").cast("date").eq(lit(late()).cast("date"));
    let frame = session.table("stored").filter(col("at").eq(lit(late())).and(same_day));
    assert_eq!(frame.count().await.unwrap(), 1);
}

#[tokio::test]
async fn an_instant_in_an_expression_is_shown_by_the_clock_of_the_session() {
    let engine = Engine::from_env();
    let (drv, db) = in_berlin(&engine);
    let literals = [
        (lit(late()), "v", false),
        (lit(vec![late()]), "v[0]", false),
        (lit(seen()), "v.at", true),
        (lit(vec![seen()]), "v[0].at", true),
        (array([lit(late())]), "v[0]", false),
        (coalesce([lit(None::<DateTime<Utc>>), lit(late())]), "v", false),
    ];
    for (literal, instant, is_nested) in literals {
        let columns = Shown::FIELDS.map(|(name, sql)| expr(sql.replace("{}", instant)).alias(name));
        let frame = drv.range(0, 1).select([literal.alias("v")]).select(columns);
        let shown = query_first::<Shown>(&db, drv.from_dataframe(frame)).await;
        match shown {
            Err(error) if is_nested && !engine.has(Ability::NestedInstants) => {
                assert_eq!(error.kind(), ErrorKind::Server, "{instant}");
            }
            shown => assert_eq!(shown.unwrap(), Shown::late(), "{instant}"),
        }
    }
}

#[tokio::test]
async fn instants_in_rows_of_a_frame_are_shown_by_the_clock_of_the_session() {
    let (drv, db) = in_berlin(&Engine::from_env());
    let shown = |frame: DataFrame, instant: &str| {
        let columns = Shown::FIELDS.map(|(name, sql)| expr(sql.replace("{}", instant)).alias(name));
        let source = drv.from_dataframe(frame.select(columns));
        let db = &db;
        async move { query_first::<Shown>(db, source).await.unwrap() }
    };
    assert_eq!(shown(drv.create_dataframe(&[(late(),)]), "_1").await, Shown::late());
    for instant in ["seen.at", "visits[0].at", "times[0]"] {
        assert_eq!(shown(drv.create_dataframe(&[nested()]), instant).await, Shown::late(), "{instant}");
    }
    let frame = drv.create_dataframe(&[nested()]);
    assert_eq!(query::<Nested>(&db, drv.from_dataframe(&frame)).await.unwrap(), [nested()]);
    let reading = frame.select([col("reading").cast("string").alias("reading")]);
    let (reading,) = query_first::<(String,)>(&db, drv.from_dataframe(reading)).await.unwrap();
    assert_eq!(reading, "2026-07-25 23:30:00");
}

#[tokio::test]
async fn instants_of_the_hour_that_came_twice_stay_two() {
    let (drv, db) = in_berlin(&Engine::from_env());
    let two = of_the_hour_that_came_twice();
    let bound = drv.from_sql("SELECT ? AS a, ? AS b").bind(two[0]).bind(two[1]);
    type Two = (DateTime<Utc>, DateTime<Utc>);
    assert_eq!(query_first::<Two>(&db, bound).await.unwrap(), (two[0], two[1]));
    let literals = drv.range(0, 1).select([lit(two[0]).alias("a"), lit(two[1]).alias("b")]);
    assert_eq!(query_first::<Two>(&db, drv.from_dataframe(literals)).await.unwrap(), (two[0], two[1]));
    let rows = drv.create_dataframe(&two.map(|at| (at,)));
    assert_eq!(rows.distinct().count().await.unwrap(), 2);
    let found = query::<(DateTime<Utc>,)>(&db, drv.from_dataframe(rows.order_by([col("_1")]))).await.unwrap();
    assert_eq!(found, two.map(|at| (at,)));
    let first = rows.filter(col("_1").eq(lit(two[0])));
    assert_eq!(first.count().await.unwrap(), 1);
}

/// Sail reads the clock of UTC for every instant that is cast so, a stored one too.
#[tokio::test]
async fn a_bound_instant_is_read_off_the_clock_as_one_in_the_text_is() {
    let (drv, db) = in_berlin(&Engine::from_env());
    let sql = format!("SELECT CAST(? AS TIMESTAMP_NTZ) AS a, CAST(TIMESTAMP'{LATE}' AS TIMESTAMP_NTZ) AS b");
    let source = drv.from_sql(sql).bind(late());
    let (bound, written) = query_first::<(NaiveDateTime, NaiveDateTime)>(&db, source).await.unwrap();
    assert_eq!(bound, written);
}
