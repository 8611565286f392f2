//! An artifact that comes in chunks, put together as a server does.

use tonic::Status;

use super::proto::add_artifacts_request::{ArtifactChunk, Payload};
use super::proto::add_artifacts_response::ArtifactSummary;
use super::proto::{AddArtifactsRequest, AddArtifactsResponse};

/// A name and its bytes.
type Artifact = (String, Vec<u8>);

/// What has come of one.
#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) session_id: String,
    name: String,
    total: i64,
    chunks: i64,
    bytes: Vec<u8>,
    is_damaged: bool,
}

impl Upload {
    pub(super) fn take(&mut self, message: AddArtifactsRequest) -> Result<(), Status> {
        self.session_id = message.session_id;
        match message.payload {
            Some(Payload::BeginChunk(begin)) => {
                (self.name, self.total, self.chunks) = (begin.name, begin.total_bytes, begin.num_chunks);
                self.add(&begin.initial_chunk.unwrap_or_default());
                Ok(())
            }
            Some(Payload::Chunk(chunk)) if !self.name.is_empty() => {
                self.add(&chunk);
                Ok(())
            }
            other => Err(Status::unknown(format!("an upload that begins with {other:?}"))),
        }
    }

    fn add(&mut self, chunk: &ArtifactChunk) {
        self.chunks -= 1;
        self.is_damaged |= i64::from(crc32fast::hash(&chunk.data)) != chunk.crc;
        self.bytes.extend_from_slice(&chunk.data);
    }

    /// The session, the artifact unless it is damaged, and the answer.
    pub(super) fn end(self) -> Result<(String, Option<Artifact>, AddArtifactsResponse), Status> {
        if self.chunks != 0 || i64::try_from(self.bytes.len()) != Ok(self.total) {
            return Err(Status::unknown("an upload whose chunks are not those that it said"));
        }
        let is_crc_successful = !self.is_damaged;
        let summary = ArtifactSummary { name: self.name.clone(), is_crc_successful };
        let answer = AddArtifactsResponse { artifacts: vec![summary], ..Default::default() };
        Ok((self.session_id, is_crc_successful.then_some((self.name, self.bytes)), answer))
    }
}
