//! Connections that are made by somebody else.

use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use http::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::codegen::Service;

use super::connect_error::ConnectError;
use super::wire::Bytes;

/// A service from the address of a server to a stream of bytes, without its types.
pub(super) trait Connect: Send + Sync + 'static {
    fn connect(&self, server: &Uri) -> BoxFuture<'static, Result<Box<dyn Bytes>, ConnectError>>;
}

/// Such a service. Each connection takes a clone of it.
pub(super) struct Connector<C>(Mutex<C>);

impl<C> Connector<C> {
    pub(super) fn new(service: C) -> Self {
        Self(Mutex::new(service))
    }
}

impl<C> Connect for Connector<C>
where
    C: Service<Uri> + Clone + Send + 'static,
    C::Response: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    C::Future: Send,
{
    fn connect(&self, server: &Uri) -> BoxFuture<'static, Result<Box<dyn Bytes>, ConnectError>> {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let server = server.clone();
        async move {
            let failed = |error: C::Error| {
                ConnectError::transient("the connector made no connection").with_source(error.into())
            };
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
            let bytes = service.call(server).await.map_err(failed)?;
            Ok(Box::new(bytes) as Box<dyn Bytes>)
        }
        .boxed()
    }
}
