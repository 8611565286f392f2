//! An HTTP/2 server that says what it is told to say, byte for byte, where one made for gRPC would say it right.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Names and values of headers.
pub type Headers = Vec<(&'static str, Vec<u8>)>;

/// What one call is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The HTTP statuses (100 to 199) that come before the head.
    pub before: Vec<u16>,
    /// The HTTP status, unless it is 200.
    pub status: Option<u16>,
    /// Whether the head is without a `content-type`.
    pub untyped: bool,
    /// The head, beside `content-type: application/grpc` unless it says another.
    pub head: Headers,
    /// The body; nothing of it is sent without trailers.
    pub body: Vec<u8>,
    /// The trailers; without them the head is the end.
    pub trailers: Option<Headers>,
}

impl Answer {
    /// Of gRPC's, with these messages and the status that all is well.
    #[must_use]
    pub fn messages<M: AsRef<[u8]>>(messages: impl IntoIterator<Item = M>) -> Self {
        let mut body = Vec::new();
        for message in messages {
            let message = message.as_ref();
            body.push(0);
            body.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
            body.extend(message);
        }
        Self { body, trailers: Some(vec![("grpc-status", b"0".to_vec())]), ..Self::default() }
    }

    /// One message in which nothing is set.
    #[must_use]
    pub fn unset() -> Self {
        Self::messages([b""])
    }
}

/// How a call ends in its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The call is reset with this reason.
    Reset(h2::Reason),
    /// The connection ends with this reason.
    GoAway(h2::Reason),
    /// It does not end: the connection takes no more calls, and the rest comes as if `ReattachExecute` had asked for it.
    NoMore,
}

/// The names of calls (`Config`) and what each is answered; any other is answered with a message in which nothing is set.
pub type Named = Vec<(&'static str, Answer)>;

/// The frame that ends a connection, which h2 would fill in by itself.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// The last stream that may have been processed; the first call is number 1.
    pub last: u32,
    /// Why.
    pub reason: h2::Reason,
    /// The same in words.
    pub words: &'static str,
}

/// What a connection does.
#[derive(Debug, Clone)]
pub enum Conduct {
    /// Answers every call so.
    Answer(Answer),
    /// Answers calls by their names.
    Named(Named),
    /// Begins to answer the first call with the head and the body of an answer, and breaks it when the second call comes;
    /// that and later ones are answered by their names.
    Break(Break, Answer, Named),
    /// Ends with this reason at the first call.
    GoAway(h2::Reason),
    /// The same, as [`Leave`] has it. The calls on it do not count.
    Leave(Leave),
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
type Calls = Arc<watch::Sender<Vec<String>>>;

/// A running server. Dropping it closes every connection.
#[derive(Debug)]
pub struct Bare {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    closed: Arc<watch::Sender<usize>>,
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
        let (connections, closed, calls) = (Arc::default(), Arc::default(), Calls::default());
        let seen = (Arc::clone(&connections), Arc::clone(&closed), Arc::clone(&calls));
        let accepting = tokio::spawn(accept(listener, conducts.into_iter().collect(), seen));
        Self { address, connections, closed, calls, accepting }
    }

    /// The connection string.
    #[must_use]
    pub fn remote(&self) -> String {
        format!("sc://{}", self.address)
    }

    /// The paths of the calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// How many calls of this RPC (`ExecutePlan`) there were.
    #[must_use]
    pub fn count(&self, rpc: &str) -> usize {
        self.calls.borrow().iter().filter(|call| call.rsplit('/').next() == Some(rpc)).count()
    }

    /// Waits until there were so many calls. Waits for ever, so the caller sets the bound.
    pub async fn called(&self, times: usize) {
        // The sender is in `self`, so the wait cannot fail while it is awaited.
        let _ = self.calls.subscribe().wait_for(|calls| calls.len() >= times).await;
    }

