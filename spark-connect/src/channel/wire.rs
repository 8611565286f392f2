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

/// Who waits for the first that the server says.
pub(super) struct Greeting {
    pub(super) heard: oneshot::Sender<Result<(), ConnectError>>,
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

    fn meaning(&self, read: Result<&[u8], &io::Error>) -> Result<(), ConnectError> {
        match (read, &self.explain) {
            (Err(error), explain) => match explain.as_ref().and_then(|explain| explain(error)) {
                Some(reason) => Err(ConnectError::permanent(reason)),
                None => Err(ConnectError::transient(format!(
                    "the connection broke before the server answered ({error})"
                ))),
            },
            (Ok([]), _) => Err(ConnectError::transient(
                "the server ended the connection before it answered; it may not speak gRPC",
            )),
            (Ok(bytes), None) if bytes.starts_with(&TLS_ALERT) => Err(ConnectError::permanent(
                "the server speaks TLS only: add `use_ssl=true` to the connection string",
            )),
            (Ok(bytes), _) if bytes.starts_with(HTTP_1) => Err(ConnectError::permanent(
                "the server speaks HTTP/1 and not gRPC: give the host and port of a Spark Connect server",
            )),
            (Ok(_), _) => Ok(()),
        }
    }
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
