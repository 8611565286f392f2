//! The windows of HTTP/2 that a connection begins with.

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use spark_connect::{Channel, Session};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::setup::soon;

/// What a connection of HTTP/2 has until the client says more, by its rules.
const FIRST: u32 = 65_535;

const MIB: u32 = 1024 * 1024;

/// The windows of a stream and of the connection, from the first frames of a client.
async fn announced(client: &mut TcpStream) -> (u32, u32) {
    let mut preface = [0; 24];
    client.read_exact(&mut preface).await.unwrap();
    let (mut stream, mut connection) = (FIRST, FIRST);
    // SETTINGS comes first, and the update of the connection, which is stream 0, right behind it.
    while connection == FIRST {
        let length = client.read_u32().await.unwrap();
        let (kind, length) = (length & 0xff, (length >> 8) as usize);
        let (_flags, of) = (client.read_u8().await.unwrap(), client.read_u32().await.unwrap());
        let mut payload = vec![0; length];
        client.read_exact(&mut payload).await.unwrap();
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
        match kind {
            // SETTINGS: pairs of an id and a value.
            0x4 => {
                let windows = payload.chunks(6).filter(|pair| pair[..2] == [0, 4]);
                windows.for_each(|pair| stream = number(&pair[2..]));
            }
            // WINDOW_UPDATE: so much more.
            0x8 if of == 0 => connection += number(&payload),
            other => panic!("a frame of the kind {other} before the windows are known"),
        }
    }
    (stream, connection)
}

async fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = format!("sc://{}", listener.local_addr().unwrap());
    (listener, remote)
}

#[tokio::test]
async fn a_connection_announces_windows_with_room_for_many_results_that_pause() {
    for (given, stream, connection) in [
        (None, 4 * MIB, 512 * MIB),
        (Some(16 * MIB), 16 * MIB, (1 << 31) - 1),
        (Some(FIRST), FIRST, 128 * FIRST),
    ] {
        let (listener, remote) = listening().await;
        let channel = Channel::builder(remote.parse().unwrap());
        let channel = match given {
            Some(bytes) => channel.stream_window(bytes as usize),
            None => channel,
        };
        let session = Session::new(&channel.build().unwrap());
        let asking = tokio::spawn(async move { session.spark_version().await });
        let (mut client, _) = soon(listener.accept()).await.unwrap();
        assert_eq!(soon(announced(&mut client)).await, (stream, connection));
        asking.abort();
    }
}

#[tokio::test]
async fn a_driver_takes_the_window_of_its_streams() {
    let (listener, remote) = listening().await;
    let db = Client::new(SparkDriver::builder(remote).stream_window(8 * MIB as usize).build().unwrap());
    let asking = tokio::spawn(async move { query::<(i32,)>(&db, "SELECT 1").await });
    let (mut client, _) = soon(listener.accept()).await.unwrap();
    assert_eq!(soon(announced(&mut client)).await.0, 8 * MIB);
    asking.abort();
}
