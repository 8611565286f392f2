//! The transport under the generated client.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use http::{Request, Response};
use tonic::codegen::Service;

use super::connection::Connection;
use super::http2::{BoxError, ResponseBody};

/// A connection as a service. Clones share it.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Arc<Connection>,
    /// Where there are others, nothing is sent.
    breaks: Option<u64>,
}

impl Transport {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self { connection: Arc::clone(connection), breaks: None }
    }

    /// The same, which sends only on a connection that has broken this often.
    pub(crate) fn only_after(self, breaks: Option<u64>) -> Self {
        Self { breaks, ..self }
    }
}

impl Service<Request<tonic::body::Body>> for Transport {
    type Response = Response<ResponseBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<ResponseBody>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(Arc::clone(&self.connection).send(request, self.breaks))
    }
}
