//! The proxy itself, between a plain TCP server and a plain client.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use lakeorm_tests::fake::{Fake, execute};
use lakeorm_tests::proxy::{Faults, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::given::{all, channel, counted, numbers, select, soon};

const SENT: usize = 100_000;

fn bytes(range: std::ops::Range<usize>) -> Vec<u8> {
    range.map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// A server that greets everyone with the same bytes and then waits.
async fn greeter() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // The proxy may have cut the connection before all of it is written.
            let _ = stream.write_all(&bytes(0..SENT)).await;
            held.push(stream);
        }
    });
    (address, server)
}

async fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut read = vec![0; count];
    soon(stream.read_exact(&mut read)).await.unwrap();
    read
}

#[tokio::test]
async fn without_faults_every_byte_passes() {
    let (server, task) = greeter().await;
    let proxy =
        Proxy::start(server, Faults { pace: Some(Duration::from_millis(1)), ..Faults::default() }).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, SENT).await == bytes(0..SENT));
    assert_eq!((proxy.connections(), proxy.cuts()), (1, 0));
    task.abort();
}

#[tokio::test]
async fn each_connection_is_reset_behind_so_many_bytes() {
    let (server, task) = greeter().await;
    let proxy = Proxy::start(server, Faults { cut_after: Some(1000), ..Faults::default() }).await;
    for _ in 0..2 {
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(read(&mut client, 1000).await == bytes(0..1000));
        let error = soon(client.read_u8()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!((proxy.connections(), proxy.cuts()), (2, 2));
    task.abort();
}

#[tokio::test]
async fn a_stalled_connection_goes_on_when_it_is_released() {
    let (server, task) = greeter().await;
    let faults = Faults { stall_after: Some(1000), cut_after: Some(5000), pace: None };
    let proxy = Proxy::start(server, faults).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, 1000).await == bytes(0..1000));
    assert!(client.read_u8().now_or_never().is_none());
    proxy.release();
    assert!(read(&mut client, 4000).await == bytes(1000..5000));
    assert_eq!(soon(client.read_u8()).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    task.abort();
}

#[tokio::test]
async fn a_client_reaches_its_server_through_the_proxy() {
    let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::default()).await;
    let session = spark_connect::Session::new(&channel(&format!("sc://{}", proxy.address())));
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
    assert_eq!(proxy.connections(), 1);
    fake.finish();
}
