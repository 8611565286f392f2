//! The bytes of one connection, looked at until the server has said something.
//!
//! A server may refuse a client certificate, or a client without TLS, only after the client counts as connected. The
//! reason then stands in the first bytes, and the layers above would lose it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::activity::Activity;
use super::connect_error::ConnectError;

/// The answer of a TLS server to a client that does not speak TLS: an alert, of any version.
const TLS_ALERT: [u8; 2] = [21, 3];

/// How an answer of HTTP/1 begins.
const HTTP_1: &[u8] = b"HTTP/1";

/// The frame that an HTTP/2 connection begins with.
const SETTINGS: u8 = 4;
/// The frame that ends a connection, which may be the first one too.
const GOAWAY: u8 = 7;

const GIVE_ADDRESS: &str = "give the host and port of a Spark Connect server (15002 unless changed; 4040 is Spark's UI, \
                            7077 its master, 10000 Thrift)";

pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Bytes for T {}

pub(super) struct Wire {
    bytes: Box<dyn Bytes>,
    activity: Arc<Activity>,
    /// Until the server has said something.
    greeting: Option<Greeting>,
    /// A failed write, until the reason has been looked for.
    failed: Option<io::Error>,
}

/// What the server said first: how many calls it takes at once, if it told.
pub(super) type Greeted = Result<Option<usize>, ConnectError>;

/// Who waits for the first that the server says.
pub(super) struct Greeting {
    pub(super) heard: oneshot::Sender<Greeted>,
    /// Over TLS: the reason that an error holds.
    pub(super) explain: Option<Explain>,
}

pub(super) type Explain = Box<dyn Fn(&io::Error) -> Option<String> + Send>;

impl Wire {
    pub(super) fn new(bytes: Box<dyn Bytes>, activity: Arc<Activity>, greeting: Greeting) -> Self {
        Self { bytes, activity, greeting: Some(greeting), failed: None }
    }

    /// Where a write fails nothing is read any more, but the reason may be there to be read: the failure is held back
    /// until it has been looked for. A socket that fails becomes readable, so that is soon.
    fn settle<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let Poll::Ready(Err(error)) = done else { return done };
        let mut first = [0; 16];
        if self.greeting.is_some()
            && Pin::new(&mut *self).poll_read(cx, &mut ReadBuf::new(&mut first)).is_pending()
        {
            self.failed = Some(error);
            return Poll::Pending;
        }
        Poll::Ready(Err(error))
    }

    fn failed<T>(&mut self) -> Option<Poll<io::Result<T>>> {
        self.failed.take().map(|error| Poll::Ready(Err(error)))
    }
}

impl Greeting {
    /// Hands on what was read first.
    fn tell(self, read: Result<&[u8], &io::Error>) {
        let said = self.meaning(read);
        // Without a receiver nobody waits any more.
        let _ = self.heard.send(said);
    }

    fn meaning(&self, read: Result<&[u8], &io::Error>) -> Greeted {
        match (read, &self.explain) {
            (Err(error), explain) => match explain.as_ref().and_then(|explain| explain(error)) {
                Some(reason) => Err(ConnectError::permanent(reason)),
                None => Err(ConnectError::transient(format!(
                    "the connection broke before the server answered ({error}); {}",
                    self.suspicion()
                ))),
            },
            (Ok([]), _) => Err(ConnectError::transient(format!(
                "the server ended the connection before it answered; {}",
                self.suspicion()
            ))),
            (Ok(bytes), None) if bytes.starts_with(&TLS_ALERT) => Err(ConnectError::permanent(
                "the server speaks TLS only: add `use_ssl=true` to the connection string",
            )),
            (Ok(bytes), _) if bytes.starts_with(HTTP_1) => {
                // A web server answers in HTTP/1 if it wants TLS and the client speaks none.
                let or_tls =
                    if self.explain.is_none() { "; or add `use_ssl=true`, if it wants TLS" } else { "" };
                Err(ConnectError::permanent(format!(
                    "the server speaks HTTP/1 and not gRPC: {GIVE_ADDRESS}{or_tls}"
                )))
            }
            (Ok(bytes), _) if !begins_http2(bytes) => Err(ConnectError::permanent(format!(
                "what answers there does not speak gRPC: {GIVE_ADDRESS}"
            ))),
            (Ok(bytes), _) => Ok(most_calls(bytes)),
        }
    }

    /// What may be wrong where a connection ends without a word.
    fn suspicion(&self) -> &'static str {
        match self.explain {
            Some(_) => "it may not speak gRPC",
            None => "it may want TLS (`use_ssl=true`), or not speak gRPC",
        }
    }
}

