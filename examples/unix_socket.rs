//! A connection of one's own: Spark Connect through a socket in the file system, as a sidecar or a tunnel has one.
//!
//! The socket of this example leads to the server of `SPARK_REMOTE`, or to `sc://localhost:15002` if that is not set;
//! `cargo xtask engine up sail` starts one and prints its connection string.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

#[cfg(unix)]
mod socket {
    use std::future::Future;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http::Uri;
    use lakeorm::spark_connect::Remote;
    use tokio::net::{TcpStream, UnixListener, UnixStream};
    use tower_service::Service;

    /// Connects to the socket, wherever the server is said to be.
    #[derive(Clone)]
    pub(crate) struct UnixSocket(pub(crate) PathBuf);

    impl Service<Uri> for UnixSocket {
        type Response = UnixStream;
        type Error = io::Error;
        type Future = Pin<Box<dyn Future<Output = io::Result<UnixStream>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Self::Future {
            Box::pin(UnixStream::connect(self.0.clone()))
        }
    }

    /// Leads what connects to `path` to the server.
    pub(crate) fn lead(path: &Path, server: &Remote) -> io::Result<()> {
        let listener = UnixListener::bind(path)?;
        let authority = server.authority();
        tokio::spawn(async move {
            while let Ok((mut taken, _)) = listener.accept().await {
                if let Ok(mut made) = TcpStream::connect(&authority).await {
                    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut taken, &mut made).await });
                }
            }
        });
        Ok(())
    }
}

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    use lakeorm::spark::SparkDriver;
    use lakeorm::spark_connect::Remote;
    use lakeorm::{Client, query};

    let server = std::env::var("SPARK_REMOTE").unwrap_or_else(|_| "sc://localhost:15002".to_owned());
    let path = std::env::temp_dir().join(format!("lakeorm-example-{}.sock", std::process::id()));
    socket::lead(&path, &server.parse::<Remote>()?)?;

    // The name is for errors only: no packet goes there.
    let drv = SparkDriver::builder_for("sc://spark.internal".parse()?)
        .name("through a socket")
        .channel(|channel| channel.connector(socket::UnixSocket(path.clone())))
        .build()?;
    let db = Client::new(drv);
    let ids: Vec<(i64,)> = query(&db, "SELECT id FROM range(3) ORDER BY id").await?;
    println!("through {}: {ids:?}", path.display());
    db.close().await?;
    std::fs::remove_file(path)?;
    Ok(())
}

#[cfg(not(unix))]
fn main() -> Result<(), Box<dyn Error>> {
    println!("there are no such sockets here");
    Ok(())
}
