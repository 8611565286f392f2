//! A link in user space: what it takes in on one side it hands out on the other, late and at the pace of a line.
//!
//! It loses nothing and starts at full pace, as no TCP does. What is left is what the windows of HTTP/2 cost.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// One read of a socket.
const CHUNK: usize = 64 * 1024;

/// What sockets hold at both ends of a link, in bytes: more than Linux gives them unless told otherwise, so that a sender
/// is not held up by them.
const SOCKETS: usize = 8 * 1024 * 1024;

/// How a link is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// There and back.
    pub(crate) round_trip: Duration,
    /// Bytes in a second, each way, or as many as this machine copies.
    pub(crate) rate: Option<u64>,
}

impl Link {
    fn one_way(self) -> Duration {
        self.round_trip / 2
    }

    /// How long so many bytes take to leave.
    fn leaving(self, bytes: usize) -> Duration {
        self.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(bytes as f64 / rate as f64))
    }

    /// What may be on the link, in bytes: what a line of this rate and length holds, and the sockets of its ends.
    fn room(self) -> usize {
        let line = u128::from(self.rate.unwrap_or_default()) * self.one_way().as_nanos() / 1_000_000_000;
        usize::try_from(line).unwrap() + SOCKETS
    }

    /// The address at which `server` is reached over this link, until this process ends. The threads are no runtime's: a timer
    /// of one is off by up to a millisecond, which is twice the way of the shortest link.
    pub(crate) fn to(self, server: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                self.join(&client, &server);
                self.join(&server, &client);
            }
        });
        address
    }

    fn join(self, from: &TcpStream, to: &TcpStream) {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        to.set_nodelay(true).unwrap();
        let line = Arc::new(Line::default());
        let far_end = Arc::clone(&line);
        thread::spawn(move || self.take_in(&line, from));
        thread::spawn(move || hand_out(&far_end, to));
    }

    /// Until one side closes, which the other hears last.
    fn take_in(self, line: &Line, mut from: TcpStream) {
        let mut free = Instant::now();
        loop {
            let mut bytes = vec![0; CHUNK];
            let length = from.read(&mut bytes).unwrap_or(0);
            bytes.truncate(length);
            // Each chunk leaves behind the one before, by the clock of the line and not by when a thread woke, so that
            // the mean rate is right however late it wakes.
            free = free.max(Instant::now()) + self.leaving(length);
            if !line.put(Chunk { due: free + self.one_way(), bytes }, self.room()) || length == 0 {
                return;
            }
        }
    }
}

fn hand_out(line: &Line, mut to: TcpStream) {
    loop {
        let Chunk { due, bytes } = line.first();
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if bytes.is_empty() || to.write_all(&bytes).is_err() {
            // Also for the other way of this side, which reads until then.
            _ = to.shutdown(Shutdown::Both);
            line.cut();
            return;
        }
        line.left(bytes.len());
    }
}

/// One way of a link.
#[derive(Default)]
struct Line {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    chunks: VecDeque<Chunk>,
    /// Bytes, with those that are being written.
    bytes: usize,
    cut: bool,
}

/// Bytes and when they may be at the far end; no bytes are the end.
struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
}

impl Line {
    /// Waits for room. False where nobody takes anything out any more.
    fn put(&self, chunk: Chunk, room: usize) -> bool {
        let full = |held: &mut Held| held.bytes > room && !held.cut;
        let mut held = self.changed.wait_while(self.held.lock().unwrap(), full).unwrap();
        held.bytes += chunk.bytes.len();
        held.chunks.push_back(chunk);
        self.changed.notify_all();
        !held.cut
    }

    fn first(&self) -> Chunk {
        let empty = |held: &mut Held| held.chunks.is_empty();
        let mut held = self.changed.wait_while(self.held.lock().unwrap(), empty).unwrap();
        held.chunks.pop_front().unwrap()
    }

    fn left(&self, bytes: usize) {
        self.held.lock().unwrap().bytes -= bytes;
        self.changed.notify_all();
    }

    fn cut(&self) {
        self.held.lock().unwrap().cut = true;
        self.changed.notify_all();
    }
}
