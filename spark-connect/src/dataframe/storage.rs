//! Rows that a server caches.

use std::mem;
use std::sync::Arc;

use super::DataFrame;
use super::analysis::{root, unexpected};
use crate::clock;
use crate::error::Result;
use crate::plan::{Command, KeptRows, Relation};
use crate::proto::analyze_plan_request as ask;
use crate::proto::{self, analyze_plan_response as answer};
use crate::rpc::RELEASE_TIMEOUT;
use crate::session::Session;

/// The storage in which a server caches the rows of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageLevel {
    /// In memory, as objects.
    MemoryOnly,
    /// In memory, as objects, and on disk what does not fit.
    MemoryAndDisk,
    /// On disk.
    DiskOnly,
    /// As [`MemoryOnly`](Self::MemoryOnly), on two nodes of the cluster.
    MemoryOnly2,
    /// As [`MemoryAndDisk`](Self::MemoryAndDisk), on two nodes of the cluster.
    MemoryAndDisk2,
    /// On the disks of two nodes of the cluster.
    DiskOnly2,
    /// On the disks of three nodes of the cluster.
    DiskOnly3,
    /// In memory outside of Java's heap, which `spark.memory.offHeap.enabled` has to allow, and on disk what does not fit.
    OffHeap,
}

/// Caching.
impl DataFrame {
    /// Caches the rows in memory and on disk when they are first computed.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). A no-op on Sail.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn cache(&self) -> Result<()> {
        self.persist(StorageLevel::MemoryAndDisk).await
    }

    /// Caches the rows at this level when they are first computed.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache).
    ///
    /// # Cancel safety
    ///
    /// As [`cache`](Self::cache).
    pub async fn persist(&self, level: StorageLevel) -> Result<()> {
        self.relation.note_persisted();
        let question = |plan| {
            let storage_level = Some(level.to_proto());
            ask::Analyze::Persist(ask::Persist { relation: root(plan), storage_level })
        };
        self.ask(question).await.map(drop)
    }

    /// Removes the rows from the cache.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache).
    ///
    /// # Cancel safety
    ///
    /// As [`cache`](Self::cache).
    pub async fn unpersist(&self) -> Result<()> {
        let question =
            |plan| ask::Analyze::Unpersist(ask::Unpersist { relation: root(plan), blocking: Some(false) });
        self.ask(question).await.map(drop)
    }

    /// Whether the rows are cached, or will be when they are first computed.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache). Sail says so of every frame.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn is_cached(&self) -> Result<bool> {
        Ok(self.storage_level().await?.is_some())
    }

    /// The level at which the rows are cached, or will be; `None` if they are not to be.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache). Sail says [`MemoryOnly`](StorageLevel::MemoryOnly) of every frame.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    #[doc(alias = "storageLevel")]
    pub async fn storage_level(&self) -> Result<Option<StorageLevel>> {
        let question = |plan| ask::Analyze::GetStorageLevel(ask::GetStorageLevel { relation: root(plan) });
        match self.ask(question).await? {
            answer::Result::GetStorageLevel(kept) => {
                Ok(kept.storage_level.and_then(|level| StorageLevel::from_proto(&level)))
            }
            _ => Err(unexpected()),
        }
    }

    /// Computes the rows now and returns a frame of the stored rows, whose plan begins there. The server keeps them
    /// until that frame, its clones and all frames made of them are dropped, or the session ends; it is told from a
    /// task that outlives the drop. A stream of [`Session::query`](crate::Session::query) over the plan is no such
    /// frame: keep one until its first batch has come.
    ///
    /// Spark from 4.0 on; not on Sail.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a frame without a session; else as
    /// [`collect`](Self::collect), as where the server has no directory for checkpoints.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect; rows that it stored stay until the session ends.
    pub async fn checkpoint(&self) -> Result<Self> {
        self.kept(false).await
    }

    /// As [`checkpoint`](Self::checkpoint), with the rows stored on the executors that computed them: no checkpoint
    /// directory is needed, and the rows are lost with their executor.
    ///
    /// Spark from 4.0 on; not on Sail.
    ///
    /// # Errors
    ///
    /// As [`checkpoint`](Self::checkpoint).
    ///
    /// # Cancel safety
    ///
    /// As [`checkpoint`](Self::checkpoint).
    #[doc(alias = "localCheckpoint")]
    pub async fn local_checkpoint(&self) -> Result<Self> {
        self.kept(true).await
    }

    async fn kept(&self, local: bool) -> Result<Self> {
        let command = Command::checkpoint(self.relation.clone(), true, local);
        let keep = |session: Session| {
            let command = command.clone();
            async move {
                let outcome = session.run(&command).await?;
                let id = outcome.checkpoint.ok_or_else(unexpected)?;
                Ok(Checkpoint { session: session.unleased(), id })
            }
        };
        let kept = self.run_in_session("a checkpoint", keep).await?;
        let relation = Relation::checkpoint(Arc::new(kept)).belonging_as(&self.relation);
        Ok(Self::of(relation))
    }
}

