//! The connection to a service that stores objects: with the TLS that the rest of the crate has, and limits of time.

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
        let client = |silence: Option<Duration>| {
            let tls = tls::client_config(true)?;
            let client = reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .https_only(!is_true(&allowed))
                .connect_timeout(CONNECT)
                .user_agent(concat!("lakeorm/", env!("CARGO_PKG_VERSION")));
            let client = match silence {
                Some(silence) => client.read_timeout(silence),
                None => client,
            };
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(client.build()?)
        };
        let service = || Ok(Service { bodiless: client(Some(SILENCE))?, with_body: client(None)? });
        service().map(HttpClient::new).map_err(|source| Error::Generic { store: "HTTP", source })
    }
}

/// As the options of `object_store` read it.
fn is_true(text: &str) -> bool {
    ["1", "true", "on", "yes", "y"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A client for requests without a body, and one for those with a body: to `reqwest` a service is silent from the begin
/// of a request on, and may not have taken all of a part within the time in which it has to answer.
#[derive(Debug)]
struct Service {
    bodiless: reqwest::Client,
    with_body: reqwest::Client,
}

impl HttpService for Service {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        let bytes = request.body().content_length();
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
    use super::*;

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
}
