//! The responses of an operation, as one stream of a call brings them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::Rpc;
use crate::channel::Answers;
use crate::error::status::Failure;
use crate::proto::ExecutePlanResponse;

/// One stream of responses, each checked to be this session's.
pub(crate) struct Responses {
    rpc: Rpc,
    answers: Cooperative<Answers<ExecutePlanResponse>>,
}

/// The number of items at once after which a stream gives way.
const YIELD_AFTER: u32 = 64;

/// A stream that lets other tasks run, and whoever reads it look at a deadline, where items come without a pause.
pub(crate) struct Cooperative<S> {
    items: S,
    at_once: u32,
}

impl<S> Cooperative<S> {
    pub(crate) fn new(items: S) -> Self {
        Self { items, at_once: 0 }
    }
}

impl Responses {
    pub(super) fn new(rpc: Rpc, answers: Answers<ExecutePlanResponse>) -> Self {
        Self { rpc, answers: Cooperative::new(answers) }
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
        Poll::Ready(item.map(|response| self.rpc.checked(response?)))
    }
}

impl<S: Stream + Unpin> Stream for Cooperative<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.at_once == YIELD_AFTER {
            self.at_once = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let item = Pin::new(&mut self.items).poll_next(cx);
        self.at_once = if item.is_ready() { self.at_once + 1 } else { 0 };
        item
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;
    use crate::clock;

    #[test]
    fn a_stream_of_items_without_a_pause_gives_way_now_and_then() {
        let mut items = Cooperative::new(stream::repeat(7));
        for _ in 0..3 {
            for _ in 0..YIELD_AFTER {
                assert_eq!(items.next().now_or_never(), Some(Some(7)));
            }
            assert_eq!(items.next().now_or_never(), None);
        }
    }

    #[tokio::test]
    async fn a_deadline_ends_the_reading_of_items_that_never_end() {
        let mut items = Cooperative::new(stream::repeat(7));
        let reading = async { while items.next().await.is_some() {} };
        assert_eq!(clock::timeout(Duration::from_millis(1), reading).await, None);
    }
}
