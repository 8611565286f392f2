//! The same chains in PySpark's own client and here, against the same server: the analysed schema and the rows are
//! equal, and so are the plans where the server compares them.
//!
//! `fixtures/pyspark_chains.py` has the other side, under the same names.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::{FutureExt, StreamExt};
use lakeorm::spark::{DataFrame, SparkDriver};
use lakeorm::{DynamicRow, RowBatch};
use lakeorm_tests::engine::{Ability, Engine};
use serde_json::{Value, json};

mod actions;
mod aggregated;
mod columns;
mod expressions;
mod functions;
mod joined;
mod nested;
mod rows;
mod schema;
mod written;

use written::Place;

/// A chain and its name.
type Chain = (String, DataFrame);

/// What both sides set.
const CONFS: [(&str, &str); 3] = [
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.shuffle.partitions", "1"),
    ("spark.sql.adaptive.enabled", "false"),
];

/// The frames that the chains begin with, by the names that the other side has for them.
const TABLES: [(&str, &str); 5] = [
    ("five", super::dataframe::FIVE),
    ("names", "SELECT * FROM VALUES ('a', 'Ada', 1), ('b', 'Bob', 2), ('z', 'Zoe', 3) AS t(k, name, w)"),
    (
        "nested",
        // Not `VALUES`: the hash of a plan that holds arrays and maps as values is another each time.
        "SELECT 1 AS id, array(3, 1, CAST(NULL AS INT), 2) AS xs, map('a', 1, 'b', 2) AS m, named_struct('a', 1, 'b', 'one') AS s \
         UNION ALL SELECT 2, array(5, CAST(NULL AS INT)), map('c', 3), named_struct('a', 2, 'b', 'two')",
    ),
    (
        "days",
        "SELECT * FROM VALUES (1, DATE '2024-02-29', TIMESTAMP '2024-02-29 13:14:15.678901', ' Some Text ', 'k'), \
         (2, DATE '1999-12-31', TIMESTAMP '1999-12-31 23:59:59', 'a,b,c', 'l') AS t(id, d, t, text, k)",
    ),
    (
        "gaps",
        "SELECT * FROM VALUES (1, CAST(NULL AS STRING), 1.0D), (2, 'b', CAST('NaN' AS DOUBLE)), \
         (CAST(NULL AS INT), CAST(NULL AS STRING), CAST(NULL AS DOUBLE)), (4, 'd', 4.0D) AS t(i, s, d)",
    ),
];

/// Chains whose plans differ although they mean the same, with the reason.
const OTHER_PLANS: [(&str, &str); 2] = [
    ("stat.sample_by", "the server makes a function of it, another each time"),
    ("tail.two", "PySpark collects those rows, and a frame of them is one of values"),
];

/// The chains that PySpark has no answer to where the server is not Spark.
const FAILING: [&str; 22] = [
    "as_of_join.forward",
    "as_of_join.inner",
    "as_of_join.left",
    "as_of_join.names",
    "as_of_join.nearest",
    "as_of_join.no_exact_matches",
    "as_of_join.tolerance",
    "catalog.function_exists",
    "catalog.function_is_missing",
    "catalog.get_function",
    "grouping_sets.two",
    "nested.explode.map",
    "nested.transform_keys",
    "nested.transform_values",
    "nested.zip_with",
    "same_semantics.other",
    "same_semantics.same",
    "stat.approx_quantile",
    "stat.freq_items",
    "transpose.first",
    "transpose.index",
    "unpivot.two",
];

struct Tables {
    drv: SparkDriver,
    five: DataFrame,
    names: DataFrame,
    nested: DataFrame,
    days: DataFrame,
    gaps: DataFrame,
}

impl Tables {
    fn new(drv: SparkDriver) -> Self {
        let [five, names, nested, days, gaps] = TABLES.map(|(_, query)| drv.sql(query));
        Self { drv, five, names, nested, days, gaps }
    }

    fn chains(&self) -> BTreeMap<String, DataFrame> {
        let all = [
            columns::chains(self),
            columns::reshaping(self),
            rows::chains(self),
            rows::sets(self),
            rows::missing(self),
            aggregated::groups(self),
            aggregated::groupings(self),
            aggregated::windows(self),
            joined::chains(self),
            joined::as_of(self),
            expressions::operators(self),
            expressions::conditions(self),
            nested::columns(self),
            nested::functions(self),
            functions::chains(self),
        ];
        let mut chains = BTreeMap::new();
        for (name, frame) in all.into_iter().flatten() {
            assert!(chains.insert(name.clone(), frame).is_none(), "two chains are called {name}");
        }
        chains
    }
}

/// Names the chains of a table.
fn named<const N: usize>(chains: [(&str, DataFrame); N]) -> Vec<Chain> {
    chains.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect()
}

/// What PySpark answers, by chain.
fn answers(mut python: Command, remote: &str, place: &Place) -> BTreeMap<String, Value> {
    let object = |pairs: &[(&str, &str)]| Value::from_iter(pairs.iter().copied()).to_string();
    python.args(["-c", include_str!("../../../fixtures/pyspark_chains.py"), remote]).args([
        object(&CONFS),
        object(&TABLES),
        place.to_json().to_string(),
    ]);
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let told = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    told.map(|answer| (answer["name"].as_str().unwrap().to_owned(), answer)).collect()
}

/// The rows as texts; in the order in which they came only where the chain is about order.
fn texts(name: &str, batches: Vec<RecordBatch>) -> Vec<String> {
    let rows = batches.into_iter().flat_map(|batch| {
        RowBatch::new(batch, 0)
            .unwrap()
            .to_vec::<DynamicRow>()
            .unwrap()
            .into_iter()
            .map(|row| format!("{row:?}"))
    });
    let mut rows: Vec<String> = rows.collect();
    if !name.starts_with("order_by.") {
        rows.sort();
    }
    rows
}

