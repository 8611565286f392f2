//! The connection to a service that stores objects: with the TLS that the rest of the crate has.

use std::time::Duration;

use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{ClientConfigKey, Error};

use crate::tls;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a service may be silent.
const READ: Duration = Duration::from_secs(30);

/// Makes clients that trust the system's roots.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |source| Error::Generic { store: "HTTP", source };
        let unencrypted = options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() == Some("true");
        let tls = tls::client_config(true).map_err(|error| failed(error.into()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(!unencrypted)
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .user_agent(concat!("lakeorm/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(HttpClient::new).map_err(|error| failed(error.into()))
    }
}
