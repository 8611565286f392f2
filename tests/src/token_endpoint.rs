//! A token endpoint of OAuth on the loopback interface, which answers as such endpoints are documented to.
//!
//! ```text
//! let endpoint = TokenEndpoint::start([Answer::token("t1", 3600), Answer::refusal(401, "invalid_client")]).await;
//! // … ask endpoint.url() for tokens …
//! assert_eq!(endpoint.requests().len(), 2);
//! ```
//!
//! Answers are given in the order of the script; a request behind its end is refused, which fails the test that made it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running token endpoint.
#[derive(Debug)]
pub struct TokenEndpoint {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    script: std::vec::IntoIter<Answer>,
    requests: Vec<TokenRequest>,
}

/// A request as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// The method and the path.
    pub line: String,
    /// The header of this name, if there was one.
    pub authorization: Option<String>,
    /// What the body says it is.
    pub content_type: Option<String>,
    /// The body.
    pub form: String,
}

/// What the endpoint answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status, the seconds of `Retry-After` if there are any, and a body.
    Status(u16, Option<u64>, String),
    /// Nothing, while the connection stays open.
    Silence,
    /// The end of the connection.
    HangUp,
}

impl Answer {
    /// A bearer token that ends in so many seconds.
    #[must_use]
    pub fn token(token: &str, expires_in: u64) -> Self {
        let json = serde_json::json!({
            "access_token": token,
            "scope": "all-apis",
            "token_type": "Bearer",
            "expires_in": expires_in,
        });
        Self::Status(200, None, json.to_string())
    }

    /// A refusal with this status and `error`.
    #[must_use]
    pub fn refusal(status: u16, error: &str, description: &str) -> Self {
        let json = serde_json::json!({ "error": error, "error_description": description });
        Self::Status(status, None, json.to_string())
    }

    /// Too many requests: come back in so many seconds.
    #[must_use]
    pub fn later(seconds: u64) -> Self {
        Self::Status(429, Some(seconds), r#"{"error":"temporarily_unavailable"}"#.to_owned())
    }
}

impl TokenEndpoint {
    /// An endpoint that gives these answers on a free port.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its endpoint must fail")]
    pub async fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let script = script.into_iter().collect::<Vec<_>>().into_iter();
        let state = Arc::new(Mutex::new(State { script, requests: Vec::new() }));
        let server = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { address, state, server }
    }

    /// Where to ask.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/oidc/v1/token", self.address)
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }
}

impl Drop for TokenEndpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        // A client that hangs up shows in its own test.
        tokio::spawn(async move { answer(stream, &state).await.unwrap_or_default() });
    }
}

/// Answers the one request of a connection.
async fn answer(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let next = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(request);
        state.script.next()
    };
    let (status, after, body) = match next {
        Some(Answer::Status(status, after, body)) => (status, after, body),
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::HangUp) => return Ok(()),
        None => (400, None, r#"{"error":"the script of the endpoint is at its end"}"#.to_owned()),
    };
    let after = after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n{after}content-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<TokenRequest> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let header = |wanted: &str| {
        let found = lines.iter().filter_map(|line| line.split_once(':'));
        found.map(|(name, value)| (name, value.trim())).find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let text = |wanted| header(wanted).map(|(_, value)| value.to_owned());
    let length = header("content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(TokenRequest {
        line: lines.first().cloned().unwrap_or_default(),
        authorization: text("authorization"),
        content_type: text("content-type"),
        form: String::from_utf8_lossy(&body).into_owned(),
    })
}
