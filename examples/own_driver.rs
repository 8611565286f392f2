//! A driver of one's own: people in memory, read by queries and added by statements.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use lakeorm::arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use lakeorm::{
    BatchStream, Capabilities, Capability, Client, Command, Driver, Error, ErrorKind, LakeRow, Literal,
    Outcome, Read, Result, ServerError, Values, query, query_first,
};

const ADD: &str = "INSERT INTO people VALUES (?, ?)";
const BY_ID: &str = "SELECT * FROM people WHERE id = ?";

/// The people until the driver is closed.
#[derive(Clone)]
struct Memory(Arc<Mutex<People>>);

type People = Option<Vec<(i64, String)>>;

impl Driver for Memory {
    fn name(&self) -> &str {
        "memory"
    }

    fn read(&self, read: Read) -> BatchStream {
        let memory = self.clone();
        stream::once(async move { memory.select(&read) }).boxed()
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        async move { self.insert(&command) }.boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        async { Ok(Capabilities::from([Capability::Exec])) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        async {
            self.with(|people| {
                *people = None;
                Ok(())
            })
        }
        .boxed()
    }
}

impl Memory {
    fn select(&self, read: &Read) -> Result<RecordBatch> {
        read.check()?;
        let wanted = match (read.table(), read.sql(), read.arguments().values()) {
            (Some("people"), ..) => None,
            (_, Some(BY_ID), Values::Positional([id])) => Some(id.single().and_then(Literal::as_i64)),
            (Some(_), ..) => return Err(no_table()),
            _ => return Err(Error::new(ErrorKind::Server, "there is nothing else to read")),
        };
        let limit = read.row_limit().map_or(usize::MAX, |rows| rows as usize);
        self.with(|people| {
            let people = people.as_ref().ok_or_else(closed)?.iter();
            let found = people.filter(|(id, _)| wanted.is_none_or(|wanted| wanted == Some(*id))).take(limit);
            let (ids, names): (Vec<i64>, Vec<String>) = found.cloned().unzip();
            let columns: [(_, ArrayRef); 2] =
                [("id", Arc::new(Int64Array::from(ids))), ("name", Arc::new(StringArray::from(names)))];
            batch(columns)
        })
    }

    fn insert(&self, command: &Command) -> Result<Outcome> {
        command.check()?;
        let (ADD, Values::Positional([id, name])) = (command.sql(), command.arguments().values()) else {
            return Err(Error::new(ErrorKind::Server, format!("nothing is executed but {ADD}")));
        };
        let (Some(id), Some(name)) =
            (id.single().and_then(Literal::as_i64), name.single().and_then(Literal::as_str))
        else {
            return Err(Error::new(ErrorKind::Server, "a person is a number and a name"));
        };
        self.with(|people| {
            people.as_mut().ok_or_else(closed).map(|people| people.push((id, name.to_owned())))
        })?;
        let added: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        Ok(Outcome::from(vec![batch([("num_affected_rows", added)])?]))
    }

    fn with<T>(&self, what: impl FnOnce(&mut Option<Vec<(i64, String)>>) -> Result<T>) -> Result<T> {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch> {
    RecordBatch::try_from_iter(columns).map_err(|error| Error::new(ErrorKind::Protocol, error.to_string()))
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the people are gone: make another driver")
}

fn no_table() -> Error {
    let said = ServerError::new("the one table is called people").table_not_found();
    Error::new(ErrorKind::Server, "there is no such table").with_server(said)
}

#[derive(Debug, PartialEq, LakeRow)]
struct Person {
    id: i64,
    name: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Client::new(Memory(Arc::new(Mutex::new(Some(Vec::new())))));
    for (id, name) in [(1_i64, "Ada"), (2, "Grace")] {
        assert_eq!(db.exec(ADD).bind(id).bind(name).await?.affected_rows(), Some(1));
    }

    for person in query::<Person>(&db, db.table("people")).await? {
        println!("{person:?}");
    }
    let grace: Person = query_first(&db, db.sql(BY_ID).bind(2_i64)).await?;
    assert_eq!(grace, Person { id: 2, name: "Grace".to_owned() });
    let first: Person = query_first(&db, db.table("people")).await?;
    assert_eq!(first.name, "Ada");

    let missing = query::<Person>(&db, db.table("animals")).await.err();
    assert!(missing.is_some_and(|error| error.is_table_not_found()));
    let refused = db.exec(ADD).bind(3_i64).await.err();
    println!("with one value: {}", refused.map(|error| error.to_string()).unwrap_or_default());
    db.close().await
}
