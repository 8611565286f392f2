//! Connections that the caller makes.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use lakeorm_tests::fake::{Fake, execute};
use spark_connect::{Channel, ErrorKind, RetryPolicy, Session};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tonic::codegen::Service;

use crate::setup::{all, numbers, select, soon};

/// Connects to a socket in the file system, wherever the server is said to be.
#[derive(Clone)]
struct UnixSocket(PathBuf);

impl Service<Uri> for UnixSocket {
    type Response = UnixStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<UnixStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        assert_eq!(server.to_string(), "http://spark.invalid:15002/");
        Box::pin(UnixStream::connect(self.0.clone()))
    }
}

/// A socket in the file system whose connections end at the fake server.
fn in_front_of(fake: &Fake) -> PathBuf {
    let path = std::env::temp_dir().join(format!("lakeorm-{}.sock", uuid::Uuid::new_v4().simple()));
    let listener = UnixListener::bind(&path).unwrap();
    let port = fake.port();
    tokio::spawn(async move {
        while let Ok((mut taken, _)) = listener.accept().await {
            let mut made = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut taken, &mut made).await });
        }
    });
    path
}

fn session(path: PathBuf) -> Session {
    let remote = "sc://spark.invalid".parse().unwrap();
    let once = RetryPolicy::none();
    Session::new(&Channel::builder(remote).retry_policy(once).connector(UnixSocket(path)).build().unwrap())
}

#[tokio::test]
async fn a_server_is_reached_through_a_socket_in_the_file_system() {
    let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
    let path = in_front_of(&fake);
    let session = session(path.clone());
    assert_eq!(all(select(&session)).await.unwrap(), [0, 1, 2]);
    std::fs::remove_file(path).unwrap();
    fake.finish();
}

#[tokio::test]
async fn what_the_connector_fails_with_is_the_reason_of_the_error() {
    let error = soon(session(PathBuf::from("/no/such/socket")).spark_version()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let text = error.to_string();
    assert!(
        text.contains("spark.invalid:15002") && text.contains("the connector made no connection"),
        "{text}"
    );
    assert!(text.contains("No such file"), "{text}");
}
