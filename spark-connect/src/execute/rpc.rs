//! The RPCs of one operation, over a session.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use uuid::Uuid;

use super::operation::OperationRpc;
use crate::channel::{Answers, Client};
use crate::error::status::Failure;
use crate::error::{Error, Result};
use crate::proto::execute_plan_request::{RequestOption, request_option};
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::{self, ExecutePlanResponse};
use crate::session::{FAREWELL, Session};

/// The waits between attempts to interrupt an operation that the server does not list.
const ABANDON_PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(400)];

/// How long an interrupt waits for the operation to be planned; then it is sent all the same.
const PLANNING: Duration = Duration::from_secs(4);

#[derive(Clone)]
pub(crate) struct SessionRpc {
    session: Session,
    operation: Uuid,
    plan: proto::Plan,
}

impl SessionRpc {
    pub(crate) fn new(session: Session, operation: Uuid, plan: proto::Plan) -> Self {
        Self { session, operation, plan }
    }

    /// Waits until the operation is past planning: Spark loses an interrupt that comes before, and the query's first
    /// stage is submitted all the same, runs to its end, and can no longer be stopped.
    async fn planned(&self) {
        // The server tells of a stage when it has submitted one, at the next of these intervals; two seconds unless
        // told otherwise. A server that refuses the conf tells all the same, a little later.
        let often = self.session.set_confs([("spark.connect.progress.reportInterval", "100ms")]);
        if let Err(error) = often.await {
            tracing::debug!(operation = %self.operation, %error, "progress");
        }
        for pause in ABANDON_PAUSES {
            if self.shows_work().await {
                return;
            }
            // The plan may still be on its way, or never arrive.
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether the operation came to show that its planning is over, before its stream ended.
    async fn shows_work(&self) -> bool {
        let Ok(mut responses) = self.reattach(None).await else { return false };
        while let Some(Ok(response)) = responses.next().await {
            match response.response_type {
                Some(ResponseType::ExecutionProgress(progress)) if progress.stages.is_empty() => {}
                Some(_) => return true,
                None => {}
            }
        }
        false
    }

    fn responses(&self, stream: Answers<ExecutePlanResponse>) -> Responses {
        Responses { session: self.session.clone(), stream }
    }

    /// Runs a farewell to the server in a task that outlives the caller; `Channel::drained` waits for it.
    fn in_background<F>(&self, farewell: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let tasks = self.session.channel().background();
        // Without a runtime nothing can be sent; the server's own timeout is the backstop.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            tasks.spawn_on(
                async move {
                    if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
                        tracing::debug!("the server did not answer a release in time");
                    }
                },
                &runtime,
            );
        }
    }
}

impl OperationRpc for SessionRpc {
    type Responses = Responses;

    async fn execute(&self) -> Result<Responses, Failure> {
        let message = || {
            let header = self.session.header();
            proto::ExecutePlanRequest {
                session_id: header.session_id,
                client_observed_server_side_session_id: header.observed,
                user_context: header.user_context,
                client_type: header.client_type,
                operation_id: Some(self.operation.to_string()),
                plan: Some(self.plan.clone()),
                request_options: request_options(self.session.channel().remote().max_message_size()),
                ..Default::default()
            }
        };
        let rpc = |mut client: Client, request| async move { client.execute_plan(request).await };
        Ok(self.responses(self.session.channel().stream(self.session.id(), message, rpc).await?))
    }

    async fn reattach(&self, last: Option<String>) -> Result<Responses, Failure> {
        let message = || {
            let header = self.session.header();
            proto::ReattachExecuteRequest {
                session_id: header.session_id,
                client_observed_server_side_session_id: header.observed,
                user_context: header.user_context,
                client_type: header.client_type,
                operation_id: self.operation.to_string(),
                last_response_id: last.clone(),
            }
        };
        let rpc = |mut client: Client, request| async move { client.reattach_execute(request).await };
        Ok(self.responses(self.session.channel().stream(self.session.id(), message, rpc).await?))
    }

    fn drops_responses(&self) -> bool {
        // Sail, the one server known to do so, is told by the same mark as its catalog.
        self.session.has_own_catalog() == Some(true)
    }

    async fn explain(&self, error: Error) -> Error {
        self.session.explain(error).await
    }

    fn release(&self, until: Option<String>) {
        let (session, operation) = (self.session.unleased(), self.operation);
        self.in_background(async move { forget(&session, operation, until).await });
    }

    fn finish(&self, mut responses: Option<Responses>) {
        // The operation is over: who waits for a slot need not wait for what follows.
        let (session, operation) = (self.session.unleased(), self.operation);
        if let Some(responses) = &mut responses {
            responses.session = session.clone();
        }
        self.in_background(async move {
            forget(&session, operation, None).await;
            // A stream that is dropped with its end still on the way counts as reset, and HTTP/2 puts up with so many
            // of these on a connection and no more.
            if let Some(mut responses) = responses {
                while responses.next().await.is_some() {}
            }
        });
    }

    fn abandon(&self, planned: bool) {
        let rpc = self.clone();
        let abandoning = self.session.abandoning();
        self.in_background(async move {
            let _abandoning = abandoning;
            // Sail, which drops responses, loses no interrupt.
            if !planned && !rpc.drops_responses() {
                let _ = tokio::time::timeout(PLANNING, rpc.planned()).await;
            }
            let (session, operation) = (&rpc.session, rpc.operation);
            // A plan that is still on its way when the interrupt arrives would run all the same.
            for pause in ABANDON_PAUSES {
                match session.interrupt(operation).await {
                    Ok(false) => tokio::time::sleep(pause).await,
                    Ok(true) => break,
                    Err(error) => tracing::debug!(%operation, %error, "interrupt"),
                }
            }
            forget(session, operation, None).await;
        });
    }
}

/// A hint to the server, whose failure changes nothing.
async fn forget(session: &Session, operation: Uuid, until: Option<String>) {
    if let Err(failure) = session.release_execute(operation, until).await {
        tracing::debug!(%operation, error = %failure.error, "release");
    }
}

/// Reattaching is always asked for: without it a server sends no `result_complete`, and a short result looks
/// like a whole one. Chunks are asked for too, so that one row may be larger than one message: of nine tenths of what
/// `largest` allows, as a server has it that is not asked
/// (`spark.connect.session.resultChunking.maxChunkSize`); what is left is for the rest of the message.
fn request_options(largest: usize) -> Vec<RequestOption> {
    let reattach = proto::ReattachOptions { reattachable: true };
    let chunking = proto::ResultChunkingOptions {
        allow_arrow_batch_chunking: true,
        preferred_arrow_chunk_size: i64::try_from(largest / 10 * 9).ok(),
    };
    [
        request_option::RequestOption::ReattachOptions(reattach),
        request_option::RequestOption::ResultChunkingOptions(chunking),
    ]
    .map(|option| RequestOption { request_option: Some(option) })
    .to_vec()
}

/// One stream of responses, each checked to be this session's.
pub(crate) struct Responses {
    session: Session,
    stream: Answers<ExecutePlanResponse>,
}

impl Stream for Responses {
    type Item = Result<ExecutePlanResponse, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.stream).poll_next(cx));
        Poll::Ready(item.map(|response| match response {
            Ok(response) => {
                let observed = self.session.observe(&response.session_id, &response.server_side_session_id);
                observed.map(|()| response).map_err(Failure::fatal)
            }
            Err(status) => Err(self.session.channel().failure(&status)),
        }))
    }
}
