//! The answers of a call that streams them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tonic::Streaming;

use super::Channel;
use crate::error::status::Failure;
use crate::remote::Token;

/// The answers of one call, and the token that the call carried.
pub(crate) struct Answers<R> {
    streaming: Streaming<R>,
    channel: Channel,
    token: Option<Token>,
}

impl<R> Answers<R> {
    pub(super) fn new(streaming: Streaming<R>, channel: Channel, token: Option<Token>) -> Self {
        Self { streaming, channel, token }
    }
}

impl<R> Stream for Answers<R> {
    type Item = Result<R, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(answer) = ready!(Pin::new(&mut self.streaming).poll_next(cx)) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(answer.map_err(|status| self.channel.failure(&status, self.token.as_ref()))))
    }
}
