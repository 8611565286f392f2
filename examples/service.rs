//! A service over one client: routes that share it, its health, errors as status codes, and an end that waits for what
//! runs. There is no web framework in it: a route is a function, and the requests come from this program itself.
//!
//! `SPARK_REMOTE` is the connection string of a server; `cargo xtask engine up sail` prints one.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it found")]

use std::pin::pin;
use std::time::Duration;

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Error, ErrorKind, LakeRow, query_optional, query_scalar};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

#[derive(Debug, LakeRow)]
struct Product {
    name: String,
    cents: i64,
}

struct Request {
    path: String,
    answer: oneshot::Sender<Response>,
}

struct Response {
    status: u16,
    body: String,
}

impl Response {
    fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into() }
    }

    /// What went wrong is for the log: its text names tables and columns, which are not the caller's business.
    fn failed(path: &str, error: &Error) -> Self {
        eprintln!("GET {path}: {error}");
        Self::new(status(error.kind()), "the request failed")
    }
}

fn status(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::NoRows => 404,
        // What the caller sent cannot be written.
        ErrorKind::Encode | ErrorKind::Input => 400,
        // It may go well in a while: no session is free, or the engine is starting, restarting or gone.
        ErrorKind::PoolTimeout
        | ErrorKind::Connect
        | ErrorKind::Unavailable
        | ErrorKind::ClusterNotReady
        | ErrorKind::SessionLost
        | ErrorKind::Closed => 503,
        ErrorKind::Timeout => 504,
        // This program or its tables have to be mended.
        _ => 500,
    }
}

async fn route(db: &Client, path: &str) -> Response {
    let done = match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        ["health"] => health(db).await,
        ["products", id] => product(db, id).await,
        ["broken"] => broken(db).await,
        _ => Ok(Response::new(404, "no such page")),
    };
    done.unwrap_or_else(|error| Response::failed(path, &error))
}

/// Takes the path that a query takes, and waits no longer than whoever asks.
async fn health(db: &Client) -> lakeorm::Result<Response> {
    match tokio::time::timeout(Duration::from_secs(10), db.ping()).await {
        Ok(answered) => answered.map(|()| Response::new(200, "up")),
        Err(_) => Ok(Response::new(503, "the engine does not answer")),
    }
}

async fn product(db: &Client, id: &str) -> lakeorm::Result<Response> {
    let Ok(id) = id.parse::<i64>() else { return Ok(Response::new(400, "the id is no number")) };
    let sql = "SELECT name, cents FROM (SELECT * FROM VALUES (1L, 'lamp', 1999L), (2L, 'desk', 24900L) \
               AS products(id, name, cents)) WHERE id = ?";
    let found = query_optional::<Product>(db, db.sql(sql).bind(id)).await?;
    Ok(match found {
        Some(Product { name, cents }) => Response::new(200, format!("{name}, {cents} cents")),
        None => Response::new(404, "no such product"),
    })
}

async fn broken(db: &Client) -> lakeorm::Result<Response> {
    let count: i64 = query_scalar(db, "SELECT count(*) FROM a_table_that_nobody_made").await?;
    Ok(Response::new(200, count.to_string()))
}

/// Serves until `stop`. What has come by then is still answered; then the client gives its sessions back.
async fn serve(
    db: Client,
    mut requests: mpsc::Receiver<Request>,
    stop: impl Future<Output = ()>,
) -> lakeorm::Result<()> {
    let mut running = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            Some(Request { path, answer }) = requests.recv() => {
                let db = db.clone();
                // Whoever asked may be gone.
                running.spawn(async move { answer.send(route(&db, &path).await).is_ok() });
            }
            () = &mut stop => break,
        }
    }
    while running.join_next().await.is_some() {}
    db.close().await
}

async fn ask(
    requests: &mpsc::Sender<Request>,
    path: &str,
) -> Result<oneshot::Receiver<Response>, Box<dyn std::error::Error>> {
    let (answer, answered) = oneshot::channel();
    requests.send(Request { path: path.to_owned(), answer }).await?;
    Ok(answered)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One client for all routes: its clones share the sessions, of which a request waits for a free one.
    let drv = SparkDriver::builder_from_env()?.pool_size(8).query_timeout(Duration::from_secs(30)).build()?;
    let (requests, incoming) = mpsc::channel(16);
    let (stop, stopped) = oneshot::channel::<()>();
    // In a service this is a signal: `tokio::signal::ctrl_c()`, with Tokio's feature `signal`.
    let service = tokio::spawn(serve(Client::new(drv), incoming, async move {
        let _ = stopped.await;
    }));

    let mut statuses = Vec::new();
    for path in ["/health", "/products/1", "/products/7", "/products/x", "/broken", "/elsewhere"] {
        let Response { status, body } = ask(&requests, path).await?.await?;
        println!("GET {path}: {status} {body}");
        statuses.push(status);
    }
    let last = ask(&requests, "/products/2").await?;
    drop(stop);
    service.await??;
    let Response { status, body } = last.await?;
    println!("GET /products/2, while it was told to stop: {status} {body}");

    assert_eq!(statuses, [200, 200, 404, 400, 500, 404]);
    assert_eq!(status, 200);
    Ok(())
}
