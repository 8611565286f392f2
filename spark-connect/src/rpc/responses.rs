//! The responses of an operation, as one stream of a call brings them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tonic::Streaming;

use super::Rpc;
use crate::error::status::Failure;
use crate::proto::ExecutePlanResponse;

/// One stream of responses, each checked to be this session's.
pub(crate) struct Responses {
    rpc: Rpc,
    answers: Streaming<ExecutePlanResponse>,
}

impl Responses {
    pub(super) fn new(rpc: Rpc, answers: Streaming<ExecutePlanResponse>) -> Self {
        Self { rpc, answers }
    }

    /// The same stream, which keeps no slot of a pool.
    pub(crate) fn unleased(self) -> Self {
        Self { rpc: self.rpc.unleased(), answers: self.answers }
    }
}

impl Stream for Responses {
    type Item = Result<ExecutePlanResponse, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.answers).poll_next(cx));
        Poll::Ready(item.map(|response| match response {
            Ok(response) => self.rpc.checked(response),
            Err(status) => Err(self.rpc.channel().failure(&status)),
        }))
    }
}
