//! When a starting engine can be used.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use spark_connect::{Channel, ErrorKind, Remote, Session};

/// One try to reach the server.
const ATTEMPT: Duration = Duration::from_secs(2);

/// How long the first call may take: a Spark that has just opened its port makes its session then.
const CALL: Duration = Duration::from_secs(30);

/// What a client sends first on HTTP/2 (RFC 9113, 3.4), followed by an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of the frame that a server must send first.
const SETTINGS: u8 = 4;

/// What became of waiting for an engine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It answers.
    Ready,
    /// Its process ended.
    Ended,
    /// The deadline passed.
    TimedOut,
}

/// Waits until the server on `port` of the loopback interface answers a call, its process ends (`is_running` says
/// so), or `deadline` passes.
pub(crate) fn ready(port: u16, deadline: Instant, mut is_running: impl FnMut() -> bool) -> Readiness {
    loop {
        if begins_http2(port) && tells_version(port) {
            return Readiness::Ready;
        }
        if !is_running() {
            return Readiness::Ended;
        }
        if Instant::now() >= deadline {
            return Readiness::TimedOut;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Whether the server answers a Spark Connect call: its version, which needs a session but no query. One that wants a
/// token answers by saying so.
fn tells_version(port: u16) -> bool {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return false;
    };
    runtime.block_on(async {
        let Ok(remote) = format!("sc://127.0.0.1:{port}").parse::<Remote>() else { return false };
        let Ok(channel) = Channel::builder(remote).connect_timeout(ATTEMPT).build() else { return false };
        let session = Session::new(&channel);
        let told = tokio::time::timeout(CALL, session.spark_version()).await;
        tokio::time::timeout(ATTEMPT, session.release()).await.ok();
        match told {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.kind() == ErrorKind::Unauthenticated,
            Err(_) => false,
        }
    })
}

/// Whether the server begins an HTTP/2 connection. It is asked first because it is quick: the client would wait
/// longer between its own attempts.
fn begins_http2(port: u16) -> bool {
    greet(port).is_ok_and(|first_frame| first_frame == SETTINGS)
}

/// Begins an HTTP/2 connection and gives the type of the first frame that comes back.
fn greet(port: u16) -> std::io::Result<u8> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ATTEMPT)?;
    stream.set_read_timeout(Some(ATTEMPT))?;
    stream.write_all(PREFACE)?;
    let mut header = [0; 9];
    stream.read_exact(&mut header)?;
    let [_, _, _, kind, ..] = header;
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn server_that_sends(bytes: &'static [u8]) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = vec![0; PREFACE.len()];
            stream.read_exact(&mut hello).unwrap();
            stream.write_all(bytes).unwrap();
        });
        port
    }

    #[test]
    fn a_server_that_begins_http2_is_told_by_its_first_frame() {
        assert!(begins_http2(server_that_sends(b"\0\0\0\x04\0\0\0\0\0")));
    }

    #[test]
    fn a_port_that_speaks_something_else_is_not_ready() {
        let port = server_that_sends(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        assert_eq!(ready(port, Instant::now(), || true), Readiness::TimedOut);
    }

    #[test]
    fn a_process_that_ended_is_not_waited_for() {
        let port = crate::process::free_port().unwrap();
        let deadline = Instant::now() + Duration::from_secs(3600);
        assert_eq!(ready(port, deadline, || false), Readiness::Ended);
    }
}
