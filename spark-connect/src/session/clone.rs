//! Copies of a session.

use uuid::Uuid;

use super::Session;
use crate::error::Result;

impl Session {
    /// A new session with what is set in this one so far: confs, temporary views, the current database. What is set in
    /// either of them later is not seen by the other.
    ///
    /// It belongs to no pool and counts towards none; it exists until it is [released](Self::release) or the server
    /// ends it.
    ///
    /// # Errors
    ///
    /// - [`Unsupported`](crate::ErrorKind::Unsupported) if the server cannot copy sessions, such as Spark before 4.1 and Sail.
    /// - [`SessionLost`](crate::ErrorKind::SessionLost) if this one is gone.
    /// - The [errors of every call](crate::ErrorKind#errors-of-every-call).
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
