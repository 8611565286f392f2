//! A failure of another engine, as its driver tells it.

use super::ServerError;
use super::bounded::{NAME, text};

/// What a driver says that a failure of its engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What its condition and SQLSTATE say, if it has them.
    ByCodes,
    ColumnNotFound,
    TableNotFound,
    SyntaxError,
    PermissionDenied,
    CommitConflict,
}

/// For drivers of other engines, which make such a failure and say what it is. Its condition is read as one of Spark's.
/// Of SQLSTATEs, `42P01` is a table that is not found and `42501` a permission that is denied; without a condition,
/// `42703` is a column that is not found and `42601` a syntax error. Otherwise, also for `40001`, say by a method what
/// the failure is. The message is for people, and is not searched for words.
///
/// ```
/// use spark_connect::ServerError;
///
/// let missing = ServerError::new("there is no relation \"orders\"").with_sql_state("42P01");
/// assert!(missing.is_table_not_found() && !missing.is_commit_conflict());
/// assert!(ServerError::new("another transaction was first").commit_conflict().is_commit_conflict());
/// ```
impl ServerError {
    /// A failure in the engine's words, which must hold neither a token nor a bound value.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let meaning = Some(Meaning::ByCodes);
        Self { message: message.into(), meaning, ..Self::default() }.bounded()
    }

    /// The same failure with this condition, such as `TABLE_OR_VIEW_NOT_FOUND`.
    #[must_use]
    pub fn with_error_class(self, class: impl Into<String>) -> Self {
        Self { error_class: Some(text(class.into(), NAME)), ..self }
    }

    /// The same failure with this SQLSTATE of five characters.
    #[must_use]
    pub fn with_sql_state(self, state: impl Into<String>) -> Self {
        Self { sql_state: Some(text(state.into(), NAME)), ..self }
    }

    /// The same failure with these values of its message, by name: names of tables and columns, and no bound value.
    #[must_use]
    pub fn with_message_parameters<N: Into<String>, V: Into<String>>(
        self,
        parameters: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let named = parameters.into_iter().map(|(name, value)| (name.into(), value.into()));
        let Self { message_parameters, .. } =
            Self { message_parameters: named.collect(), ..Self::default() }.bounded();
        Self { message_parameters, ..self }
    }

    /// The same failure: a column of the statement does not exist.
    #[must_use]
    pub fn column_not_found(self) -> Self {
        self.meaning(Meaning::ColumnNotFound)
    }

    /// The same failure: a table or view of the statement, or the path that it reads, does not exist.
    #[must_use]
    pub fn table_not_found(self) -> Self {
        self.meaning(Meaning::TableNotFound)
    }

    /// The same failure: the engine could not parse the statement.
    #[must_use]
    pub fn syntax_error(self) -> Self {
        self.meaning(Meaning::SyntaxError)
    }

    /// The same failure: the user may not do what the statement does.
    #[must_use]
    pub fn permission_denied(self) -> Self {
        self.meaning(Meaning::PermissionDenied)
    }

    /// The same failure: others committed to the table first, and the statement wrote nothing. It may be sent again.
    #[must_use]
    pub fn commit_conflict(self) -> Self {
        self.meaning(Meaning::CommitConflict)
    }

    fn meaning(self, meaning: Meaning) -> Self {
        Self { meaning: Some(meaning), ..self }
    }

    pub(super) fn means(&self, meaning: Meaning) -> bool {
        self.meaning == Some(meaning)
    }

    /// Whether a driver gives this SQLSTATE and no condition. Spark has conditions of other meanings under it.
    pub(super) fn has_only_state(&self, state: &str) -> bool {
        self.means(Meaning::ByCodes) && self.error_class.is_none() && self.sql_state.as_deref() == Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a failure is, of what a program asks.
    fn meanings(server: &ServerError) -> [bool; 5] {
        [
            server.is_column_not_found(),
            server.is_table_not_found(),
            server.is_syntax_error(),
            server.is_permission_denied(),
            server.is_commit_conflict(),
        ]
    }

    #[test]
    fn a_driver_says_what_a_failure_of_its_engine_is() {
        let words = || ServerError::new("the engine's words");
        for (place, told) in [
            words().column_not_found(),
            words().table_not_found(),
            words().syntax_error(),
            words().permission_denied(),
            words().commit_conflict(),
        ]
        .iter()
        .enumerate()
        {
            let mut only = [false; 5];
            only[place] = true;
            assert_eq!((meanings(told), told.has_condition_of_a_statement()), (only, true), "{told:?}");
        }
        assert_eq!(meanings(&words().with_sql_state("42P01")), [false, true, false, false, false]);
        assert_eq!(meanings(&words().with_sql_state("42703")), [true, false, false, false, false]);
        assert_eq!(meanings(&words().with_sql_state("42601")), [false, false, true, false, false]);
        assert_eq!(meanings(&words().with_sql_state("42501")), [false, false, false, true, false]);
        assert_eq!(meanings(&words().with_sql_state("40001")), [false; 5]);
        let coded = words().with_error_class("DELTA_CONCURRENT_WRITE").with_message_parameters([("t", "x")]);
        assert_eq!(meanings(&coded), [false, false, false, false, true]);
        assert_eq!(coded.message_parameters()["t"], "x");
        assert_eq!(coded.to_string(), "[DELTA_CONCURRENT_WRITE] the engine's words");
    }

    #[test]
    fn the_words_of_a_driver_are_not_searched() {
        for words in [
            "conflict: two rules of the firewall",
            "Table not found: it burnt",
            "[TABLE_OR_VIEW_NOT_FOUND] says a user",
            "attribute x is missing from the schema: cannot resolve attribute",
            "invalid argument: found x expected y",
            "Permission denied",
            "commit state unknown: it is",
        ] {
            let server = ServerError::new(words);
            assert_eq!((meanings(&server), server.leaves_commit_open()), ([false; 5], false), "{words}");
            assert!(!server.has_condition_of_a_statement());
        }
    }

    #[test]
    fn a_state_that_spark_shares_among_conditions_is_read_alone() {
        for (class, state) in [("UNRESOLVED_MAP_KEY", "42703"), ("MERGE_WITHOUT_WHEN", "42601")] {
            let of_driver = ServerError::new("refused").with_error_class(class).with_sql_state(state);
            let of_spark = ServerError { meaning: None, ..of_driver.clone() };
            let bare = ServerError { error_class: None, ..of_spark.clone() };
            for server in [of_driver, of_spark, bare] {
                assert_eq!(meanings(&server), [false; 5], "{server:?}");
            }
        }
    }

    #[test]
    fn what_a_driver_tells_is_kept_within_bounds() {
        let long = || "x".repeat(1 << 20);
        let told = ServerError::new(long()).with_error_class(long()).with_sql_state(long());
        let told = told.with_message_parameters([(long(), long())]);
        assert!(told.to_string().len() < 20 * 1024);
        let bound = NAME + 64;
        assert!(told.error_class().unwrap().len() < bound && told.sql_state().unwrap().len() < bound);
        assert!(told.message_parameters().iter().all(|(name, value)| name.len() + value.len() < 8 * 1024));
    }
}
