//! Tags of operations.

use uuid::Uuid;

use super::Session;
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// The same session, whose operations from here on carry a tag, in addition to the tags that they carry already.
    /// The handle that this is called on stays without it, so tags tell apart the operations of one session, even where
    /// several callers share it.
    ///
    /// ```no_run
    /// # async fn run(session: spark_connect::Session) -> spark_connect::Result<()> {
    /// let nightly = session.with_tag("nightly")?;
    /// let report = nightly.sql("SELECT kind, count(*) FROM events GROUP BY kind");
    /// let stopped = session.interrupt_tag("nightly").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if the tag is empty or has a comma, which servers refuse.
    pub fn with_tag(&self, tag: impl Into<String>) -> Result<Self> {
        let tag = tag.into();
        if tag.is_empty() || tag.contains(',') {
            let message = "a tag of operations must not be empty and must not have a comma: choose another";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        Ok(Self { rpc: self.rpc.tagged(tag) })
    }

    /// The tags that the operations of this session carry.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        self.rpc.tags()
    }

    /// Stops every operation of the session that carries the tag, whoever started it; returns the ids of those that
    /// were stopped. Spark loses an interrupt that comes while it plans, so an operation that has only begun may run
    /// on.
    ///
    /// # Errors
    ///
    /// The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have stopped them.
    pub async fn interrupt_tag(&self, tag: &str) -> Result<Vec<Uuid>> {
        let stopped = self.rpc.retrying(|| self.rpc.interrupt_tag(tag)).await?;
        Ok(stopped.iter().filter_map(|id| id.parse().ok()).collect())
    }
}
