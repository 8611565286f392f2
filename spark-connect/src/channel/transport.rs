//! The transport under the generated client.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use http::{Request, Response};
use tonic::codegen::Service;

use super::connection::Connection;
use super::grpc::{self, GrpcBody};
use super::http2::BoxError;

/// A connection as a service for calls of gRPC. Clones share it.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Arc<Connection>,
    /// Whether an answer is one message, and not a stream of any number.
    is_unary: bool,
    /// Where there are others, nothing is sent.
    breaks: Option<u64>,
}

impl Transport {
    pub(super) fn unary(connection: &Arc<Connection>) -> Self {
        Self { connection: Arc::clone(connection), is_unary: true, breaks: None }
    }

    pub(super) fn streaming(connection: &Arc<Connection>) -> Self {
        Self { is_unary: false, ..Self::unary(connection) }
    }

    /// The same, which sends only on a connection that has broken this often.
    pub(crate) fn only_after(self, breaks: Option<u64>) -> Self {
        Self { breaks, ..self }
    }
}

impl Service<Request<tonic::body::Body>> for Transport {
    type Response = Response<GrpcBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<GrpcBody>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let answer = Arc::clone(&self.connection).send(request, self.breaks);
        let is_unary = self.is_unary;
        Box::pin(async move { grpc::checked(answer.await?, is_unary) })
    }
}