fn rows_of(answer: &Value) -> Vec<RecordBatch> {
    let stream = BASE64_STANDARD.decode(answer["rows"].as_str().unwrap()).unwrap();
    StreamReader::try_new(stream.as_slice(), None).unwrap().map(Result::unwrap).collect()
}

/// Where a chain differs from what PySpark answers; nothing where it does not.
async fn difference(name: &str, frame: &DataFrame, answer: &Value) -> Option<String> {
    let ours = async {
        let schema = frame.schema().await?;
        Ok::<_, spark_connect::Error>((schema::json(schema.fields()), frame.collect().await?))
    };
    let (ours, failure) = match (ours.await, answer.get("error")) {
        (Ok(ours), failure) => (ours, failure),
        (Err(_), Some(_)) => return None,
        (Err(error), None) => return Some(format!("{name}: only here: {error}")),
    };
    if let Some(failure) = failure {
        return Some(format!("{name}: only in PySpark: {failure}"));
    }
    let (schema, batches) = ours;
    if json!(schema) != answer["schema"] {
        return Some(format!("{name}: schema {schema}, PySpark's {}", answer["schema"]));
    }
    let (ours, theirs) = (texts(name, batches), texts(name, rows_of(answer)));
    if ours != theirs {
        return Some(format!("{name}: rows {ours:?}, PySpark's {theirs:?}"));
    }
    // A table of its own each side has.
    let theirs = answer["hash"].as_i64().filter(|_| !is_written(name))?;
    let ours = i64::from(frame.semantic_hash().await.unwrap());
    let reason = OTHER_PLANS.iter().find(|(other, _)| *other == name);
    match (ours == theirs, reason) {
        (false, None) => Some(format!("{name}: another plan")),
        (true, Some((_, reason))) => Some(format!("{name}: the same plan, although {reason}")),
        _ => None,
    }
}

fn is_written(name: &str) -> bool {
    ["save", "insert_into.", "write_to."].iter().any(|beginning| name.starts_with(beginning))
}

/// Where a value differs from PySpark's; nothing where it does not.
fn value_difference(name: &str, ours: spark_connect::Result<Value>, answer: &Value) -> Option<String> {
    match (ours, answer.get("error")) {
        (Ok(value), None) => {
            // What is summed up depends on the order of the rows.
            let near = |(ours, theirs): (f64, f64)| (ours - theirs).abs() < 1e-9;
            let same =
                value == answer["value"] || value.as_f64().zip(answer["value"].as_f64()).is_some_and(near);
            (!same).then(|| format!("{name}: {value}, PySpark's {}", answer["value"]))
        }
        (Err(_), Some(_)) => None,
        (Err(error), None) => Some(format!("{name}: only here: {error}")),
        (Ok(_), Some(failure)) => Some(format!("{name}: only in PySpark: {failure}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_give_what_pyspark_gives() {
    let engine = Engine::from_env();
    let python = engine.pyspark();
    let (ours, theirs) = (place(&engine, "here"), place(&engine, "there"));
    let remote = engine.remote.clone();
    let answers = tokio::task::spawn_blocking(move || answers(python, &remote, &theirs));
    let builder = engine.builder().pool_size(4);
    let drv = CONFS.into_iter().fold(builder, |builder, (key, value)| builder.session_conf(key, value));
    let tables = Tables::new(drv.build().unwrap());
    let mut chains = tables.chains();
    let mut values = BTreeMap::new();
    let written = written::frames(&tables, &ours).into_iter();
    let mut written = futures::stream::iter(written)
        .map(|(name, frame)| frame.map(|frame| (name, frame)))
        .buffer_unordered(4);
    while let Some((name, frame)) = written.next().await {
        match frame {
            Ok(frame) => _ = chains.insert(name, frame),
            Err(error) => _ = values.insert(name, Err(error)),
        }
    }
    let lists =
        [actions::of_frames(&tables), actions::of_the_catalog(&tables), written::of_a_table(&tables, &ours)];
    let mut told = futures::stream::iter(lists.into_iter().flatten())
        .map(|(name, value)| value.map(|value| (name.to_owned(), value)))
        .buffer_unordered(4);
    while let Some((name, value)) = told.next().await {
        values.insert(name, value);
    }
    let answers = answers.await.unwrap();
    let ours: BTreeSet<_> = chains.keys().chain(values.keys()).collect();
    assert_eq!(ours, answers.keys().collect(), "both sides have the same chains");
    assert!(ours.len() >= 200, "{}", ours.len());
    let failed = answers.iter().filter(|(_, answer)| answer.get("error").is_some());
    let failed: BTreeSet<&str> = failed.map(|(name, _)| name.as_str()).collect();
    let failing = if engine.has(Ability::PlanHashes) { BTreeSet::new() } else { BTreeSet::from(FAILING) };
    assert_eq!(failed, failing, "these chains fail in PySpark");
    let compared = futures::stream::iter(&chains)
        .map(|(name, frame)| difference(name, frame, &answers[name]))
        .buffer_unordered(4);
    let mut different: Vec<String> = compared.filter_map(std::future::ready).collect().await;
    different.extend(
        values.into_iter().filter_map(|(name, value)| value_difference(&name, value, &answers[&name])),
    );
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

fn place(engine: &Engine, side: &str) -> Place {
    let format = engine.table_format().trim_start_matches("USING ").to_owned();
    let directory = engine.dir.to_str().unwrap().to_owned();
    Place { prefix: engine.unique(side), format, directory }
}