/// Rows that the server keeps until the last frame of them is dropped.
#[derive(Debug)]
struct Checkpoint {
    /// Without its slot: the end of the session forgets the rows too, and need not wait for this.
    session: Session,
    id: String,
}

impl KeptRows for Checkpoint {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        let (session, forget) = (self.session.clone(), Command::forget(mem::take(&mut self.id)));
        self.session.channel().background().spawn(async move {
            match clock::timeout(RELEASE_TIMEOUT, session.run(&forget)).await {
                Some(Ok(_)) => {}
                Some(Err(error)) => tracing::debug!(kind = ?error.kind(), "release of a checkpoint"),
                None => tracing::debug!("the server did not answer the release of a checkpoint in time"),
            }
        });
    }
}

impl StorageLevel {
    fn from_proto(level: &proto::StorageLevel) -> Option<Self> {
        match (level.use_memory, level.use_disk, level.replication) {
            (true, true, _) if level.use_off_heap => Some(Self::OffHeap),
            (true, false, ..2) => Some(Self::MemoryOnly),
            (true, false, _) => Some(Self::MemoryOnly2),
            (true, true, ..2) => Some(Self::MemoryAndDisk),
            (true, true, _) => Some(Self::MemoryAndDisk2),
            (false, true, ..2) => Some(Self::DiskOnly),
            (false, true, 2) => Some(Self::DiskOnly2),
            (false, true, _) => Some(Self::DiskOnly3),
            (false, false, _) => None,
        }
    }

    pub(crate) fn to_proto(self) -> proto::StorageLevel {
        let (use_memory, use_disk, replication) = match self {
            Self::MemoryOnly => (true, false, 1),
            Self::MemoryOnly2 => (true, false, 2),
            Self::MemoryAndDisk | Self::OffHeap => (true, true, 1),
            Self::MemoryAndDisk2 => (true, true, 2),
            Self::DiskOnly => (false, true, 1),
            Self::DiskOnly2 => (false, true, 2),
            Self::DiskOnly3 => (false, true, 3),
        };
        let use_off_heap = self == Self::OffHeap;
        let deserialized = use_memory && !use_off_heap;
        proto::StorageLevel { use_disk, use_memory, use_off_heap, deserialized, replication }
    }
}

#[cfg(test)]
mod tests {
    use super::StorageLevel as Level;

    #[test]
    fn a_level_is_the_same_when_the_server_tells_it() {
        let levels = [
            (Level::MemoryOnly, 1),
            (Level::MemoryAndDisk, 1),
            (Level::DiskOnly, 1),
            (Level::MemoryOnly2, 2),
            (Level::MemoryAndDisk2, 2),
            (Level::DiskOnly2, 2),
            (Level::DiskOnly3, 3),
            (Level::OffHeap, 1),
        ];
        for (level, copies) in levels {
            let sent = level.to_proto();
            assert_eq!((Level::from_proto(&sent), sent.replication), (Some(level), copies));
            assert_eq!(sent.use_off_heap, level == Level::OffHeap, "{level:?}");
            assert_eq!(sent.deserialized, sent.use_memory && level != Level::OffHeap, "{level:?}");
        }
    }
}