    /// Waits until so many connections have ended. Waits for ever, so the caller sets the bound.
    pub async fn closed(&self, times: usize) {
        // The sender is in `self`, so the wait cannot fail while it is awaited.
        let _ = self.closed.subscribe().wait_for(|closed| *closed >= times).await;
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

/// How many connections there were, how many of them have ended, and the calls on them.
type Seen = (Arc<AtomicUsize>, Arc<watch::Sender<usize>>, Calls);

async fn accept(listener: TcpListener, conducts: Vec<Conduct>, (connections, closed, calls): Seen) {
    // Dropped with this task, and the connections with it.
    let mut served = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = connections.fetch_add(1, Ordering::Relaxed);
        let last = conducts.last();
        let Some(conduct) = conducts.get(number).or(last).cloned() else { return };
        let (closed, calls) = (Arc::clone(&closed), Arc::clone(&calls));
        served.spawn(async move {
            // The client may go away at any time.
            let _ = serve(client, conduct, &calls).await;
            closed.send_modify(|closed| *closed += 1);
        });
        while served.try_join_next().is_some() {}
    }
}

async fn serve(client: TcpStream, conduct: Conduct, calls: &Calls) -> Result<(), h2::Error> {
    if let Conduct::Leave(goodbye) = conduct {
        // The client may go away at any time.
        let _ = leave(client, goodbye).await;
        return Ok(());
    }
    let mut server = h2::server::Builder::new();
    if let Conduct::Hold { calls, bytes } = conduct {
        server.max_concurrent_streams(calls).initial_window_size(bytes);
    }
    let mut connection = server.handshake(client).await?;
    if let Conduct::EndAtOnce = conduct {
        connection.abrupt_shutdown(h2::Reason::NO_ERROR);
    }
    if let Conduct::Break(way, begun, named) = &conduct {
        return serve_break(&mut connection, *way, begun, named, calls).await;
    }
    let mut held = Vec::new();
    while let Some(call) = connection.accept().await {
        let (request, mut respond) = noted(call?, calls);
        match &conduct {
            Conduct::Answer(answer) => say(answer, respond)?,
            Conduct::Named(named) => say(&answer_to(&request, named), respond)?,
            Conduct::EndAtOnce | Conduct::Break(..) | Conduct::Leave(_) => {}
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

/// Types of frames, and the flag that ends a stream or acknowledges settings.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const ENDS: u8 = 1;

/// Takes in one call, and then leaves.
async fn leave(mut client: TcpStream, Leave { last, reason, words }: Leave) -> io::Result<()> {
    client.write_all(&frame(SETTINGS, 0, &[])).await?;
    client.read_exact(&mut [0; "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()]).await?;
    loop {
        let mut head = [0; 9];
        client.read_exact(&mut head).await?;
        let [high, middle, low, kind, flags, ..] = head;
        let length = u64::from(u32::from_be_bytes([0, high, middle, low]));
        copy(&mut (&mut client).take(length), &mut sink()).await?;
        match (kind, flags & ENDS) {
            (SETTINGS, 0) => client.write_all(&frame(SETTINGS, ENDS, &[])).await?,
            (HEADERS | DATA, ENDS) => break,
            _ => {}
        }
    }
    let payload =
        [last.to_be_bytes().as_slice(), &u32::from(reason).to_be_bytes(), words.as_bytes()].concat();
    client.write_all(&frame(GO_AWAY, 0, &payload)).await?;
    client.shutdown().await?;
    // Closed with bytes unread it would be reset.
    copy(&mut client, &mut sink()).await?;
    Ok(())
}

/// A frame of the connection.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [[high, middle, low, kind, flags, 0, 0, 0, 0].as_slice(), payload].concat()
}

async fn serve_break(
    connection: &mut h2::server::Connection<TcpStream, Bytes>,
    way: Break,
    begun: &Answer,
    named: &Named,
    calls: &Calls,
) -> Result<(), h2::Error> {
    let Some(first) = connection.accept().await else { return Ok(()) };
    let (_, mut respond) = noted(first?, calls);
    let mut body = respond.send_response(head_of(begun), false)?;
    body.send_data(Bytes::copy_from_slice(&begun.body), false)?;
    let mut is_whole = true;
    while let Some(call) = connection.accept().await {
        let (request, respond) = noted(call?, calls);
        match way {
            _ if !std::mem::take(&mut is_whole) => {}
            Break::Reset(reason) => body.send_reset(reason),
            Break::GoAway(reason) => connection.abrupt_shutdown(reason),
            Break::NoMore => {
                connection.graceful_shutdown();
                let (_, rest) =
                    named.iter().find(|(name, _)| *name == "ReattachExecute").cloned().unwrap_or_default();
                body.send_data(rest.body.into(), false)?;
                body.send_trailers(headers(&rest.trailers.unwrap_or_default()))?;
            }
        }
        if !matches!(way, Break::GoAway(_)) {
            say(&answer_to(&request, named), respond)?;
        }
    }
    Ok(())
}

type Call = (http::Request<h2::RecvStream>, h2::server::SendResponse<Bytes>);

/// The call, which counts from now on.
fn noted(call: Call, calls: &Calls) -> Call {
    calls.send_modify(|calls| calls.push(call.0.uri().path().to_owned()));
    call
}

fn answer_to(request: &http::Request<h2::RecvStream>, named: &Named) -> Answer {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    named.iter().find(|(known, _)| *known == name).map_or_else(Answer::unset, |(_, answer)| answer.clone())
}

fn say(answer: &Answer, mut respond: h2::server::SendResponse<Bytes>) -> Result<(), h2::Error> {
    for status in &answer.before {
        let mut before = Response::new(());
        *before.status_mut() = status_of(*status);
        respond.send_informational(before)?;
    }
    let mut body = respond.send_response(head_of(answer), answer.trailers.is_none())?;
    if let Some(trailers) = &answer.trailers {
        body.send_data(Bytes::copy_from_slice(&answer.body), false)?;
        body.send_trailers(headers(trailers))?;
    }
    Ok(())
}

fn head_of(answer: &Answer) -> Response<()> {
    let mut head = Response::new(());
    if !answer.untyped {
        head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    }
    head.headers_mut().extend(headers(&answer.head));
    *head.status_mut() = status_of(answer.status.unwrap_or(200));
    head
}

#[expect(clippy::expect_used, reason = "what is no status cannot be sent")]
fn status_of(status: u16) -> http::StatusCode {
    http::StatusCode::from_u16(status).expect("an HTTP status")
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
