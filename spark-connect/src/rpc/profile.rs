//! The nature and the abilities of a server: the one place that asks which one it is.

/// The server as far as a session knows it.
///
/// Versions do not tell (Sail reports that of a `pyspark` package that lies beside it), so a server is known by what it
/// does. Before a session's first answer nothing is known, and nothing out of the ordinary is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerProfile {
    naming: Naming,
    /// Whether it is known to keep its tables beside the sessions.
    shares_catalog: bool,
}

/// The id that a server gives a session beside the one that the client chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// No call was answered yet.
    Unknown,
    /// Nothing: Spark before 4.0, which keeps a hundred sessions and makes one that it has lost anew.
    Nameless,
    /// The client's id again: Sail, and others that take the protocol as far.
    Echoed,
    /// An id of its own, which changes when the session is lost: Spark.
    Own,
}

/// The longest statement, in bytes, of which a request has a copy for a server that most likely needs none.
const LONGEST_COPY: usize = 1024 * 1024;

impl ServerProfile {
    /// The profile that the ids of a session tell, once a call was `answered`, and whether its catalog is known to be
    /// shared by them.
    pub(crate) fn told_by(
        client_side: &str,
        answered: bool,
        server_side: Option<&str>,
        shares_catalog: bool,
    ) -> Self {
        let naming = match server_side {
            None if answered => Naming::Nameless,
            None => Naming::Unknown,
            Some(id) if id == client_side => Naming::Echoed,
            Some(_) => Naming::Own,
        };
        Self { naming, shares_catalog }
    }

