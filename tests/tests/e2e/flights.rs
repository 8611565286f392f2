//! The demo's figures are those that pandas computes from the same files.

use std::env;
use std::fs;
use std::path::PathBuf;

use lakeorm::{Client, query};
use lakeorm_tests::engine::{Ability, Engine};
use serde_json::{Value, json};

#[path = "../../../examples/flights.rs"]
#[expect(dead_code, reason = "the example's own main and printing are not run here")]
mod example;

#[path = "../../../examples/dataframe.rs"]
#[expect(dead_code, reason = "the example's own main and printing are not run here")]
mod frames;

fn expected() -> Value {
    let path = env::var("LAKEORM_FLIGHTS_EXPECTED").expect("run `cargo xtask test`");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn are_those_of_pandas<'c>(
    carriers: impl ExactSizeIterator<Item = (&'c str, &'c str, i64, f64)>,
    expected: &Value,
) {
    let wanted = expected["carriers"].as_array().unwrap();
    assert_eq!(carriers.len(), wanted.len());
    for ((carrier, name, flights, delay), wanted) in carriers.zip(wanted) {
        assert_eq!(carrier, wanted["carrier"].as_str().unwrap());
        assert_eq!(name, wanted["name"].as_str().unwrap());
        assert_eq!(flights, wanted["flights"].as_i64().unwrap());
        let mean = wanted["mean_arr_delay"].as_f64().unwrap();
        assert!((delay - mean).abs() < 1e-9, "{delay} {mean}");
    }
}

#[tokio::test]
async fn the_example_computes_what_pandas_computes() {
    let engine = Engine::from_env();
    // Plain Spark has no Delta tables.
    if !engine.has(Ability::Delta) {
        let error = engine.driver().exec("CREATE TABLE t (id BIGINT) USING delta").await.unwrap_err();
        assert_eq!(error.error_class(), Some("DATA_SOURCE_NOT_FOUND"));
        return;
    }
    let drv = engine.compiling().build().unwrap();
    let db = Client::new(drv.clone());
    let data = PathBuf::from(env::var("LAKEORM_FLIGHTS_DATA").expect("run `cargo xtask test`"));
    example::load(&drv, &data, &engine.dir.join("flights")).await.unwrap();
    let expected = expected();

    let carriers = example::carriers(&db, &drv, 500).await.unwrap();
    let carriers =
        carriers.iter().map(|row| (row.carrier.as_str(), row.name.as_str(), row.flights, row.mean_delay));
    are_those_of_pandas(carriers, &expected);

    let totals = example::totals(&db, &drv).await.unwrap();
    assert_eq!(totals.flights, expected["rows"]["flights"].as_u64().unwrap());
    assert_eq!(totals.distance, expected["distance"]["sum"].as_i64().unwrap());
    assert_eq!(totals.not_departed, expected["nulls"]["dep_delay"].as_u64().unwrap());
}

#[tokio::test]
async fn the_frames_of_the_example_give_what_pandas_computes() {
    let drv = Engine::from_env().compiling().build().unwrap();
    let db = Client::new(drv.clone());
    let data = env::var("LAKEORM_FLIGHTS_DATA").expect("run `cargo xtask test`");
    let (flights, airlines) = frames::tables(&drv, &data);
    let expected = expected();
    let carriers = query::<frames::Carrier>(&db, frames::carriers(&flights, &airlines, 500)).await.unwrap();
    let carriers =
        carriers.iter().map(|row| (row.carrier.as_str(), row.name.as_str(), row.flights, row.minutes));
    are_those_of_pandas(carriers, &expected);
    let farthest = query::<frames::Farthest>(&db, frames::farthest(&flights)).await.unwrap();
    assert_eq!(json!(farthest.len()), expected["rows"]["airlines"]);
    let honolulu = farthest.iter().find(|farthest| farthest.carrier == "HA").unwrap();
    assert_eq!((honolulu.dest.as_str(), honolulu.distance, honolulu.flights), ("HNL", 4983, 342));
}
