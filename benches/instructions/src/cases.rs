//! What is counted.

use std::env;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use futures::TryStreamExt;
use lakeorm::encode::record_batch;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, RowBatch, query_first, query_stream};

use crate::raw;
use crate::rows::{self, Narrow, User, UserRef};

/// Does it so many times.
pub(crate) async fn run(case: &str, times: u32) {
    match case {
        "call" => calls(times).await,
        "raw call" => raw::calls(&Server::start().port, times, false).await,
        "raw call, released" => raw::calls(&Server::start().port, times, true).await,
        "stream" => streams(times).await,
        "narrow to_vec" => {
            let batch = RowBatch::new(rows::narrow(), 0).unwrap();
            (0..times).for_each(|_| _ = black_box(batch.to_vec::<Narrow>().unwrap()));
        }
        "user to_vec" => {
            let batch = RowBatch::new(rows::users(), 0).unwrap();
            (0..times).for_each(|_| _ = black_box(batch.to_vec::<User>().unwrap()));
        }
        "user borrowed" => {
            let batch = RowBatch::new(rows::users(), 0).unwrap();
            for _ in 0..times {
                batch.rows::<UserRef<'_>>().unwrap().for_each(|row| _ = black_box(row.unwrap()));
            }
        }
        "user encode" => {
            let users = rows::structs();
            (0..times).for_each(|_| _ = black_box(record_batch(&users).unwrap()));
        }
        "user encode, by hand" => {
            let users = rows::structs();
            (0..times).for_each(|_| _ = black_box(rows::by_hand(&users)));
        }
        other => panic!("{other} is not a case"),
    }
}

/// A query of one row on a session that has been used.
async fn calls(times: u32) {
    let server = Server::start();
    let db = server.client();
    for _ in 0..times {
        assert_eq!(query_first::<(i32,)>(&db, "one").await.unwrap(), (1,));
    }
}

/// A result of one batch, row by row.
async fn streams(times: u32) {
    let server = Server::start();
    let db = server.client();
    for _ in 0..times {
        let (mut stream, mut found) = (query_stream::<User>(&db, "users"), 0);
        while let Some(row) = stream.try_next().await.unwrap() {
            black_box(row);
            found += 1;
        }
        assert_eq!(found, rows::ROWS);
    }
}

/// This program once more, as the server.
struct Server {
    process: Child,
    port: String,
}

impl Server {
    fn start() -> Self {
        let mut server = Command::new(env::current_exe().unwrap());
        let mut process = server.arg("server").stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, port: port.trim().to_owned() }
    }

    fn client(&self) -> Client {
        let remote = format!("sc://127.0.0.1:{}", self.port);
        Client::new(SparkDriver::builder(remote).pool_size(1).build().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
