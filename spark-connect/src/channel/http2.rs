//! One HTTP/2 connection, from the moment that the server has answered on it to its end.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http2::{Connection as Driver, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::activity::Activity;
use super::connect_error::ConnectError;
use super::header;
use super::ping::Pings;
use super::unprocessed::Unprocessed;
use super::wire::Wire;
use crate::clock::{self, Runtime};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

type RequestBody = tonic::body::Body;

/// A call that is given up after this much silence takes its connection with it: the next call gets another one.
const RETIRED_AFTER: Duration = Duration::from_secs(1);

/// A live connection. It is driven by a task of the runtime that it was made on, and lives as long as somebody holds
/// it or an answer that travels on it.
pub(super) struct Http2 {
    sender: SendRequest<RequestBody>,
    runtime: Runtime,
    activity: Arc<Activity>,
    pings: Arc<Pings>,
    /// The calls under way, and how many the server takes at once.
    calls: AtomicUsize,
    most_calls: Arc<AtomicUsize>,
    /// Not for new calls.
    retired: AtomicBool,
    /// Whether the runtime ended before the connection did.
    orphaned: Arc<AtomicBool>,
    /// How often those before it had broken.
    breaks_before: AtomicU64,
}

impl Http2 {
    pub(super) fn new(
        sender: SendRequest<RequestBody>,
        driver: Driver<TokioIo<Wire>, RequestBody, TokioExecutor>,
        runtime: Runtime,
        activity: Arc<Activity>,
        pings: Arc<Pings>,
    ) -> Self {
        let orphaned = Arc::new(AtomicBool::new(false));
        let most_calls = Arc::new(AtomicUsize::new(usize::MAX));
        let driving =
            Driving { most_calls: Arc::clone(&most_calls), orphaned: Arc::clone(&orphaned), ended: false };
        tokio::spawn(driving.drive(driver, Arc::clone(&pings)));
        let (calls, retired) = (AtomicUsize::new(0), AtomicBool::new(false));
        let breaks_before = AtomicU64::new(0);
        Self { sender, runtime, activity, pings, calls, most_calls, retired, orphaned, breaks_before }
    }

    /// Takes note of how often those before it had broken, its own making counted.
    pub(super) fn note_breaks_before(&self, breaks: u64) {
        self.breaks_before.store(breaks, Ordering::Relaxed);
    }

    /// Takes note of how many calls the server takes at once.
    pub(super) fn note_most_calls(&self, most: usize) {
        self.most_calls.store(most, Ordering::Relaxed);
    }

    /// Whether calls may begin on it.
    pub(super) fn is_usable(&self) -> bool {
        !self.sender.is_closed() && !self.retired.load(Ordering::Relaxed)
    }

    /// Whether the server takes another call at once. One that takes none at all may change its mind.
    pub(super) fn has_room(&self) -> bool {
        let most = self.most_calls.load(Ordering::Relaxed);
        most == 0 || self.calls.load(Ordering::Relaxed) < most
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.load(Ordering::Relaxed) == 0
    }

    /// The failure of a call before the head of its answer.
    fn unanswered(&self, error: hyper::Error) -> BoxError {
        match Unprocessed::is_told_by(&error) {
            true => Unprocessed::new(self.failed(error)).into(),
            false => self.failed(error),
        }
    }

    fn failed(&self, error: hyper::Error) -> BoxError {
        if self.orphaned.load(Ordering::Acquire) {
            let error = clock::no_runtime(
                "the Tokio runtime that the call began on has ended: a result is read where it was begun",
            );
            return ConnectError::no_runtime(&error).after_sending().into();
        }
        self.pings.ended_by(&error);
        error.into()
    }
}

fn out_of_reach() -> BoxError {
    "the call has moved to another Tokio runtime than the one that its connection belongs to".into()
}

/// Why there is no answer.
pub(super) enum SendError {
    /// The connection had ended before the request was put on it.
    NotSent(Box<Request<RequestBody>>),
    Failed(BoxError),
}

