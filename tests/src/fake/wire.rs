//! Connections that a script can reset.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tonic::transport::server::Connected;

/// The connections that come in.
#[derive(Debug)]
pub(super) struct Incoming {
    listener: TcpListener,
}

impl Incoming {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Wire>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (stream, _) = ready!(self.listener.poll_accept(cx))?;
        stream.set_nodelay(true)?;
        Poll::Ready(Some(Ok(Wire::new(stream))))
    }
}

/// Resets the connection that a request came on.
#[derive(Debug, Clone)]
pub(super) struct Switch(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Switch {
    pub(super) fn cut(&self) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Without a receiver the connection is gone already.
            let _ = sender.send(());
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    switch: Switch,
    cut: oneshot::Receiver<()>,
    dead: bool,
}

impl Wire {
    fn new(stream: TcpStream) -> Self {
        let (sender, cut) = oneshot::channel();
        Self { stream, switch: Switch(Arc::new(Mutex::new(Some(sender)))), cut, dead: false }
    }

    /// Whether the connection has been cut. The socket then closes with a reset, not with a FIN.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.dead && Pin::new(&mut self.cut).poll(cx).is_ready() {
            self.dead = true;
            self.stream.set_zero_linger()?;
        }
        match self.dead {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        }
    }
}

impl Connected for Wire {
    type ConnectInfo = Switch;

    fn connect_info(&self) -> Switch {
        self.switch.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dead {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_cut_is_a_reset_behind_what_was_written() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut wire = Incoming::new(listener).next().await.unwrap().unwrap();
        wire.write_all(b"some").await.unwrap();
        wire.connect_info().cut();
        assert_eq!(wire.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        drop(wire);
        let mut read = [0; 4];
        peer.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"some");
        assert_eq!(peer.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
