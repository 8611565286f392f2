//! Every function, called once: what it gives, or the error of a server that lacks it.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use lakeorm::spark::functions::{array, col, count, struct_};
use lakeorm::spark::{Column, DataFrame, SparkDriver};
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::fuzzing::function_names;

mod aggregate;
mod bitmap;
mod collection;
mod condition;
mod context;
mod geometry;
mod groups;
mod hash;
mod json;
mod listed;
mod math;
mod otherwise;
mod sketch;
mod text;
mod time;
mod window;

use groups::Group;

/// A call, and what it gives.
#[derive(Debug, Clone)]
struct Call {
    name: &'static str,
    column: Column,
    expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The value cast to a text; the values of several rows are separated by commas.
    Text(&'static str),
    /// An error with these words.
    Failure(&'static str),
    /// The error of a server that does not have the function.
    Lack,
}

impl From<&'static str> for Expected {
    fn from(text: &'static str) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&'static str>> for Expected {
    fn from(text: Option<&'static str>) -> Self {
        Self::Text(text.unwrap_or("NULL"))
    }
}

/// Calls under their names: `function(arguments) => what it gives;`, with `as` and a function before the arrow where
/// the value itself is no text, or another each time.
macro_rules! calls {
    ($($name:ident($($arguments:tt)*) $(as $form:expr)? => $expected:expr;)*) => {
        vec![$($crate::functions::Call {
            name: stringify!($name),
            column: $crate::functions::formed!($name($($arguments)*) $(, $form)?),
            expected: $expected.into(),
        }),*]
    };
}

macro_rules! formed {
    ($call:expr) => {
        $call
    };
    ($call:expr, $form:expr) => {
        $crate::functions::in_form($call, $form)
    };
}

use {calls, formed};

fn in_form(column: Column, form: impl FnOnce(Column) -> Column) -> Column {
    form(column)
}

struct Server {
    engine: Engine,
    drv: SparkDriver,
    db: Client,
}

impl Server {
    fn started() -> Self {
        let engine = Engine::from_env();
        let builder = engine
            .builder()
            .pool_size(4)
            .session_conf("spark.sql.shuffle.partitions", "1")
            .session_conf("spark.sql.timeType.enabled", "true")
            .session_conf("spark.sql.timestampNanosTypes.enabled", "true");
        let drv = builder.build().unwrap();
        Self { db: Client::new(drv.clone()), drv, engine }
    }

    fn expected(&self, call: &Call) -> Expected {
        otherwise::expected(&self.engine, call.name).unwrap_or(call.expected)
    }

    /// The results of the calls, as texts; an error is that of all of them.
    async fn answers(&self, frame: &DataFrame, calls: usize) -> lakeorm::Result<Vec<String>> {
        let rows = query::<(Vec<Option<String>>,)>(&self.db, frame).await?;
        let text =
            |row: &(Vec<Option<String>>,), at: usize| row.0[at].clone().unwrap_or_else(|| "NULL".to_owned());
        let texts = |at: usize| rows.iter().map(|row| text(row, at)).collect::<Vec<_>>().join(", ");
        Ok((0..calls).map(texts).collect())
    }

    /// Where the answers of a group are others than those expected.
    async fn differences(&self, group: Group) -> Vec<String> {
        let (together, mut alone): (Vec<_>, Vec<_>) =
            group.calls.iter().cloned().partition(|call| {
                group.how.is_of_several() && matches!(self.expected(call), Expected::Text(_))
            });
        let mut differences = Vec::new();
        match self.answers(&group.asked(&together), together.len()).await {
            Ok(answers) => {
                let judged =
                    together.iter().zip(answers).map(|(call, answer)| self.judge(&group, call, &Ok(answer)));
                differences.extend(judged.flatten());
            }
            // One of them fails; which one is found by calling each alone.
            Err(_) => alone.extend(together),
        }
        for call in alone {
            let answer = self.answers(&group.asked(std::slice::from_ref(&call)), 1).await;
            differences.extend(self.judge(&group, &call, &answer.map(|mut answers| answers.remove(0))));
        }
        differences
    }

    fn judge(&self, group: &Group, call: &Call, answer: &lakeorm::Result<String>) -> Option<String> {
        let expected = self.expected(call);
        let is_expected = match (answer, expected) {
            (Ok(text), Expected::Text(expected)) => text == expected,
            (Err(error), Expected::Failure(words)) => error.to_string().contains(words),
            (Err(error), Expected::Lack) => {
                error.kind() == ErrorKind::Unsupported && self.is_named(group, call, &error.to_string())
            }
            _ => false,
        };
        (!is_expected).then(|| format!("{}: {answer:?} and not {expected:?}", call.name))
    }

    /// Whether a message names the function, or one that its arguments call and that the server lacks as well.
    fn is_named(&self, group: &Group, call: &Call, message: &str) -> bool {
        let called = format!("{:?} {:?}", call.column, group.beneath);
        function_names()
            .into_iter()
            .filter(|(name, on_server)| called.contains(on_server) && otherwise::lacks(&self.engine, name))
            .any(|(_, on_server)| message.contains(on_server))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_gives_its_value_or_the_error_of_a_server_that_lacks_it() {
    let server = Server::started();
    let groups = groups::all(&server.drv);
    let differences: Vec<String> = futures::stream::iter(groups)
        .map(|group| server.differences(group))
        .buffer_unordered(4)
        .flat_map(futures::stream::iter)
        .collect()
        .await;
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(server.drv.status().in_use, 0);
}

#[tokio::test]
async fn every_function_of_the_tables_is_called_once() {
    let server = Server::started();
    let mut times = BTreeMap::new();
    for call in groups::all(&server.drv).iter().flat_map(|group| &group.calls) {
        *times.entry(call.name).or_insert(0) += 1;
    }
    let often: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(often.is_empty(), "{often:?}");
    let called: BTreeSet<&str> = times.into_keys().collect();
    let names: BTreeSet<&str> = function_names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(called, names);
}
