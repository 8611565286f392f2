//! What the generated client sends its requests with.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use http::{Request, Response};
use tonic::codegen::Service;

use super::connection::Connection;
use super::http2::{BoxError, ResponseBody};

/// A connection as a service. Clones share it.
#[derive(Clone)]
pub(crate) struct Transport(pub(super) Arc<Connection>);

impl Service<Request<tonic::body::Body>> for Transport {
    type Response = Response<ResponseBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<ResponseBody>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(Arc::clone(&self.0).send(request))
    }
}
