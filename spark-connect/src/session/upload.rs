//! Rows that go ahead of the plan which names them.

use std::collections::BTreeMap;

use super::Session;
use super::binding::refused;
use crate::error::{Error, Result};
use crate::plan::{Artifact, Carriage, Relation};

/// Below this no server wants rows ahead of the plan, and none is asked.
const LEAST: usize = 1024 * 1024;

/// From how many bytes on.
const THRESHOLD: &str = "spark.sql.session.localRelationCacheThreshold";

/// Servers that have this conf take rows in pieces; others in one.
const PIECES: &str = "spark.sql.session.localRelationChunkSizeRows";

impl Session {
    /// Whether the relation has rows that some server wants ahead of it.
    pub(super) fn may_upload(relation: &Relation) -> bool {
        relation.locals().into_iter().any(|local| local.len() >= LEAST)
    }

    /// How the rows in a plan reach the server, which has those that go ahead then.
    ///
    /// They live as long as the session, so another session is given them anew, and one that has them is not.
    pub(super) async fn uploaded(&self, relation: &Relation) -> Result<Carriage> {
        if !Self::may_upload(relation) {
            return Ok(Carriage::Inline);
        }
        let carriage = self.carriage().await?;
        let mut named = BTreeMap::<String, Artifact>::new();
        for local in relation.locals() {
            let artifacts = local.artifacts(carriage).map_err(|mistake| refused(&mistake))?;
            named
                .extend(artifacts.into_iter().map(|artifact| (format!("cache/{}", artifact.hash), artifact)));
        }
        if named.is_empty() {
            return Ok(carriage);
        }
        let names: Vec<String> = named.keys().cloned().collect();
        let there = self.rpc.retrying(|| self.rpc.artifacts_there(&names)).await?;
        for (name, artifact) in named.iter().filter(|(name, _)| !there.contains(*name)) {
            self.upload(name, artifact).await?;
        }
        Ok(carriage)
    }

    /// What the server says of rows in plans. One that keeps none ahead of a plan has no threshold, or one that no plan
    /// reaches.
    async fn carriage(&self) -> Result<Carriage> {
        let confs = self.confs([THRESHOLD, PIECES]).await?;
        let threshold =
            confs.get(THRESHOLD).and_then(|bytes| bytes.trim_end_matches(['b', 'B']).parse().ok());
        Ok(match threshold {
            None => Carriage::Inline,
            Some(bytes) if confs.contains_key(PIECES) => Carriage::Pieces(LEAST.max(bytes)),
            Some(bytes) => Carriage::Whole(LEAST.max(bytes)),
        })
    }

    /// Gives the server one artifact. One that arrived damaged is dropped by the server without an error, so it is given
    /// once more.
    async fn upload(&self, name: &str, artifact: &Artifact) -> Result<()> {
        for _ in 0..2 {
            if self.rpc.retrying(|| self.rpc.add_artifact(name, &artifact.data)).await? {
                return Ok(());
            }
        }
        Err(Error::protocol("the rows of a frame arrived damaged at the server, twice"))
    }
}
