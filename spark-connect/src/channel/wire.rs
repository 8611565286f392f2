//! The bytes of one connection, looked at until the server has said something.
//!
//! A server may refuse a client certificate, or a client without TLS, only after the client counts as connected. The
//! reason then stands in the first bytes, and the layers above would lose it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a TLS server says to a client that does not speak TLS: an alert, of any version.
const TLS_ALERT: [u8; 2] = [21, 3];

/// Why the server ended the newest connection as soon as it was there, if it said so.
#[derive(Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<Option<String>>>);

impl Verdict {
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn set(&self, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Bytes for T {}

pub(super) struct Wire {
    bytes: Box<dyn Bytes>,
    /// Until the server has said something.
    watch: Option<Watch>,
    /// A failed write, until the reason has been looked for.
    failed: Option<io::Error>,
}

/// What to make of the first that the server says.
pub(super) struct Watch {
    pub(super) verdict: Verdict,
    /// Over TLS: the reason that an error holds.
    pub(super) explain: Option<Explain>,
}

pub(super) type Explain = Box<dyn Fn(&io::Error) -> Option<String> + Send>;

impl Wire {
    pub(super) fn new(bytes: Box<dyn Bytes>, watch: Watch) -> Self {
        Self { bytes, watch: Some(watch), failed: None }
    }

    /// Where a write fails nothing is read any more, but the reason may be there to be read: the failure is held back
    /// until it has been looked for. A socket that fails becomes readable, so that is soon.
    fn settle<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let Poll::Ready(Err(error)) = done else { return done };
        let mut first = [0; 16];
        if self.watch.is_some()
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

impl Watch {
    /// The reason in what was read first.
    fn reason(&self, read: Result<&[u8], &io::Error>) -> Option<String> {
        match (read, &self.explain) {
            (Err(error), Some(explain)) => explain(error),
            (Ok(bytes), None) if bytes.starts_with(&TLS_ALERT) => {
                Some("the server speaks TLS only: add `use_ssl=true` to the connection string".to_owned())
            }
            _ => None,
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
        if let Poll::Ready(read) = &polled
            && let Some(watch) = self.watch.take()
        {
            let first = read.as_ref().map(|()| buf.filled().get(before..).unwrap_or_default());
            let reason = watch.reason(first);
            if let Some(reason) = reason {
                watch.verdict.set(reason);
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
