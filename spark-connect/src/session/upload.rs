//! Rows that go ahead of the plan which names them.

use std::collections::BTreeSet;

use super::Session;
use crate::error::{Error, Result};
use crate::plan::{Artifact, Local, Relation, Upload};

/// From how many bytes on rows may go ahead of the plan: no server wants fewer, and none is asked.
const MIN_UPLOAD_BYTES: usize = 1024 * 1024;

/// Maximum bytes that are gathered in the session of a pool, which ends then.
pub(super) const MOST_BYTES: usize = 64 * 1024 * 1024;

/// From how many bytes on the server wants rows ahead of the plan.
const THRESHOLD: &str = "spark.sql.session.localRelationCacheThreshold";

/// Servers that have this conf take rows in pieces; others in one.
const PIECES: &str = "spark.sql.session.localRelationChunkSizeRows";

impl Session {
    /// Whether the relation has rows that some server wants ahead of it.
    pub(super) fn may_upload(relation: &Relation) -> bool {
        relation.locals().into_iter().any(|local| local.len() >= MIN_UPLOAD_BYTES)
    }

    /// How the rows in a plan reach the server, which has those that go ahead then.
    ///
    /// They live as long as the session, so another session is given them anew, and one that has them is not.
    pub(super) async fn uploaded(&self, relation: &Relation) -> Result<Upload> {
        if !Self::may_upload(relation) {
            return Ok(Upload::Inline);
        }
        let upload = self.wanted_upload().await?;
        let mut names = BTreeSet::new();
        for local in relation.locals() {
            let hashes = local.names(upload)?;
            names.extend(hashes.iter().map(|hash| name_of(hash)));
        }
        if names.is_empty() {
            return Ok(upload);
        }
        let asked: Vec<String> = names.iter().cloned().collect();
        for name in self.rpc.retrying(|| self.rpc.artifacts_there(&asked)).await? {
            names.remove(&name);
        }
        for local in relation.locals() {
            self.upload_missing(local, upload, &mut names).await?;
        }
        Ok(upload)
    }

    /// The wish of the server about rows in plans. One that keeps none ahead of a plan has no threshold, or one that no
    /// plan reaches.
    async fn wanted_upload(&self) -> Result<Upload> {
        let confs = self.confs([THRESHOLD, PIECES]).await?;
        let threshold =
            confs.get(THRESHOLD).and_then(|bytes| bytes.trim_end_matches(['b', 'B']).parse().ok());
        Ok(match threshold {
            None => Upload::Inline,
            Some(bytes) if confs.contains_key(PIECES) => Upload::Pieces(MIN_UPLOAD_BYTES.max(bytes)),
            Some(bytes) => Upload::Whole(MIN_UPLOAD_BYTES.max(bytes)),
        })
    }

    /// Gives the server those artifacts of the rows that it lacks. Most often it lacks none, and the rows are let be.
    async fn upload_missing(
        &self,
        local: &Local,
        upload: Upload,
        missing: &mut BTreeSet<String>,
    ) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        for artifact in local.artifacts(upload)? {
            let name = name_of(&artifact.hash);
            if missing.remove(&name) {
                self.upload(&name, &artifact).await?;
            }
        }
        Ok(())
    }

    /// Gives the server one artifact. One that arrived damaged is dropped by the server without an error, so it is given
    /// once more.
    async fn upload(&self, name: &str, artifact: &Artifact) -> Result<()> {
        for _ in 0..2 {
            if self.rpc.retrying(|| self.rpc.add_artifact(name, &artifact.data)).await? {
                self.rpc.note_uploaded(artifact.data.len());
                return Ok(());
            }
        }
        Err(Error::protocol("the rows of a frame arrived damaged at the server, twice"))
    }
}

/// The name of what has this hash.
fn name_of(hash: &str) -> String {
    format!("cache/{hash}")
}
