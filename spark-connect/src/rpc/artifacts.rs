//! Artifacts: the rows that a session keeps on the server under names.

use std::collections::HashSet;
use std::iter;

use bytes::Bytes;
use futures_util::stream;
use tonic::Request;

use super::call::GrpcClient;
use super::header::WithHeader;
use super::{MAX_ANSWER, Rpc};
use crate::channel::Transport;
use crate::error::status::Failure;
use crate::proto;
use crate::proto::add_artifacts_request::{ArtifactChunk, BeginChunkedArtifact, Payload};

/// How many bytes travel in one message.
const CHUNK: usize = 32 * 1024;

impl Rpc {
    /// Which of the artifacts the session has.
    pub(crate) async fn artifacts_there(&self, names: &[String]) -> Result<HashSet<String>, Failure> {
        let message = || proto::ArtifactStatusesRequest { names: names.to_vec(), ..Default::default() };
        let rpc = |mut client: GrpcClient, request| async move { client.artifact_status(request).await };
        let answer = self.explained(self.unary(message, rpc).await).await?;
        let statuses = self.checked(answer)?.statuses.into_iter();
        Ok(statuses.filter(|(_, status)| status.exists).map(|(name, _)| name).collect())
    }

    /// Gives the session an artifact of these bytes; whether it arrived as it was sent.
    pub(crate) async fn add_artifact(&self, name: &str, data: &Bytes) -> Result<bool, Failure> {
        let message = || {
            let payloads = payloads(name, data).into_iter();
            let messages: Vec<_> = payloads.map(|payload| self.carrying(payload)).collect();
            // Each is small, whatever the artifact is.
            Ok(stream::iter(messages))
        };
        let rpc = |transport: Transport, request: Request<_>| {
            let mut client = self.client(transport, MAX_ANSWER);
            async move { client.add_artifacts(request).await }
        };
        let answer = self.inner.channel.unary(self.inner.id, message, rpc).await;
        let summaries = self.explained(answer).await?.artifacts;
        Ok(summaries.iter().any(|summary| summary.name == name && summary.is_crc_successful))
    }

    fn carrying(&self, payload: Payload) -> proto::AddArtifactsRequest {
        let message = proto::AddArtifactsRequest { payload: Some(payload), ..Default::default() };
        message.with_header(self.header())
    }
}

/// The messages of one artifact. Its first says how many chunks there are.
fn payloads(name: &str, data: &Bytes) -> Vec<Payload> {
    let mut chunks = chunks(data);
    let (count, total) = (data.len().div_ceil(CHUNK), data.len());
    let begin = BeginChunkedArtifact {
        name: name.to_owned(),
        total_bytes: i64::try_from(total).unwrap_or(i64::MAX),
        num_chunks: i64::try_from(count).unwrap_or(i64::MAX),
        initial_chunk: chunks.next(),
    };
    iter::once(Payload::BeginChunk(begin)).chain(chunks.map(Payload::Chunk)).collect()
}

fn chunks(whole: &Bytes) -> impl Iterator<Item = ArtifactChunk> {
    (0..whole.len()).step_by(CHUNK).map(|start| {
        let data = whole.slice(start..whole.len().min(start + CHUNK));
        ArtifactChunk { crc: crc32fast::hash(&data).into(), data }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_is_cut_into_chunks_that_its_first_message_counts() {
        let data = Bytes::from([vec![1; CHUNK], vec![2; 3]].concat());
        let sent = payloads("cache/x", &data);
        let Some((Payload::BeginChunk(begin), rest)) = sent.split_first() else { panic!("{sent:?}") };
        assert_eq!((begin.name.as_str(), begin.total_bytes, begin.num_chunks), ("cache/x", 32_771, 2));
        assert_eq!(begin.initial_chunk.as_ref().unwrap().data.len(), CHUNK);
        let later: Vec<_> = rest
            .iter()
            .map(|payload| match payload {
                Payload::Chunk(chunk) => (chunk.data.to_vec(), chunk.crc),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(later, [(vec![2; 3], 0x20FD_0ED2)]);
    }
}
