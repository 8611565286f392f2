//! Tags of operations, and copies of a session.

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

    /// A new session with what is set in this one so far: confs, temporary views, the current database. What is set in
    /// either of them later is not seen by the other.
    ///
    /// It belongs to no pool and counts towards none; it exists until it is [released](Self::release) or the server
    /// ends it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`] if the server cannot copy sessions, such as Spark before 4.1 and Sail.
    /// - [`ErrorKind::SessionLost`] if this one is gone.
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have made a copy, which the server ends like any session that nobody uses.
    pub async fn clone_session(&self) -> Result<Self> {
        // A new id for each attempt, as an earlier one may have made its copy: nobody uses that, so the server ends it.
        let rpc = self.rpc.retrying(|| self.rpc.clone_session(Uuid::new_v4())).await?;
        rpc.note_literals_only(self.rpc.literals_only());
        Ok(Self { rpc })
    }
}
