//! An HTTP/2 server that says what it is told to say, byte for byte, where one made for gRPC would say it right.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Names and values of headers.
pub type Headers = Vec<(&'static str, Vec<u8>)>;

/// What one call is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The HTTP status, unless it is 200.
    pub status: Option<u16>,
    /// The head, beside `content-type: application/grpc` unless it says another.
    pub head: Headers,
    /// The body; nothing of it is sent without trailers.
    pub body: Vec<u8>,
    /// The trailers; without them the head is the end.
    pub trailers: Option<Headers>,
}

/// What a connection does.
#[derive(Debug, Clone)]
pub enum Conduct {
    /// Answers every call so.
    Answer(Answer),
    /// Ends with this reason at the first call.
    GoAway(h2::Reason),
    /// Ends before the first call.
    EndAtOnce,
    /// Resets every call with this reason.
    Reset(h2::Reason),
    /// Takes so many calls at once, of which it answers none, and so many bytes of each.
    Hold {
        /// `SETTINGS_MAX_CONCURRENT_STREAMS`.
        calls: u32,
        /// `SETTINGS_INITIAL_WINDOW_SIZE`.
        bytes: u32,
    },
    /// Lies still after the first call, answering no ping either, and then answers.
    AnswerAfter(Duration, Answer),
}

/// The paths of the calls.
type Calls = Arc<Mutex<Vec<String>>>;

/// A running server. Dropping it closes every connection.
#[derive(Debug)]
pub struct Bare {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    calls: Calls,
    accepting: JoinHandle<()>,
}

impl Bare {
    /// Listens on a free port of the loopback interface. The connections behave one after the other as `conducts` say,
    /// and all later ones as the last.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub async fn start(conducts: impl IntoIterator<Item = Conduct>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let (connections, calls) = (Arc::default(), Calls::default());
        let conducts: Vec<Conduct> = conducts.into_iter().collect();
        let accepting =
            tokio::spawn(accept(listener, conducts, Arc::clone(&connections), Arc::clone(&calls)));
        Self { address, connections, calls, accepting }
    }

    /// The connection string.
    #[must_use]
    pub fn remote(&self) -> String {
        format!("sc://{}", self.address)
    }

    /// The paths of the calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, conducts: Vec<Conduct>, connections: Arc<AtomicUsize>, calls: Calls) {
    // Dropped with this task, and the connections with it.
    let mut served = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = connections.fetch_add(1, Ordering::Relaxed);
        let last = conducts.last();
        let Some(conduct) = conducts.get(number).or(last).cloned() else { return };
        let calls = Arc::clone(&calls);
        served.spawn(async move {
            // The client may go away at any time.
            let _ = serve(client, conduct, &calls).await;
        });
        while served.try_join_next().is_some() {}
    }
}

async fn serve(client: TcpStream, conduct: Conduct, calls: &Calls) -> Result<(), h2::Error> {
    let mut server = h2::server::Builder::new();
    if let Conduct::Hold { calls, bytes } = conduct {
        server.max_concurrent_streams(calls).initial_window_size(bytes);
    }
    let mut connection = server.handshake(client).await?;
    if let Conduct::EndAtOnce = conduct {
        connection.abrupt_shutdown(h2::Reason::NO_ERROR);
    }
    let mut held = Vec::new();
    while let Some(call) = connection.accept().await {
        let (request, mut respond) = call?;
        let path = request.uri().path().to_owned();
        calls.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        match &conduct {
            Conduct::Answer(answer) => say(answer, respond)?,
            Conduct::EndAtOnce => {}
            Conduct::Reset(reason) => respond.send_reset(*reason),
            Conduct::Hold { .. } => held.push((request, respond)),
            Conduct::GoAway(reason) => {
                connection.abrupt_shutdown(*reason);
                while connection.accept().await.is_some() {}
                return Ok(());
            }
            Conduct::AnswerAfter(pause, answer) => {
                tokio::time::sleep(*pause).await;
                say(answer, respond)?;
            }
        }
    }
    Ok(())
}

fn say(answer: &Answer, mut respond: h2::server::SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    head.headers_mut().extend(headers(&answer.head));
    if let Some(status) = answer.status.and_then(|status| http::StatusCode::from_u16(status).ok()) {
        *head.status_mut() = status;
    }
    let mut body = respond.send_response(head, answer.trailers.is_none())?;
    if let Some(trailers) = &answer.trailers {
        body.send_data(Bytes::copy_from_slice(&answer.body), false)?;
        body.send_trailers(headers(trailers))?;
    }
    Ok(())
}

#[expect(clippy::expect_used, reason = "what no header can carry cannot be sent")]
fn headers(headers: &Headers) -> HeaderMap {
    let header = |(name, value): &(&'static str, Vec<u8>)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a header's value"))
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().map(header) {
        map.append(name, value);
    }
    map
}