    /// Whether a call has been answered, so that the rest is more than an assumption.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.naming != Naming::Unknown
    }

    /// Whether the server keeps tables and views inside the session, so that a table made in one session does not exist
    /// in another.
    #[must_use]
    pub fn keeps_catalog_in_session(self) -> bool {
        self.naming == Naming::Echoed && !self.shares_catalog
    }

    /// Whether the server silently makes a new, empty session under the same id where it has lost one. Sessions are looked
    /// at for that, but not before each call: a balancer in front of such servers must keep a connection with one of them.
    #[must_use]
    pub fn recreates_lost_sessions(self) -> bool {
        matches!(self.naming, Naming::Nameless | Naming::Echoed)
    }

    /// Whether the server evicts the least recently used session when others come, however young it is, and also while an
    /// operation of it runs, whose end it then never tells.
    #[doc(hidden)]
    #[must_use]
    pub fn evicts_sessions(self) -> bool {
        self.naming == Naming::Nameless
    }

    /// Whether a server that binds values does so wherever a statement has them. Sail refuses them on commands, keeps
    /// each marker apart from the others of the same value, and reads some places before it binds. Spark before 4.0 has
    /// other fields for them, in which a `NULL` inside of a list becomes 0.
    #[doc(hidden)]
    #[must_use]
    pub fn binds_everywhere(self) -> bool {
        matches!(self.naming, Naming::Unknown | Naming::Own)
    }

    /// Whether table formats read confs of their own from a session, as Delta does on Spark. Sail's read none.
    #[doc(hidden)]
    #[must_use]
    pub fn formats_read_confs(self) -> bool {
        matches!(self.naming, Naming::Nameless | Naming::Own)
    }

    /// Whether the server gives columns that an INSERT leaves out their default, or NULL. Sail wants a value for each.
    /// Spark does it before 4.1 in tables of some formats alone, and says so of the others.
    #[doc(hidden)]
    #[must_use]
    pub fn fills_columns(self) -> bool {
        matches!(self.naming, Naming::Nameless | Naming::Own)
    }

    /// Whether values that are taken from a table's statistics are exact. Sail reads a column of which a Delta file holds
    /// one value from the file's statistics, rounded to an `f64`.
    #[doc(hidden)]
    #[must_use]
    pub fn has_exact_statistics(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server adds columns to tables, and sets the order of their rows. Sail does neither.
    #[doc(hidden)]
    #[must_use]
    pub fn alters_tables(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether each of several first commits to a new table is kept, or fails. Sail keeps the last alone in an Iceberg
    /// table.
    #[doc(hidden)]
    #[must_use]
    pub fn keeps_first_commits(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server writes a fractional DECIMAL as the value of a partition. Sail writes the sign of a negative one
    /// twice into a Delta table, which nobody can read then.
    #[doc(hidden)]
    #[must_use]
    pub fn writes_decimal_partitions(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server merges into tables with fields inside of a STRUCT that are NOT NULL. Sail loses that on the way
    /// and then finds no cast.
    #[doc(hidden)]
    #[must_use]
    pub fn merges_nested_not_null(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server takes a file that it does not find for one without rows, also one that a plan names. Sail does.
    #[doc(hidden)]
    #[must_use]
    pub fn passes_over_missing_files(self) -> bool {
        self.naming == Naming::Echoed
    }

    /// Whether the server shows the instants of literals and of rows that it is sent in UTC, whatever the time zone of the
    /// session is, until they are cast to a TIMESTAMP. Sail does: to it, the zone is a part of the type.
    pub(crate) fn shows_sent_instants_in_utc(self) -> bool {
        self.naming == Naming::Echoed
    }

    /// Whether the server skips the fields that Spark 4.0 added to plans, and so takes a plan for another one. `None` where
    /// it has to be asked: the Databricks Runtimes on Spark 3.5 give sessions ids of their own too, and read some of them.
    pub(crate) fn skips_newer_fields(self) -> Option<bool> {
        match self.naming {
            Naming::Nameless => Some(true),
            Naming::Unknown | Naming::Echoed => Some(false),
            Naming::Own => None,
        }
    }

    /// The size up to which a statement is also sent where Spark before 4.0 looks for it, in bytes. Databricks 14.3 looks
    /// there too, though it gives sessions ids of its own; no other such server has a use for the copy, so a long one is
    /// not made.
    pub(crate) fn longest_bare_statement(self) -> usize {
        match self.naming {
            Naming::Unknown | Naming::Nameless => usize::MAX,
            Naming::Own => LONGEST_COPY,
            Naming::Echoed => 0,
        }
    }

    /// Whether the server drops responses that nobody has taken, and resumes after the gap as if there were none. Asking
    /// one that does not for the last response that came already does no harm.
    pub(crate) fn drops_responses(self) -> bool {
        self.naming == Naming::Echoed
    }

    /// Whether a plan may end on the server with the call that brought it, as long as the server has not begun to answer:
    /// Sail runs a statement to its end before it does.
    pub(crate) fn may_end_plans_with_calls(self) -> bool {
        matches!(self.naming, Naming::Unknown | Naming::Echoed)
    }

    /// Whether compute behind a router may answer, which comes and goes and turns plans away. That of Databricks does, and
    /// is not told from any Spark from 4.0 on, where no router fails and no plan is turned away.
    pub(crate) fn may_be_behind_a_router(self) -> bool {
        self.naming == Naming::Own
    }

    /// Whether the server has refusals without a class: Sail calls them internal.
    pub(crate) fn has_bare_refusals(self) -> bool {
        self.naming == Naming::Echoed
    }

    /// Whether the server may end the stream of an interrupted operation without an error or a completion, and keep no
    /// trace of it: Sail does.
    pub(crate) fn ends_interrupted_without_error(self) -> bool {
        matches!(self.naming, Naming::Unknown | Naming::Echoed)
    }

    /// Whether the end of a session stops what runs in it. Sail says that it has ended the session, and goes on.
    pub(crate) fn stops_operations_with_session(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server loses an interrupt that comes while it plans.
    pub(crate) fn loses_early_interrupts(self) -> bool {
        self.naming != Naming::Echoed
    }

    /// Whether the server takes the id of an operation again that it was told to forget.
    pub(crate) fn takes_operation_ids_again(self) -> bool {
        self.naming == Naming::Nameless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_what_it_calls_a_session() {
        let told = |answered, name: Option<&str>| ServerProfile::told_by("ours", answered, name, false);
        let nothing = told(false, None);
        assert!(!nothing.is_known() && nothing.binds_everywhere() && !nothing.recreates_lost_sessions());
        assert!(!nothing.formats_read_confs() && !nothing.fills_columns());
        assert!(nothing.ends_interrupted_without_error() && nothing.may_end_plans_with_calls());
        let own = told(true, Some("another"));
        assert!(own.binds_everywhere() && own.loses_early_interrupts());
        assert!(!own.recreates_lost_sessions() && own.formats_read_confs());
        assert!(own.fills_columns() && !own.has_bare_refusals());
        assert!(!own.ends_interrupted_without_error() && !own.may_end_plans_with_calls());
        let nameless = told(true, None);
        assert!(nameless.is_known() && nameless.recreates_lost_sessions() && nameless.evicts_sessions());
        assert!(!nameless.binds_everywhere() && !nameless.keeps_catalog_in_session());
        assert!(nameless.formats_read_confs() && nameless.fills_columns());
        assert!(!nameless.ends_interrupted_without_error() && !nameless.may_end_plans_with_calls());
        let echoed = told(true, Some("ours"));
        assert!(
            echoed.recreates_lost_sessions() && echoed.drops_responses() && echoed.keeps_catalog_in_session()
        );
        assert!(!echoed.formats_read_confs() && !echoed.fills_columns() && echoed.has_bare_refusals());
        assert!(echoed.ends_interrupted_without_error() && echoed.may_end_plans_with_calls());
        assert!(!echoed.alters_tables() && own.alters_tables() && nothing.alters_tables());
        assert!(!echoed.keeps_first_commits() && own.keeps_first_commits());
        assert!(!echoed.has_exact_statistics() && !echoed.stops_operations_with_session());
        assert!(own.stops_operations_with_session() && nameless.stops_operations_with_session());
        assert!(!echoed.writes_decimal_partitions() && own.writes_decimal_partitions());
        assert!(!echoed.merges_nested_not_null() && own.merges_nested_not_null());
        assert!(own.has_exact_statistics() && nothing.has_exact_statistics());
        assert!(echoed.passes_over_missing_files() && !own.passes_over_missing_files());
        assert!(!nothing.passes_over_missing_files() && !nameless.passes_over_missing_files());
        let in_utc = [nothing, nameless, own, echoed].map(ServerProfile::shows_sent_instants_in_utc);
        assert_eq!(in_utc, [false, false, false, true]);
        let routed = [nothing, nameless, own, echoed].map(ServerProfile::may_be_behind_a_router);
        assert_eq!(routed, [false, false, true, false]);
        let skipping = [nothing, nameless, own, echoed].map(ServerProfile::skips_newer_fields);
        assert_eq!(skipping, [Some(false), Some(true), None, Some(false)]);
        let copied = [nothing, nameless, own, echoed].map(ServerProfile::longest_bare_statement);
        assert_eq!(copied, [usize::MAX, usize::MAX, LONGEST_COPY, 0]);
    }

    #[test]
    fn a_server_that_echoes_and_has_a_catalog_of_its_own_is_not_taken_for_one_without() {
        let other = ServerProfile::told_by("ours", true, Some("ours"), true);
        assert!(!other.keeps_catalog_in_session());
        assert!(other.recreates_lost_sessions() && other.drops_responses() && !other.binds_everywhere());
    }
}
