//! Whether a session is still the one that was opened.

use std::time::Duration;

use tokio::time::Instant;

use super::Session;
use crate::clock;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// The key of the conf that a session made anew does not have, once it was set.
    pub(crate) fn sentinel(&self) -> Option<&str> {
        self.rpc.sentinel()
    }

    /// Whether the session was found to be the one that was opened a moment ago, on the connection that it has now.
    pub(crate) fn was_there_lately(&self) -> bool {
        self.channel().is_connected() && self.rpc.saw_sentinel_lately()
    }

    /// Whether the session is still the one that was opened, as far as its sentinel tells, for a caller whose time ends at
    /// `end`. `failed` is told of each attempt that fails. An attempt takes as long as one to open a session: a look that is
    /// given up on a dead connection has the next one made on another.
    pub(crate) async fn is_there(
        &self,
        end: Option<Instant>,
        each: Duration,
        failed: impl FnMut(&Error),
    ) -> Result<bool> {
        let look = || async {
            let looked = clock::timeout(each, self.rpc.has_sentinel()).await;
            looked.unwrap_or_else(|| Err(Failure::transient(self.no_answer(each))))
        };
        match self.channel().retrying().run_telling(end, failed, look).await {
            Err(error) if error.kind() == ErrorKind::SessionLost => Ok(false),
            there => there,
        }
    }
}
