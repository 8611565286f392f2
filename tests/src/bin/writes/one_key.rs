//! Two processes that write with one idempotency key at the same time.

use std::env;
use std::process::{Command, Stdio};

use lakeorm::{LakeTable, WritePath, query_first};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;

use crate::{figure, tables};

const ROWS: i64 = 1000;
const ROUNDS: i64 = 10;

#[derive(LakeTable)]
#[lake(table = "one_key")]
struct Row {
    #[lake(merge_key)]
    id: i64,
    value: i64,
}

const COLUMNS: &str = "id BIGINT, value BIGINT";

/// The verbs, and the ways of the rows.
const KINDS: [(&str, &str); 4] =
    [("insert", "direct"), ("insert", "staged"), ("merge", "direct"), ("merge", "staged")];

/// Every round has another key, both processes the same one, and the table one round's rows more behind it.
pub(crate) async fn one_key(engine: &Engine) {
    for (number, format) in tables::formats(engine).into_iter().enumerate() {
        let (db, table) = tables::client(engine, format, "one_key", COLUMNS).await;
        // Of the first commits to an empty Iceberg table an engine may keep only one.
        db.insert(&[Row { id: -1, value: 0 }]).await.unwrap();
        let mut rows = 1;
        for (verb, path) in KINDS {
            let mut wrote = 0;
            for round in 0..ROUNDS {
                let start = || {
                    let words = [number.to_string(), verb.into(), path.into(), round.to_string()];
                    let mut writer = Command::new(env::current_exe().unwrap());
                    writer.arg("one-key-writer").args(words).stdout(Stdio::piped()).spawn().unwrap()
                };
                for writer in [start(), start()] {
                    let ended = writer.wait_with_output().unwrap();
                    assert!(ended.status.success());
                    wrote += String::from_utf8(ended.stdout).unwrap().trim().parse::<i64>().unwrap();
                }
                rows += ROWS;
                let sums = format!("SELECT count(*), sum(value) FROM {table}");
                let found: (i64, i64) = query_first(&db, sums).await.unwrap();
                // Their ids count on from round to round, and each value is twice its id.
                let sum = (rows - 1) * (rows - 2);
                assert_eq!(found, (rows, sum), "{verb} {path}, round {round}");
            }
            figure(
                format!("two processes, one key, {}, {verb} {path}", format.name()),
                format!("{ROUNDS} rounds of {ROWS} rows, sent {wrote} times, there {ROUNDS} times"),
            );
        }
    }
}

/// One of the two: prints 1 if it sent the rows, and 0 if it found them.
#[expect(clippy::print_stdout, reason = "it is read by the process that started this one")]
pub(crate) async fn writer(engine: &Engine) {
    let words: Vec<String> = env::args().skip(2).collect();
    let [format, verb, path, round] = words.as_slice() else { panic!("{words:?}") };
    let format: Format = tables::formats(engine)[format.parse::<usize>().unwrap()];
    let (db, _) = tables::client(engine, format, "one_key", COLUMNS).await;
    let key = format!("{verb}, {path}, round {round}");
    let kind = KINDS.iter().position(|kind| *kind == (verb.as_str(), path.as_str())).unwrap();
    let first = i64::try_from(kind).unwrap() * ROUNDS * ROWS + round.parse::<i64>().unwrap() * ROWS;
    let rows: Vec<_> = (first..first + ROWS).map(|id| Row { id, value: id * 2 }).collect();
    let written = match (verb.as_str(), path.as_str()) {
        ("merge", "staged") => db.merge(&rows).staged().idempotency_key(key).await.unwrap(),
        ("merge", _) => db.merge(&rows).idempotency_key(key).await.unwrap(),
        (_, "staged") => db.insert(&rows).staged().idempotency_key(key).await.unwrap(),
        _ => db.insert(&rows).idempotency_key(key).await.unwrap(),
    };
    println!("{}", i64::from(written.path() != WritePath::AlreadyThere));
}
