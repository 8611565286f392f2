//! The connection to a service that stores objects: with the TLS that the rest of the crate has, and limits of time.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;
use futures_util::StreamExt;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use object_store::{ClientConfigKey, Error};
use reqwest::redirect::Policy;
use spark_connect::clock;

use crate::tls;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection to a metadata service may take, which is near or not there.
const CONNECT_NEARBY: Duration = Duration::from_secs(1);

/// How long a service may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// The bytes of a part that a service takes in a second at least: a megabit.
const RATE: usize = 128 << 10;

/// Bytes of the longest answer that is read. A page of a listing has at most some MiB.
const MAX_ANSWER: usize = 16 << 20;

/// A part below this is not late because of its size.
const SMALL: usize = 4 << 20;

/// How often in a row, and how long, a service may not be reached that never was: its address is likely wrong, or no
/// such service is there. One that was reached before has the time of the retries to come back.
const UNREACHED: usize = 4;

/// Requests at once fail together, at the first moment in which a service is away.
const UNREACHED_FOR: Duration = Duration::from_secs(2);

/// What failed longer ago says nothing of now.
const STALE: Duration = Duration::from_secs(60);

/// Makes clients that trust the system's roots.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allowed = options.get_config_value(&ClientConfigKey::AllowHttp).unwrap_or_default();
        // `object_store` gives clients for metadata services less time to connect, wherever the options say that these are;
        // the time is no option of ours.
        let timeout = |options: &ClientOptions| options.get_config_value(&ClientConfigKey::ConnectTimeout);
        let is_for_metadata = timeout(options) != timeout(&ClientOptions::new());
        let service = || {
            let tls = tls::client_config(true)?;
            let client = || {
                reqwest::Client::builder()
                    .tls_backend_preconfigured(tls.clone())
                    // The token of a session is in a header, which would go along, and a signature in the address.
                    .redirect(Policy::none())
                    .referer(false)
                    .https_only(!is_true(&allowed))
                    .connect_timeout(CONNECT)
                    .user_agent(concat!("lakeorm/", env!("CARGO_PKG_VERSION")))
            };
            let metadata = client().no_proxy().connect_timeout(CONNECT_NEARBY).read_timeout(SILENCE);
            Ok::<_, Box<dyn StdError + Send + Sync>>(Service {
                bodiless: client().read_timeout(SILENCE).build()?,
                with_body: client().build()?,
                metadata: metadata.build()?,
                is_for_metadata,
                reach: Mutex::new(Reach::Never { times: 0, since: None }),
            })
        };
        service().map(HttpClient::new).map_err(|source| Error::Generic { store: "HTTP", source })
    }
}

/// As the options of `object_store` read it.
fn is_true(text: &str) -> bool {
    ["1", "true", "on", "yes", "y"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether the host is the cloud's own service for what it knows of a machine, credentials included: those of machines
/// and containers have addresses of the link. A proxy elsewhere would answer with what is its own.
fn is_metadata(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_unicast_link_local() || matches!(address.segments(), [0xfd00, 0x0ec2, ..])
        }
        Err(_) => host.eq_ignore_ascii_case("metadata.google.internal"),
    }
}

/// A client for requests without a body, one for metadata services, and one for requests with a body: to `reqwest` a
/// service is silent from the begin of a request on, and may not have taken all of a part within the time in which it has
/// to answer.
#[derive(Debug)]
struct Service {
    bodiless: reqwest::Client,
    with_body: reqwest::Client,
    metadata: reqwest::Client,
    is_for_metadata: bool,
    reach: Mutex<Reach>,
}

/// Whether a service has ever been reached.
#[derive(Debug)]
enum Reach {
    /// Not yet; how often and since when it was tried.
    Never {
        times: usize,
        since: Option<Instant>,
    },
    Before,
}

impl Reach {
    /// Counts a connection that was not made. Whether it is one too many.
    fn gives_up(&mut self, now: Instant) -> bool {
        let Self::Never { times, since } = self else { return false };
        if since.is_some_and(|since| now.duration_since(since) > STALE) {
            (*times, *since) = (0, None);
        }
        *times += 1;
        let began = *since.get_or_insert(now);
        let is_last = *times >= UNREACHED && now.duration_since(began) >= UNREACHED_FOR;
        if is_last {
            // The next request is one of its own.
            *self = Self::Never { times: 0, since: None };
        }
        is_last
    }
}