/// Drives the connection, and leaves word if it is dropped before its end.
struct Driving {
    most_calls: Arc<AtomicUsize>,
    orphaned: Arc<AtomicBool>,
    ended: bool,
}

impl Driving {
    async fn drive(mut self, driver: Driver<TokioIo<Wire>, RequestBody, TokioExecutor>, pings: Arc<Pings>) {
        let mut driver = pin!(driver);
        let driving = poll_fn(|cx| {
            let polled = driver.as_mut().poll(cx);
            self.most_calls.store(driver.current_max_send_streams(), Ordering::Relaxed);
            polled
        });
        let ended = driving.await;
        self.ended = true;
        if let Err(error) = ended {
            pings.ended_by(&error);
            // The words of a server beside its reason may repeat a token.
            let reason = below::<h2::Error>(&error).and_then(h2::Error::reason);
            let io = below::<io::Error>(&error).map(io::Error::kind);
            tracing::debug!(%error, ?reason, ?io, "the connection ended");
        }
    }
}

/// The first error of this type below the one of a connection.
fn below<E: StdError + 'static>(error: &hyper::Error) -> Option<&E> {
    std::iter::successors(error.source(), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

impl Drop for Driving {
    fn drop(&mut self) {
        if !self.ended {
            self.orphaned.store(true, Ordering::Release);
        }
    }
}

/// A call under way, which counts from the moment that it takes room on the connection.
pub(super) struct Call {
    http2: Arc<Http2>,
    ended: bool,
}

impl Call {
    pub(super) fn begin(http2: &Arc<Http2>) -> Self {
        http2.calls.fetch_add(1, Ordering::Relaxed);
        Self { http2: Arc::clone(http2), ended: false }
    }

    /// How often the connections before its own had broken.
    pub(super) fn breaks_before(&self) -> u64 {
        self.http2.breaks_before.load(Ordering::Relaxed)
    }

    /// Ends a call that was not made.
    pub(super) fn give_back(mut self) {
        self.ended = true;
    }

    /// Sends the request and waits for the head of its answer. The request comes back if it was not sent.
    pub(super) async fn send(
        mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, SendError> {
        self.http2.activity.asked();
        let sending = self.http2.sender.clone().try_send_request(request);
        match self.http2.runtime.reach(sending).await {
            Some(Ok(response)) => {
                let (mut head, body) = response.into_parts();
                header::sanitize(&mut head.headers);
                Ok(Response::from_parts(head, ResponseBody { body, call: self }))
            }
            Some(Err(mut error)) => {
                self.ended = true;
                match error.take_message() {
                    Some(unsent) => Err(SendError::NotSent(Box::new(unsent))),
                    None => Err(SendError::Failed(self.http2.unanswered(error.into_error()))),
                }
            }
            None => Err(SendError::Failed(out_of_reach())),
        }
    }
}

/// A call that is given up while nothing at all comes may have been given up because the connection is dead.
impl Drop for Call {
    fn drop(&mut self) {
        self.http2.calls.fetch_sub(1, Ordering::Relaxed);
        if !self.ended && self.http2.activity.silence() >= RETIRED_AFTER {
            self.http2.retired.store(true, Ordering::Relaxed);
        }
    }
}

/// The body of an answer; its trailers are made safe for the layers above.
pub(super) struct ResponseBody {
    body: Incoming,
    call: Call,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() && self.call.http2.runtime.is_out_of_reach() {
            self.call.ended = true;
            return Poll::Ready(Some(Err(out_of_reach())));
        }
        match ready!(polled) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_trailers() {
                Ok(mut trailers) => {
                    self.call.ended = true;
                    header::sanitize(&mut trailers);
                    Frame::trailers(trailers)
                }
                Err(data) => data,
            }))),
            Some(Err(error)) => {
                self.call.ended = true;
                Poll::Ready(Some(Err(self.call.http2.failed(error))))
            }
            None => {
                self.call.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
