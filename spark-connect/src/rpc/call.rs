//! How the calls are made.

use std::future::Future;
use std::sync::PoisonError;

use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::header::{Header, Identified, LONGEST_ID, WithHeader};
use super::size::{MAX_REQUEST, sendable};
use super::{Inner, MAX_ANSWER, Responses, Rpc};
use crate::channel::{Effects, Transport};
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::proto;
use crate::proto::spark_connect_service_client::SparkConnectServiceClient;

pub(super) type GrpcClient = SparkConnectServiceClient<Transport>;

impl Rpc {
    pub(super) async fn unary<M, R, Calling>(
        &self,
        message: impl Fn() -> M,
        rpc: impl Fn(GrpcClient, Request<M>) -> Calling,
    ) -> Result<R, Failure>
    where
        M: WithHeader,
        Calling: Future<Output = Result<Response<R>, Status>>,
    {
        self.unary_within(MAX_ANSWER, None, message, rpc).await
    }

    /// The same, whose answer may have this many bytes. With `breaks` the call is made only on a connection that has broken
    /// this often.
    pub(super) async fn unary_within<M, R, Calling>(
        &self,
        max_answer: usize,
        breaks: Option<u64>,
        message: impl Fn() -> M,
        rpc: impl Fn(GrpcClient, Request<M>) -> Calling,
    ) -> Result<R, Failure>
    where
        M: WithHeader,
        Calling: Future<Output = Result<Response<R>, Status>>,
    {
        let Inner { channel, id, .. } = &*self.inner;
        let message = || sendable(message().with_header(self.header()));
        let client = |transport| self.client(transport, max_answer);
        channel
            .unary(*id, message, |transport, request| rpc(client(transport.only_after(breaks)), request))
            .await
    }

    /// With `breaks` the call is made only on a connection that has broken this often.
    pub(super) async fn stream<M, Calling>(
        &self,
        effects: Effects,
        breaks: Option<u64>,
        mut message: impl FnMut() -> M,
        rpc: impl Fn(GrpcClient, Request<M>) -> Calling,
    ) -> Result<Responses, Failure>
    where
        M: WithHeader,
        Calling: Future<Output = Result<Response<tonic::Streaming<proto::ExecutePlanResponse>>, Status>>,
    {
        let Inner { channel, id, .. } = &*self.inner;
        let message = || sendable(message().with_header(self.header()));
        let client = |transport| self.client(transport, usize::MAX);
        let answers = channel
            .stream(*id, effects, message, |transport, request| {
                rpc(client(transport.only_after(breaks)), request)
            })
            .await?;
        Ok(Responses::new(self.clone(), answers))
    }

    pub(super) fn client(&self, transport: Transport, max_answer: usize) -> GrpcClient {
        GrpcClient::new(transport)
            .max_decoding_message_size(self.inner.channel.remote().max_message_size().min(max_answer))
            .max_encoding_message_size(MAX_REQUEST)
    }

    pub(super) fn header(&self) -> Header {
        Header {
            session_id: self.inner.id_text.clone(),
            observed: self.inner.observed.get().cloned(),
            user_context: self.inner.user_context.clone(),
            client_type: self.inner.client_type.clone(),
        }
    }

    pub(super) fn checked<R: Identified>(&self, answer: R) -> Result<R, Failure> {
        self.observe(&answer).map_err(Failure::fatal)?;
        Ok(answer)
    }

    /// Takes the ids of a response: the session must be ours, and the server's own id must not have changed.
    pub(super) fn observe(&self, answer: &impl Identified) -> Result<()> {
        let (session_id, server_side) = answer.ids();
        if !session_id.is_empty() && session_id != self.inner.id_text {
            return Err(Error::protocol("the server answered for another session"));
        }
        if server_side.len() > LONGEST_ID {
            return Err(Error::protocol("the server gave the session an invalid id"));
        }
        if server_side.is_empty() || self.inner.observed.get_or_init(|| server_side.to_owned()) == server_side
        {
            let answered = Some((Instant::now(), self.inner.channel.breaks()));
            *self.inner.answered.lock().unwrap_or_else(PoisonError::into_inner) = answered;
            return Ok(());
        }
        let message =
            "the server's own id of the session changed: it restarted, and the session's state is gone";
        Err(Error::new(ErrorKind::SessionLost, message))
    }
}