impl HttpService for Service {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let answered = self.ask(request).await;
            let is_unreached = answered.as_ref().is_err_and(is_unreached);
            let mut reach = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_unreached {
                *reach = Reach::Before;
            } else if reach.gives_up(Instant::now()) {
                return answered.map_err(|source| {
                    let source = Failed { told: "no connection to the service was made", source };
                    HttpError::new(HttpErrorKind::Unknown, source)
                });
            }
            answered
        })
    }
}

impl Service {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let bytes = request.body().content_length();
        if bytes == 0 && (self.is_for_metadata || request.uri().host().is_some_and(is_metadata)) {
            return answer(&self.metadata, request).await;
        }
        if bytes == 0 {
            return answer(&self.bodiless, request).await;
        }
        let (limit, is_part) = (limit(bytes), request.method().as_str() == "PUT");
        let answered = clock::timeout(limit, answer(&self.with_body, request)).await;
        answered.unwrap_or_else(|| {
            let told = late(bytes, is_part);
            Err(HttpError::new(HttpErrorKind::Timeout, std::io::Error::other(told)))
        })
    }
}

/// The whole answer, which is short: files are stored, and never read. One that is cut off is asked for again where the
/// request may be sent twice.
async fn answer(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let (head, body) = client.call(request).await?.into_parts();
    if head.status.is_redirection() && head.status.as_u16() != 304 {
        let told = format!(
            "{}: the service sends requests on to another address, where they are not sent: give the endpoint and the \
             region that the data has",
            head.status
        );
        return Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other(told)));
    }
    let (mut body, mut read) = (body.bytes_stream(), Vec::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|source| match source.kind() {
            HttpErrorKind::Timeout => source,
            _ => {
                HttpError::new(HttpErrorKind::Interrupted, Failed { told: "the answer was cut off", source })
            }
        })?;
        if read.len() + chunk.len() > MAX_ANSWER {
            let told = format!("the service answered more than {} MiB", MAX_ANSWER >> 20);
            return Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other(told)));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(HttpResponse::from_parts(head, read.into()))
}

/// Whether no connection was made.
fn is_unreached(error: &HttpError) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<reqwest::Error>());
    cause.is_some_and(reqwest::Error::is_connect)
}

/// What an error of the client means.
#[derive(Debug)]
struct Failed {
    told: &'static str,
    source: HttpError,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.told)
    }
}

impl StdError for Failed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// What is told of so many bytes that were not answered in time.
fn late(bytes: usize, is_part: bool) -> String {
    let cure = if is_part && bytes >= SMALL { "; `part_size` makes parts smaller" } else { "" };
    format!("{bytes} bytes were not answered within {} s{cure}", limit(bytes).as_secs())
}

