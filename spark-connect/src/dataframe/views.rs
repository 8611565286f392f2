//! Temporary views of a frame.

use super::DataFrame;
use crate::error::Result;
use crate::plan::Command;
use crate::session::Session;

/// Names by which SQL reads a frame.
impl DataFrame {
    /// Gives the frame a name in its session, by which SQL reads it. An existing view of that name is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a frame without a session; else as
    /// [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have made the view.
    #[doc(alias = "createTempView")]
    pub async fn create_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), false, false).await
    }

    /// Gives the frame a name in its session, replacing any view of that name.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    #[doc(alias = "createOrReplaceTempView")]
    pub async fn create_or_replace_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), false, true).await
    }

    /// Gives the frame a name in all sessions of the server, as `global_temp.name`.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    #[doc(alias = "createGlobalTempView")]
    pub async fn create_global_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), true, false).await
    }

    /// Gives the frame a name in all sessions of the server, replacing any view of that name.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    #[doc(alias = "createOrReplaceGlobalTempView")]
    pub async fn create_or_replace_global_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), true, true).await
    }

    async fn view(&self, name: String, is_global: bool, replace: bool) -> Result<()> {
        let command = Command::view(self.relation.clone(), name, is_global, replace);
        let make = |session: Session| {
            let command = command.clone();
            async move { session.run(&command).await.map(drop) }
        };
        self.run_in_session("a temporary view", make).await
    }
}