/// Whether the bytes, of which the rest may be under way, begin HTTP/2: the length of a frame in three bytes, of which a
/// server needs two at first, and its type.
fn begins_http2(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0) && bytes.get(3).is_none_or(|kind| [SETTINGS, GOAWAY].contains(kind))
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS` of a first frame that came whole: six bytes for each setting, behind the nine of the
/// frame's head ([RFC 9113](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.1)). What drives the connection tells it
/// too, but only once a call has begun.
fn most_calls(bytes: &[u8]) -> Option<usize> {
    let (&[0, high, low, SETTINGS, ..], settings) = bytes.split_first_chunk::<9>()? else { return None };
    let settings = settings.get(..usize::from(u16::from_be_bytes([high, low])))?;
    let mut most = settings.chunks_exact(6).filter_map(|setting| match *setting {
        [0, 3, a, b, c, d] => usize::try_from(u32::from_be_bytes([a, b, c, d])).ok(),
        _ => None,
    });
    most.next_back()
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.bytes).poll_read(cx, buf);
        if let Poll::Ready(read) = &polled {
            self.activity.heard();
            if let Some(greeting) = self.greeting.take() {
                greeting.tell(read.as_ref().map(|()| buf.filled().get(before..).unwrap_or_default()));
            }
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.failed().unwrap_or_else(|| Pin::new(&mut self.bytes).poll_write(cx, buf));
        self.settle(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written =
            self.failed().unwrap_or_else(|| Pin::new(&mut self.bytes).poll_write_vectored(cx, bufs));
        self.settle(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.bytes.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.failed().unwrap_or_else(|| Pin::new(&mut self.bytes).poll_flush(cx));
        self.settle(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(read: Result<&[u8], &io::Error>, over_tls: bool) -> Greeted {
        let (heard, mut said) = oneshot::channel();
        let explain: Option<Explain> = if over_tls { Some(Box::new(|_: &io::Error| None)) } else { None };
        Greeting { heard, explain }.tell(read);
        said.try_recv().unwrap()
    }

    #[test]
    fn a_server_that_begins_tells_how_many_calls_it_takes() {
        let head = |length| vec![0, 0, length, SETTINGS, 0, 0, 0, 0, 0];
        let most = |bytes: &[u8]| said(Ok(bytes), false).unwrap();
        let (window, calls) = ([0, 4, 0, 1, 0, 0], [0, 3, 0, 0, 1, 2]);
        assert_eq!(most(&[head(12), window.into(), calls.into(), vec![9; 6]].concat()), Some(258));
        assert_eq!(most(&[head(6), window.into(), calls.into()].concat()), None, "another frame's");
        for part in [head(12), head(0), [head(12), window.into()].concat(), vec![0, 0]] {
            assert_eq!(most(&part), None, "{part:?}");
        }
    }

    #[test]
    fn what_does_not_begin_http2_is_told_for_good() {
        let others: [&[u8]; 7] = [
            b"<!DOCTYPE HTML>\n<html lang=\"en\">",
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"E\0\0\0\x8dSFATAL",
            b"\0\0\0\x19\x80\x01\0\x03",
            // Spark's master: the length of a frame in eight bytes.
            b"\0\0\0\0\0\0\0\x15\x09",
            b"H",
            b"\x80\x01",
        ];
        for over_tls in [false, true] {
            for bytes in others {
                let error = said(Ok(bytes), over_tls).unwrap_err();
                assert!(!error.is_transient(), "{error}");
                let told = "what answers there does not speak gRPC: give the host and port of a Spark Connect server";
                assert!(error.to_string().starts_with(told), "{error}");
            }
            let error = said(Ok(b"HTTP/1.1 400 Bad Request\r\n"), over_tls).unwrap_err();
            assert!(!error.is_transient() && error.to_string().contains("(15002 unless changed;"), "{error}");
        }
    }

    #[test]
    fn settings_or_a_goodbye_begin_http2_however_few_bytes_of_them_are_there() {
        let begun: [&[u8]; 5] =
            [b"\0", b"\0\0\x12", b"\0\0\x12\x04\0\0\0\0\0", b"\0\0\0\x04", b"\0\0\x08\x07\0"];
        for bytes in begun {
            assert!(said(Ok(bytes), false).is_ok(), "{bytes:?}");
        }
    }

    #[test]
    fn an_end_without_a_word_may_mean_tls_where_none_is_used() {
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        let wants_tls = "it may want TLS (`use_ssl=true`), or not speak gRPC";
        for (over_tls, told) in [(false, wants_tls), (true, "it may not speak gRPC")] {
            for read in [Ok(&b""[..]), Err(&broken)] {
                let error = said(read, over_tls).unwrap_err();
                assert!(error.is_transient() && error.to_string().ends_with(&format!("; {told}")), "{error}");
            }
        }
    }
}
