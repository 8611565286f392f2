//! What a server is and can: the one place that asks which one it is.

use uuid::Uuid;

/// What is known of a server, as a session has found out.
///
/// Versions do not tell (Sail reports that of a `pyspark` package that lies beside it), so a server is known by what it
/// does. Before a session's first answer nothing is known, and nothing out of the ordinary is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerProfile {
    engine: Engine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Unknown,
    Spark,
    Sail,
}

impl ServerProfile {
    /// What the ids of a session tell: Sail gives the client's id back as its own, Spark makes one.
    pub(super) fn told_by(client_side: Uuid, server_side: Option<&str>) -> Self {
        let engine = match server_side {
            None => Engine::Unknown,
            Some(id) if id == client_side.to_string() => Engine::Sail,
            Some(_) => Engine::Spark,
        };
        Self { engine }
    }

    /// Whether a call has been answered, so that the rest is more than an assumption.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.engine != Engine::Unknown
    }

    /// Whether the server keeps tables and views inside the session, so that a table made in one session does not exist
    /// in another.
    #[must_use]
    pub fn keeps_catalog_in_session(self) -> bool {
        self.engine == Engine::Sail
    }

    /// Whether the server makes a session that it has lost anew, under the same id, empty and without a word.
    #[must_use]
    pub fn hides_lost_sessions(self) -> bool {
        self.engine == Engine::Sail
    }

    /// Whether a server that binds values does so wherever a statement has them. Sail refuses them on commands, keeps
    /// each marker apart from the others of the same value, and reads some places before it binds.
    #[must_use]
    pub fn binds_everywhere(self) -> bool {
        self.engine != Engine::Sail
    }

    /// Whether the server drops responses that nobody has taken, and resumes behind the gap as if there were none.
    pub(crate) fn drops_responses(self) -> bool {
        self.engine == Engine::Sail
    }

    /// Whether the server loses an interrupt that comes while it plans.
    pub(crate) fn loses_early_interrupts(self) -> bool {
        self.engine != Engine::Sail
    }
}