/// The longest time in which these bytes are stored.
fn limit(bytes: usize) -> Duration {
    SILENCE + Duration::from_secs(u64::try_from(bytes / RATE).unwrap_or(u64::MAX / 2))
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "s3")]
    use std::{
        env,
        io::{Read, Write},
        net::TcpListener,
        process::Command,
        sync::{Arc, Mutex},
        thread::{self, JoinHandle},
    };

    #[cfg(feature = "s3")]
    use object_store::{ObjectStore, ObjectStoreExt, client::HttpRequestBody};

    use super::*;
    #[cfg(feature = "s3")]
    use crate::write::Backend;

    #[test]
    fn metadata_services_of_the_clouds_are_known_by_their_hosts() {
        let known =
            ["169.254.169.254", "169.254.170.23", "[fd00:ec2::23]", "[fe80::1]", "metadata.google.internal"];
        assert!(known.into_iter().all(is_metadata));
        let others = ["s3.us-east-1.amazonaws.com", "127.0.0.1", "10.0.0.1", "[fd00::1]", "localhost"];
        assert!(!others.into_iter().any(is_metadata));
    }

    #[test]
    fn a_part_has_time_by_its_size() {
        assert_eq!(limit(1), SILENCE);
        assert_eq!(limit(32 << 20), SILENCE + Duration::from_secs(256));
        assert!(limit(usize::MAX) > SILENCE);
    }

    #[test]
    fn http_is_allowed_by_every_word_for_true() {
        assert!(["1", "true", "TRUE", "on", "yes", "y"].into_iter().all(is_true));
        assert!(!["", "0", "false", "no", "off"].into_iter().any(is_true));
    }

    #[cfg(feature = "s3")]
    const NOT_FOUND: &str = "404 Not Found\r\ncontent-length: 0";

    /// Answers so many connections with this status, headers and body. The first lines of the requests.
    #[cfg(feature = "s3")]
    fn listen(connections: usize, answer: &str) -> (u16, Arc<Mutex<Vec<String>>>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<_>>>::default());
        let (hears, answer) = (Arc::clone(&heard), format!("HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n"));
        let answering = thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok).take(connections) {
                let mut read = [0; 4096];
                let bytes = socket.read(&mut read).unwrap_or_default();
                let request = String::from_utf8_lossy(&read[..bytes]).into_owned();
                hears.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
                let _ = socket.write_all(answer.as_bytes());
            }
        });
        (port, heard, answering)
    }

    #[cfg(feature = "s3")]
    fn client() -> HttpClient {
        Connector.connect(&ClientOptions::new().with_allow_http(true)).unwrap()
    }

    #[cfg(feature = "s3")]
    fn get(host: &str) -> HttpRequest {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = format!("http://{host}/").parse().unwrap();
        request
    }

    /// A store at the port, with credentials.
    #[cfg(feature = "s3")]
    fn store(port: u16) -> Arc<dyn ObjectStore> {
        let options = [
            ("aws_endpoint", format!("http://127.0.0.1:{port}")),
            ("aws_allow_http", "true".into()),
            ("aws_access_key_id", "test".into()),
            ("aws_secret_access_key", "test".into()),
            ("aws_session_token", "s3cret".into()),
            ("aws_region", "us-east-1".into()),
        ];
        let backend = Backend::parse_with("s3://bucket", options).unwrap();
        Arc::clone(&backend.store().unwrap().objects)
    }

    /// A listing that never ends would be held whole.
    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn an_answer_is_read_up_to_a_bound() {
        for (bytes, is_read) in [(MAX_ANSWER / 2, true), (MAX_ANSWER, false)] {
            let (port, _, answering) = listen(1, &format!("200 OK\r\n\r\n{}", "x".repeat(bytes)));
            let answered = client().execute(get(&format!("127.0.0.1:{port}"))).await;
            assert_eq!(answered.is_ok(), is_read, "{bytes}");
            if let Err(error) = answered {
                assert_eq!(error.kind(), HttpErrorKind::Unknown);
                assert_eq!(error.source().unwrap().to_string(), "the service answered more than 16 MiB");
            }
            answering.join().unwrap();
        }
    }

    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn a_redirect_is_not_followed_and_says_what_to_give() {
        let (elsewhere, heard, _) = listen(usize::MAX, NOT_FOUND);
        for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
            let location = format!("location: http://127.0.0.1:{elsewhere}/part");
            let (port, ..) = listen(usize::MAX, &format!("{status}\r\n{location}\r\ncontent-length: 0"));
            let store = store(port);
            let errors = [
                store.put(&"part".into(), "rows".into()).await.unwrap_err(),
                store.list_with_delimiter(None).await.unwrap_err(),
                store.delete(&"part".into()).await.unwrap_err(),
            ];
            for error in errors {
                let told = super::super::failed("it", &error).to_string();
                let cure = "give the endpoint and the region that the data has";
                assert!(told.contains(status) && told.contains(cure), "{told}");
            }
        }
        assert_eq!(*heard.lock().unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn a_file_is_removed_from_s3_by_a_request_of_its_own() {
        let (port, heard, _) = listen(usize::MAX, "204 No Content");
        store(port).delete(&"part".into()).await.unwrap();
        assert_eq!(*heard.lock().unwrap(), ["DELETE /bucket/part HTTP/1.1"]);
    }

    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn an_answer_that_is_cut_off_may_be_asked_for_again() {
        let (port, ..) = listen(1, "200 OK\r\ncontent-length: 5000");
        let error = client().execute(get(&format!("127.0.0.1:{port}"))).await.unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Interrupted, "{error}");
    }

    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn a_service_that_was_reached_before_is_given_time_to_come_back() {
        let (port, _, answering) = listen(1, NOT_FOUND);
        let (client, host) = (client(), format!("127.0.0.1:{port}"));
        client.execute(get(&host)).await.unwrap();
        answering.join().unwrap();
        for _ in 0..=UNREACHED {
            assert_eq!(client.execute(get(&host)).await.unwrap_err().kind(), HttpErrorKind::Connect);
        }
        let later = Instant::now() + UNREACHED_FOR;
        assert!((0..=UNREACHED).all(|_| !Reach::Before.gives_up(later)));
    }

    #[test]
    fn a_service_that_was_never_reached_is_given_up_by_count_and_time() {
        let (mut reach, now) = (Reach::Never { times: 0, since: None }, Instant::now());
        let later = now + UNREACHED_FOR;
        // Of many requests at once none ends the others.
        assert!((0..2 * UNREACHED).all(|_| !reach.gives_up(now)));
        assert!(reach.gives_up(later));
        // Counted anew, for the request behind it, and for one of later.
        let mut is_given_up = [later; UNREACHED].map(|now| reach.gives_up(now));
        assert_eq!(is_given_up, [false; UNREACHED]);
        is_given_up = [later + UNREACHED_FOR; UNREACHED].map(|now| reach.gives_up(now));
        assert_eq!(is_given_up, [true, false, false, false]);
        is_given_up = [later + 2 * STALE; UNREACHED].map(|now| reach.gives_up(now));
        assert_eq!(is_given_up, [false; UNREACHED]);
    }

    #[test]
    fn smaller_parts_are_the_cure_for_large_ones_only() {
        let told = "33554432 bytes were not answered within 286 s; `part_size` makes parts smaller";
        assert_eq!(late(32 << 20, true), told);
        assert_eq!(late(32 << 20, false), "33554432 bytes were not answered within 286 s");
        assert_eq!(late(1000, true), "1000 bytes were not answered within 30 s");
    }

    /// Asks a service through the proxy, and then metadata services: those of the clouds, which may answer where there is
    /// one, and one that an option names.
    #[cfg(feature = "s3")]
    async fn ask() {
        let client = client();
        assert_eq!(client.execute(get("bucket.invalid")).await.unwrap().status().as_u16(), 404);
        for host in ["169.254.170.2", "[fd00:ec2::254]", "metadata.google.internal"] {
            drop(client.execute(get(host)).await);
        }
        let (port, heard, _) = listen(usize::MAX, NOT_FOUND);
        let options = [("aws_metadata_endpoint", format!("http://127.0.0.1:{port}"))];
        let backend = Backend::parse_with("s3://bucket", options).unwrap();
        backend.store().unwrap().objects.head(&"file".into()).await.unwrap_err();
        assert_ne!(heard.lock().unwrap().len(), 0);
    }

    /// Runs itself in a process of its own: this one cannot change its environment while others read it.
    #[tokio::test]
    #[cfg(feature = "s3")]
    async fn a_metadata_service_is_not_asked_through_the_proxy_of_the_environment() {
        const TEST: &str = "write::staging::connector::tests::a_metadata_service_is_not_asked_through_the_proxy_of_the_environment";
        const CHILD: &str = "LAKEORM_TEST_METADATA";
        if env::var_os(CHILD).is_some() {
            return ask().await;
        }
        let (port, heard, _) = listen(usize::MAX, NOT_FOUND);
        let mut itself = Command::new(env::current_exe().unwrap());
        itself
            .args(["--exact", TEST])
            .env(CHILD, "yes")
            .env("HTTP_PROXY", format!("http://127.0.0.1:{port}"));
        for variable in ["http_proxy", "NO_PROXY", "no_proxy"] {
            itself.env_remove(variable);
        }
        let ended = itself.output().unwrap();
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && told.contains("1 passed"), "{told}");
        assert_eq!(heard.lock().unwrap().len(), 1);
    }
}
