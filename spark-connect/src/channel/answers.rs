//! The answers of a call that streams them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tonic::Streaming;

use super::Channel;
use crate::error::status::Failure;
use crate::remote::Token;

/// The answers of one call, and the token that the call carried.
pub(crate) struct Answers<R> {
    streaming: Streaming<R>,
    channel: Channel,
    token: Option<Token>,
    /// The failure that ends them, once it is known whether there is another token.
    broken_off: Option<BoxFuture<'static, Failure>>,
}

impl<R> Answers<R> {
    pub(super) fn new(streaming: Streaming<R>, channel: Channel, token: Option<Token>) -> Self {
        Self { streaming, channel, token, broken_off: None }
    }
}

impl<R> Stream for Answers<R> {
    type Item = Result<R, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(broken_off) = &mut self.broken_off {
                let failure = ready!(broken_off.as_mut().poll(cx));
                self.broken_off = None;
                return Poll::Ready(Some(Err(failure)));
            }
            match ready!(Pin::new(&mut self.streaming).poll_next(cx)) {
                Some(Ok(answer)) => return Poll::Ready(Some(Ok(answer))),
                Some(Err(status)) => {
                    let (channel, token) = (self.channel.clone(), self.token.clone());
                    self.broken_off = Some(channel.broken_off(status, token).boxed());
                }
                None => return Poll::Ready(None),
            }
        }
    }
}
