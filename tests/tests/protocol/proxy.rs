//! The proxy itself, between a plain TCP server and a plain client.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use lakeorm_tests::fake::{Fake, execute};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::setup::{all, channel, counted, numbers, select, soon};

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
    let proxy = Proxy::start(server, Faults::none().pace(Duration::from_millis(1))).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, SENT).await == bytes(0..SENT));
    assert_eq!((proxy.connections(), proxy.cuts()), (1, 0));
    task.abort();
}

#[tokio::test]
async fn each_connection_is_reset_behind_so_many_bytes() {
    let (server, task) = greeter().await;
    let proxy = Proxy::start(server, Faults::none().after(1000, Fault::Cut)).await;
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
    let faults = Faults::none().after(5000, Fault::Cut).after(1000, Fault::Stall);
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
async fn a_swallowed_connection_lives_and_is_dead_and_the_next_one_is_not() {
    let (server, task) = greeter().await;
    let proxy = Proxy::start(server, Faults::none().after(1000, Fault::Stall)).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, 1000).await == bytes(0..1000));
    proxy.now(Fault::Swallow);
    // Struck before it is released, so what comes behind the stall is swallowed.
    tokio::task::yield_now().await;
    proxy.release();
    client.write_all(b"anyone?").await.unwrap();
    assert!(client.read_u8().now_or_never().is_none());
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut next, SENT).await == bytes(0..SENT));
    assert!(client.read_u8().now_or_never().is_none());
    assert_eq!((proxy.connections(), proxy.cuts()), (2, 0));
    task.abort();
}

#[tokio::test]
async fn the_connections_of_the_moment_can_be_cut() {
    let (server, task) = greeter().await;
    let proxy = Proxy::start(server, Faults::none()).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, SENT).await == bytes(0..SENT));
    proxy.now(Fault::Cut);
    assert_eq!(soon(client.read_u8()).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxy.cuts(), 1);
    task.abort();
}

/// A server that gives back what it is sent once its client has ended.
async fn echo() -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"welcome").await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        heard
    });
    (address, server)
}

#[tokio::test]
async fn a_half_closed_connection_ends_for_the_client_who_may_still_send() {
    let (server, heard) = echo().await;
    let proxy = Proxy::start(server, Faults::none().after(4, Fault::HalfClose)).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let mut read = Vec::new();
    soon(client.read_to_end(&mut read)).await.unwrap();
    assert_eq!(read, b"welc");
    client.write_all(b"thanks").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(soon(heard).await.unwrap(), b"thanks");
}

#[tokio::test]
async fn a_proxy_that_refuses_ends_its_connections_and_admits_new_ones_later() {
    let (server, task) = greeter().await;
    let proxy = Proxy::start(server, Faults::none()).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, SENT).await == bytes(0..SENT));
    proxy.refuse();
    // The end of the connection shows that nothing listens any more.
    soon(client.read_u8()).await.unwrap_err();
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    proxy.admit().await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(read(&mut client, SENT).await == bytes(0..SENT));
    task.abort();
}

#[tokio::test]
async fn a_client_reaches_its_server_through_the_proxy() {
    let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
    let proxy = Proxy::before(&fake).await;
    let session = spark_connect::Session::new(&channel(&format!("sc://{}", proxy.address())));
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
    assert_eq!(proxy.connections(), 1);
    fake.finish();
}
