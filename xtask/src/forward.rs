//! `xtask forward FROM TO PROCESS`: hands connections on between a port of the loopback interface and a socket in the
//! file system, for as long as a process lives. `engine/namespace.rs` says what for.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{During, Failure, Outcome};
use crate::process::command_line;

/// How often it looks whether the process is still there.
const WATCH: Duration = Duration::from_millis(200);

/// How long a port may take to become free.
const HANDOVER: Duration = Duration::from_secs(5);

/// One end: digits are a port, everything else is a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Port(u16),
    Path(PathBuf),
}

/// Forwards until the process ends.
pub(crate) fn forward(arguments: &[String]) -> Outcome {
    let [from, to, process] = arguments else {
        return Err(Failure::new("forward: say from where, to where, and for which process"));
    };
    let (from, to) = (End::parse(from), End::parse(to));
    let process: u32 = process.parse().during("forward: a process id")?;
    thread::spawn(move || serve(&from, &to));
    while command_line(process).is_some() {
        thread::sleep(WATCH);
    }
    Ok(())
}

impl End {
    fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Path(text.into()), Self::Port)
    }

    fn connect(&self) -> io::Result<Connection> {
        match self {
            Self::Port(port) => Connection::tcp(TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?),
            Self::Path(path) => Ok(Connection::Unix(UnixStream::connect(path)?)),
        }
    }
}

/// Takes connections on one end and makes one to the other for each.
fn serve(from: &End, to: &End) -> io::Result<()> {
    match from {
        End::Port(port) => {
            let listener = listening(*port)?;
            listener.incoming().try_for_each(|taken| pair(Connection::tcp(taken?)?, to))
        }
        End::Path(path) => {
            // A server that is started again has its directory of before.
            fs::remove_file(path).ok();
            let listener = UnixListener::bind(path)?;
            listener.incoming().try_for_each(|taken| pair(Connection::Unix(taken?), to))
        }
    }
}

/// The forwarder of a server that has just ended keeps the port for a moment.
fn listening(port: u16) -> io::Result<TcpListener> {
    let begun = Instant::now();
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Err(_) if begun.elapsed() < HANDOVER => thread::sleep(WATCH),
            bound => return bound,
        }
    }
}

/// Where nothing listens yet, the connection that was taken is closed.
fn pair(taken: Connection, to: &End) -> io::Result<()> {
    let Ok(made) = to.connect() else { return Ok(()) };
    for (from, to) in [(taken.again()?, made.again()?), (made, taken)] {
        thread::spawn(move || copy(from, to));
    }
    Ok(())
}

/// Hands on what comes, and then the end of it.
fn copy(mut from: Connection, mut to: Connection) {
    io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Write);
    from.shutdown(Shutdown::Read);
}

enum Connection {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Connection {
    fn tcp(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }

    fn again(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(stream) => Ok(Self::Tcp(stream.try_clone()?)),
            Self::Unix(stream) => Ok(Self::Unix(stream.try_clone()?)),
        }
    }

    fn shutdown(&self, how: Shutdown) {
        match self {
            Self::Tcp(stream) => stream.shutdown(how),
            Self::Unix(stream) => stream.shutdown(how),
        }
        .ok();
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_at_one_end_comes_out_at_the_other_and_ends_there() {
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = echo.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = echo.accept().unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            write!(stream, "{said}, twice: {said}").unwrap();
        });
        let path = std::env::temp_dir().join(format!("lakeorm-xtask-{}.sock", std::process::id()));
        fs::remove_file(&path).ok();
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || pair(Connection::Unix(listener.accept().unwrap().0), &End::Port(port)));
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "hello, twice: hello");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn digits_are_a_port_and_everything_else_is_a_path() {
        assert_eq!(End::parse("15002"), End::Port(15002));
        assert_eq!(End::parse("/run/15002"), End::Path("/run/15002".into()));
    }
}
