//! The connection to a service that stores objects: with the TLS that the rest of the crate has, and limits of time.

use std::net::IpAddr;
use std::time::Duration;

use futures_core::future::BoxFuture;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use object_store::{ClientConfigKey, Error};
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
                    .https_only(!is_true(&allowed))
                    .connect_timeout(CONNECT)
                    .user_agent(concat!("lakeorm/", env!("CARGO_PKG_VERSION")))
            };
            let metadata = client().no_proxy().connect_timeout(CONNECT_NEARBY).read_timeout(SILENCE);
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Service {
                bodiless: client().read_timeout(SILENCE).build()?,
                with_body: client().build()?,
                metadata: metadata.build()?,
                is_for_metadata,
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
}

impl HttpService for Service {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        let bytes = request.body().content_length();
        if bytes == 0 && (self.is_for_metadata || request.uri().host().is_some_and(is_metadata)) {
            return self.metadata.call(request);
        }
        if bytes == 0 {
            return self.bodiless.call(request);
        }
        let (limit, is_part) = (limit(bytes), request.method().as_str() == "PUT");
        Box::pin(async move {
            let answered = async {
                let (head, body) = self.with_body.call(request).await?.into_parts();
                // Short, as it is to all that is sent with a body.
                Ok(HttpResponse::from_parts(head, body.bytes().await?.into()))
            };
            clock::timeout(limit, answered).await.unwrap_or_else(|| {
                let cure = if is_part { "; `part_size` makes parts smaller" } else { "" };
                let told = format!("{bytes} bytes were not answered within {} s{cure}", limit.as_secs());
                Err(HttpError::new(HttpErrorKind::Timeout, std::io::Error::other(told)))
            })
        })
    }
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
        sync::Arc,
        sync::atomic::{AtomicUsize, Ordering},
    };

    #[cfg(feature = "s3")]
    use object_store::{ObjectStoreExt, client::HttpRequestBody};

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

    /// Answers every connection with 404.
    #[cfg(feature = "s3")]
    fn listen() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&heard);
        std::thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = socket.read(&mut [0; 4096]);
                let answer = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                let _ = socket.write_all(answer);
            }
        });
        (port, heard)
    }

    /// Asks a service through the proxy, and then metadata services: those of the clouds, which may answer where there is
    /// one, and one that an option names.
    #[cfg(feature = "s3")]
    async fn ask() {
        let client = Connector.connect(&ClientOptions::new().with_allow_http(true)).unwrap();
        let get = |host: &str| {
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.uri_mut() = format!("http://{host}/").parse().unwrap();
            client.execute(request)
        };
        assert_eq!(get("bucket.invalid").await.unwrap().status().as_u16(), 404);
        for host in ["169.254.170.2", "[fd00:ec2::254]", "metadata.google.internal"] {
            drop(get(host).await);
        }
        let (port, heard) = listen();
        let options = [("aws_metadata_endpoint", format!("http://127.0.0.1:{port}"))];
        let backend = Backend::parse_with("s3://bucket", options).unwrap();
        backend.store().unwrap().objects.head(&"file".into()).await.unwrap_err();
        assert_ne!(heard.load(Ordering::SeqCst), 0);
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
        let (port, heard) = listen();
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
        assert_eq!(heard.load(Ordering::SeqCst), 1);
    }
}
