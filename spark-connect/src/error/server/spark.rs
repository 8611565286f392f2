//! How Spark says what went wrong: by error conditions, and by a few words where it has none.

use super::ServerError;

/// Whether the condition is `class` or one of its sub-conditions (`INVALID_HANDLE` covers
/// `INVALID_HANDLE.SESSION_CLOSED`).
fn is_class(server: &ServerError, class: &str) -> bool {
    let Some(own) = condition(server) else { return false };
    own.strip_prefix(class).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The condition that the server gave; where it gave no class of Java either, the one that its message begins with.
/// Under a class the message may be a user's, as that of `raise_error` is.
pub(super) fn condition(server: &ServerError) -> Option<&str> {
    let in_front = || class_in_front(server.words()?).filter(|_| server.exception_classes.is_empty());
    server.error_class.as_deref().or_else(in_front)
}

/// The condition that a text begins with, in brackets.
fn class_in_front(text: &str) -> Option<&str> {
    let (class, _) = text.trim_start().strip_prefix('[')?.split_once(']')?;
    let is_of_one =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || "_.".contains(letter);
    (class.starts_with(|letter: char| letter.is_ascii_uppercase()) && class.chars().all(is_of_one))
        .then_some(class)
}

/// The exception that Spark before 4.0 throws around the failure of looking for a session.
const WRAPPING: &str = "java.util.concurrent.ExecutionException";

/// The condition of a failure that Spark before 4.0 tells, which has it in the message alone: in front, or in front of
/// the failure of a task. The text of another exception may be a user's. Spark tells each class that the exception
/// belongs to; a server that tells one imitates Spark (Sail), and its message may be a user's too.
pub(super) fn class_in_message(server: &ServerError) -> Option<&str> {
    let is_of_spark =
        |class: &str| ["org.apache.spark.", "io.delta."].iter().any(|package| class.starts_with(package));
    let [thrown, _, ..] = server.exception_classes.as_slice() else { return None };
    if thrown == WRAPPING {
        let (exception, said) = server.message.split_once(": ")?;
        let is_handle = |class: &str| class.starts_with("INVALID_HANDLE.") && is_of_spark(exception);
        return class_in_front(said).filter(|class| is_handle(class));
    }
    if !is_of_spark(thrown) {
        return None;
    }
    class_in_front(&server.message).or_else(|| {
        let (_, task) =
            server.message.strip_prefix("Job aborted due to stage failure: ")?.split_once("(TID ")?;
        let (_, failure) = task.split_once("): ")?;
        let (exception, said) = failure.split_once(": ")?;
        class_in_front(said).filter(|_| is_of_spark(exception))
    })
}

fn is_any(server: &ServerError, classes: &[&str]) -> bool {
    classes.iter().any(|class| is_class(server, class))
}

pub(super) fn is_session_lost(server: &ServerError) -> bool {
    const LOST: [&str; 3] = [
        "INVALID_HANDLE.SESSION_NOT_FOUND",
        "INVALID_HANDLE.SESSION_CLOSED",
        "INVALID_HANDLE.SESSION_CHANGED",
    ];
    is_any(server, &LOST)
}

/// Spark remembers the ids of the sessions that were released or have expired.
pub(super) fn is_session_ended(server: &ServerError) -> bool {
    is_class(server, "INVALID_HANDLE.SESSION_CLOSED")
}

pub(super) fn is_operation_unknown(server: &ServerError) -> bool {
    is_any(server, &["INVALID_HANDLE.OPERATION_NOT_FOUND", "INVALID_HANDLE.SESSION_NOT_FOUND"])
}

/// Whether the failure is about the session, the operation or its stream of responses, and not about the statement.
pub(super) fn is_of_the_protocol(server: &ServerError) -> bool {
    is_any(server, &["INVALID_HANDLE", "INVALID_CURSOR", "OPERATION_CANCELED"])
}

/// Whether another stream took the operation over.
pub(super) fn is_disconnected(server: &ServerError) -> bool {
    is_class(server, "INVALID_CURSOR.DISCONNECTED")
}

pub(super) fn is_cancelled(server: &ServerError) -> bool {
    is_class(server, "OPERATION_CANCELED")
}

/// A server on its way out, by SIGTERM or out of memory, still answers for a moment.
pub(super) fn is_stopping(server: &ServerError) -> bool {
    // Spark before 4.0 makes a session through a cache, which wraps what fails in it.
    let is_wrapped =
        server.exception_classes.first().is_some_and(|class| class.ends_with("ExecutionException"));
    let said = match server.message.strip_prefix("java.lang.IllegalStateException: ") {
        Some(said) if is_wrapped => said,
        _ => &server.message,
    };
    server.error_class.is_none() && said.starts_with("Cannot call methods on a stopped SparkContext")
}

/// Whether the server has no such part of a plan: what it does not know of a message is not there for it.
fn is_part_unknown(server: &ServerError) -> bool {
    const WORDS: [&str; 2] =
        ["Expected Relation to be set, but is empty.", "Expression with ID: 0 is not supported"];
    let message = server.message.trim();
    // What the value of an enumeration is called that the server has no name for.
    let is_value = message.starts_with("Unknown ") && message.ends_with(" UNRECOGNIZED");
    server.error_class.is_none() && (is_value || WORDS.contains(&message))
}

/// The SQLSTATE decides, whose class `0A` is "feature not supported"; some failures have none, and Spark before 4.0
/// tells none, so there its conditions of that class are known by name. A function that it lacks is of another class,
/// which no other kind of failure has.
pub(super) fn is_unsupported(server: &ServerError) -> bool {
    const CLASSES: [&str; 6] = [
        "UNSUPPORTED_FEATURE",
        "UNSUPPORTED_DATATYPE",
        "UNSUPPORTED_ARROWTYPE",
        "UNSUPPORTED_TYPED_LITERAL",
        "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY",
        "NOT_SUPPORTED_COMMAND_FOR_V2_TABLE",
    ];
    has_state(server, "0A")
        || server.sql_state.is_none() && is_any(server, &CLASSES)
        || is_part_unknown(server)
        || is_class(server, "UNRESOLVED_ROUTINE")
        || server.exception_classes.iter().any(|class| class == "java.lang.UnsupportedOperationException")
}

/// Whether the SQLSTATE is `state`, or belongs to the class `state`.
fn has_state(server: &ServerError, state: &str) -> bool {
    server.sql_state.as_deref().is_some_and(|own| own.starts_with(state))
}

pub(super) fn is_table_not_found(server: &ServerError) -> bool {
    // The last is what Delta says of a path where nothing is.
    const CLASSES: [&str; 5] = [
        "TABLE_OR_VIEW_NOT_FOUND",
        "VIEW_NOT_FOUND",
        "DELTA_TABLE_NOT_FOUND",
        "DELTA_MISSING_DELTA_TABLE",
        "PATH_NOT_FOUND",
    ];
    has_state(server, "42P01") || is_any(server, &CLASSES)
}

pub(super) fn is_namespace_too_deep(server: &ServerError) -> bool {
    is_class(server, "REQUIRES_SINGLE_PART_NAMESPACE")
}

pub(super) fn is_syntax_error(server: &ServerError) -> bool {
    const PARSER: &str = "org.apache.spark.sql.catalyst.parser.ParseException";
    is_any(server, &["PARSE_SYNTAX_ERROR", "PARSE_EMPTY_STATEMENT"])
        || server.exception_classes.first().is_some_and(|class| class == PARSER)
}

pub(super) fn is_permission_denied(server: &ServerError) -> bool {
    has_state(server, "42501") || is_any(server, &["PERMISSION_DENIED", "INSUFFICIENT_PERMISSIONS"])
}

/// The condition of the footer has another one around it from 4.0 on.
pub(super) fn is_broken_file(server: &ServerError) -> bool {
    const CLASSES: [&str; 3] = [
        "CANNOT_READ_FILE_FOOTER",
        "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER",
        "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH",
    ];
    is_any(server, &CLASSES)
}

/// Delta has conditions of its own for a conflict, Iceberg exceptions.
pub(super) fn is_commit_conflict(server: &ServerError) -> bool {
    const CLASSES: [&str; 9] = [
        "DELTA_CONCURRENT_APPEND",
        "DELTA_CONCURRENT_DELETE_DELETE",
        "DELTA_CONCURRENT_DELETE_READ",
        "DELTA_CONCURRENT_TRANSACTION",
        "DELTA_CONCURRENT_WRITE",
        "DELTA_MAX_COMMIT_RETRIES_EXCEEDED",
        "DELTA_METADATA_CHANGED",
        "DELTA_PROTOCOL_CHANGED",
        // Said before the statement writes: the table is another than the one that it was planned for.
        "DELTA_SCHEMA_CHANGE_SINCE_ANALYSIS",
    ];
    const FAILED: &str = "org.apache.iceberg.exceptions.CommitFailedException";
    is_any(server, &CLASSES) || has_thrown(server, FAILED) || is_conflict_of_validation(server)
}

fn has_thrown(server: &ServerError, exception: &str) -> bool {
    server.exception_classes.iter().any(|class| class == exception)
}

/// Iceberg has one exception for whatever it finds wrong as it commits, and only its words tell what others did
/// meanwhile from a statement that is wrong. They count where the message begins: after them it quotes conditions, and
/// values in those.
fn is_conflict_of_validation(server: &ServerError) -> bool {
    const VALIDATION: &str = "org.apache.iceberg.exceptions.ValidationException";
    const RETRYABLE: &str = "org.apache.iceberg.RetryableValidationException";
    const WORDS: [&str; 12] = [
        "Cannot commit file that conflicts with existing partition",
        "Cannot commit, found new delete for replaced data file",
        "Cannot commit, found new position delete for replaced data file",
        "Cannot commit, missing data files",
        "Cannot determine history between starting snapshot",
        "Found concurrently added DV for",
        "Found conflicting deleted files that can apply to records matching",
        "Found conflicting deleted files that can contain records matching",
        "Found conflicting files that can contain records matching",
        "Found new conflicting delete files that can apply to records matching",
        "Missing required files to delete",
        "Snapshot ancestry validation failed",
    ];
    let said = server.message.trim_start();
    let said = said.strip_prefix(VALIDATION).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(said);
    has_thrown(server, RETRYABLE)
        || has_thrown(server, VALIDATION) && WORDS.iter().any(|words| said.starts_with(words))
        || is_history_replaced(server)
}

/// Iceberg says, as of a wrong argument, that the table was rolled back or replaced since the statement read it.
fn is_history_replaced(server: &ServerError) -> bool {
    const ARGUMENT: &str = "java.lang.IllegalArgumentException";
    let is_id = |text: &str| text.parse::<i64>().is_ok();
    let are_ids = |said: &str| {
        let ids = said.strip_prefix("Snapshot ").and_then(|said| said.split_once(" is not an ancestor of "));
        ids.is_some_and(|(started, current)| is_id(started) && is_id(current))
    };
    server.exception_classes.first().is_some_and(|class| class == ARGUMENT) && are_ids(server.message.trim())
}

/// Iceberg does not know whether its catalog took the commit, Delta found something wrong after one that stands, or a
/// file could not be written.
pub(super) fn leaves_commit_open(server: &ServerError) -> bool {
    const CLASSES: [&str; 2] = ["DELTA_POST_COMMIT_HOOK_FAILED", "DELTA_INVALID_COMMITTED_VERSION"];
    const UNKNOWN: &str = "org.apache.iceberg.exceptions.CommitStateUnknownException";
    // Of a catalog whose answer got lost. The exceptions of its refusals inherit from it, and are named in front of it.
    const LOST: [&str; 2] =
        ["org.apache.iceberg.exceptions.RESTException", "org.apache.iceberg.jdbc.UncheckedSQLException"];
    let own = server.exception_classes.first();
    is_any(server, &CLASSES)
        || server.exception_classes.iter().chain(&server.cause_classes).any(|class| class == UNKNOWN)
        || own.into_iter().chain(&server.cause_classes).any(|class| LOST.contains(&class.as_str()))
        || has_failed_io(server)
}

/// Whether a file or the network failed under Spark, which knows no condition for that: Delta's log may have been what
/// was written, and its store may have taken it. What was not found, or not allowed, was not written.
fn has_failed_io(server: &ServerError) -> bool {
    const REFUSED: [&str; 4] = [
        "java.io.FileNotFoundException",
        "java.nio.file.AccessDeniedException",
        "java.nio.file.NoSuchFileException",
        "org.apache.hadoop.security.AccessControlException",
    ];
    condition(server).is_none()
        && has_thrown(server, "java.io.IOException")
        && !REFUSED.iter().any(|exception| has_thrown(server, exception))
}

/// An INSERT names fewer columns than the table has, and Spark does not fill the others: it does before 4.1 in Delta's
/// tables alone, and in none where `spark.sql.defaultColumn.useNullsForMissingDefaultValues` is false.
pub(super) fn is_column_left_out(server: &ServerError) -> bool {
    is_any(server, &["INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", "DELTA_INSERT_COLUMN_MISMATCH"])
}

pub(super) fn is_column_not_found(server: &ServerError) -> bool {
    is_any(server, &["UNRESOLVED_COLUMN", "CANNOT_RESOLVE_DATAFRAME_COLUMN", "FIELD_NOT_FOUND"])
}

/// Whether a failure with this Java class happened inside Spark.
pub(super) fn is_of_the_jvm(class: &str) -> bool {
    class.starts_with("org.apache.spark.") || class.starts_with("java.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_covers_its_sub_conditions_and_nothing_that_only_begins_alike() {
        let error =
            ServerError { error_class: Some("INVALID_HANDLE.SESSION_CLOSED".into()), ..Default::default() };
        assert!(is_class(&error, "INVALID_HANDLE"));
        assert!(is_class(&error, "INVALID_HANDLE.SESSION_CLOSED"));
        assert!(!is_class(&error, "INVALID_HANDLE.SESSION"));
        assert!(!is_class(&error, "INVALID"));
    }

    /// With the classes that an exception belongs to, as Spark tells them.
    fn told(exception: &str, message: &str) -> ServerError {
        ServerError {
            message: message.to_owned(),
            exception_classes: vec![exception.to_owned(), "java.lang.Throwable".to_owned()],
            ..Default::default()
        }
    }

    #[test]
    fn a_condition_that_stands_in_the_message_alone_is_read_there() {
        const TASK: &str = "Job aborted due to stage failure: Task 0 in stage 9.0 failed 1 times, most recent failure: \
                            Lost task 0.0 in stage 9.0 (TID 8) (localhost executor driver): ";
        let parser = "org.apache.spark.sql.catalyst.parser.ParseException";
        let syntax = told(parser, "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC'.(line 1, pos 0)");
        assert_eq!(class_in_message(&syntax), Some("PARSE_SYNTAX_ERROR"));
        let of_a_task = |failure: &str| told("org.apache.spark.SparkException", &format!("{TASK}{failure}"));
        let interval =
            "org.apache.spark.SparkUnsupportedOperationException: [UNSUPPORTED_DATATYPE] Unsupported";
        let interval = of_a_task(interval);
        assert_eq!(class_in_message(&interval), Some("UNSUPPORTED_DATATYPE"));
        assert!(is_unsupported(&ServerError {
            error_class: class_in_message(&interval).map(str::to_owned),
            ..interval.clone()
        }));
        let lost =
            "org.apache.spark.SparkSQLException: [INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid.";
        assert_eq!(class_in_message(&told(WRAPPING, lost)), Some("INVALID_HANDLE.SESSION_NOT_FOUND"));
        let conflict = "[DELTA_CONCURRENT_APPEND] Files were added to the root of the table.";
        let conflict = told("io.delta.exceptions.ConcurrentAppendException", conflict);
        assert_eq!(class_in_message(&conflict), Some("DELTA_CONCURRENT_APPEND"));
        for quoting in [
            told(WRAPPING, "java.lang.RuntimeException: [INVALID_HANDLE.SESSION_CLOSED] a user says"),
            told(WRAPPING, "org.apache.spark.SparkException: [DIVIDE_BY_ZERO] a user says"),
            told("java.lang.RuntimeException", "[INVALID_HANDLE.SESSION_CLOSED] a user says"),
            told("org.apache.spark.SparkException", "[a user says] so"),
            of_a_task("java.lang.RuntimeException: [INVALID_HANDLE.SESSION_CLOSED] a user says"),
            of_a_task(
                "java.lang.RuntimeException: (TID 1) (x): org.apache.spark.X: [INVALID_HANDLE] a user says",
            ),
            ServerError { message: "[INVALID_HANDLE] nobody says who".to_owned(), ..Default::default() },
        ] {
            assert_eq!(class_in_message(&quoting), None, "{}", quoting.message);
        }
    }

    #[test]
    fn words_in_brackets_of_a_user_are_no_condition() {
        const RAISED: &str = "[INVALID_HANDLE.SESSION_CLOSED] a user says";
        // Raised by a statement on Sail, which tells one class, and on Spark 3.5.
        let on_sail = thrown(&["org.apache.spark.sql.AnalysisException"], RAISED);
        for mut raised in [on_sail, told("java.lang.RuntimeException", RAISED)] {
            raised.read_class();
            assert_eq!((raised.error_class(), condition(&raised)), (None, None), "{raised:?}");
            assert!(!is_session_lost(&raised) && !is_of_the_protocol(&raised), "{raised:?}");
        }
    }

    const VALIDATION: [&str; 2] =
        ["org.apache.iceberg.exceptions.ValidationException", "java.lang.RuntimeException"];

    fn thrown(exceptions: &[&str], message: &str) -> ServerError {
        let exception_classes = exceptions.iter().map(|class| (*class).to_owned()).collect();
        ServerError { message: message.to_owned(), exception_classes, ..Default::default() }
    }

    #[test]
    fn a_validation_of_iceberg_that_fails_for_what_others_did_is_a_conflict() {
        for words in [
            "Found conflicting files that can contain records matching ref(name=\"id\") == 1: [a.parquet]",
            "Found conflicting files that can contain records matching partitions {}: [a.parquet]",
            "Found new conflicting delete files that can apply to records matching true: [a.parquet]",
            "Found conflicting deleted files that can contain records matching true: [a.parquet]",
            "Found conflicting deleted files that can apply to records matching {}: [a.parquet]",
            "Found concurrently added DV for a.parquet: DV{location=b.puffin}",
            "Cannot commit, missing data files: [a.parquet]",
            "Cannot commit, found new delete for replaced data file: a.parquet",
            "Cannot commit, found new position delete for replaced data file: a.parquet",
            "Missing required files to delete: a.parquet",
            "Cannot determine history between starting snapshot 1 and the last known ancestor 2",
            "Snapshot ancestry validation failed: another was first",
            "Cannot commit file that conflicts with existing partition: day=1",
            "org.apache.iceberg.exceptions.ValidationException: Cannot commit, missing data files: [a.parquet]",
        ] {
            assert!(is_commit_conflict(&thrown(&VALIDATION, words)), "{words}");
            assert!(!is_commit_conflict(&told("java.lang.RuntimeException", words)), "{words}");
        }
        let [validation, runtime] = VALIDATION;
        let stale = ["org.apache.iceberg.RetryableValidationException", validation, runtime];
        let words = "Cannot add snapshot with sequence number 3 older than last sequence number 4";
        assert!(is_commit_conflict(&thrown(&stale, words)));
    }

    #[test]
    fn a_validation_of_iceberg_that_fails_for_the_statement_is_none() {
        for words in [
            "Cannot find field 'x' in struct: struct<1: id: required long>",
            "Cannot delete file where some, but not all, rows match filter ref(name=\"id\") == 1: a.parquet",
            // With words of a conflict in the value of a condition.
            "Cannot delete file where some, but not all, rows match filter ref(name=\"note\") == \"Missing required \
             files to delete\": a.parquet",
            "Cannot delete data files [a.parquet] that are referenced by new delete files",
            "Invalid data file, expected spec id: 1",
            "",
        ] {
            assert!(!is_commit_conflict(&thrown(&VALIDATION, words)), "{words}");
        }
    }

    #[test]
    fn a_table_that_was_rolled_back_since_it_was_read_is_a_conflict() {
        let said = |class: &str, words: &str| is_commit_conflict(&told(class, words));
        let (argument, words) =
            ("java.lang.IllegalArgumentException", "Snapshot 12 is not an ancestor of 34");
        assert!(said(argument, words));
        assert!(!said("java.lang.RuntimeException", words));
        for quoting in
            ["Snapshot x is not an ancestor of 34", "a user says: Snapshot 12 is not an ancestor of 34"]
        {
            assert!(!said(argument, quoting), "{quoting}");
        }
    }

    #[test]
    fn a_column_that_an_insert_leaves_out_and_nothing_fills_is_known() {
        let of = |class: &str| ServerError { error_class: Some(class.to_owned()), ..Default::default() };
        let old = told(
            "org.apache.spark.sql.AnalysisException",
            "[INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA] Cannot find data for the output column `more`.",
        );
        let old = ServerError { error_class: class_in_message(&old).map(str::to_owned), ..old };
        for left_out in
            [of("DELTA_INSERT_COLUMN_MISMATCH"), of("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA"), old]
        {
            assert!(is_column_left_out(&left_out), "{left_out}");
        }
        assert!(!is_column_left_out(&of("INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS")));
    }

    #[test]
    fn a_file_that_may_have_been_written_leaves_open_what_stands() {
        const IO: &str = "java.io.IOException";
        for open in [vec![IO], vec!["java.net.SocketTimeoutException", IO]] {
            assert!(leaves_commit_open(&thrown(&open, "timed out")), "{open:?}");
        }
        for refused in [
            vec!["java.io.FileNotFoundException", IO],
            vec!["java.nio.file.AccessDeniedException", "java.nio.file.FileSystemException", IO],
            vec!["java.nio.file.NoSuchFileException", "java.nio.file.FileSystemException", IO],
            vec!["org.apache.hadoop.security.AccessControlException", IO],
            vec!["org.apache.spark.SparkException"],
        ] {
            assert!(!leaves_commit_open(&thrown(&refused, "refused")), "{refused:?}");
        }
        let named = ServerError { error_class: Some("X".to_owned()), ..thrown(&[IO], "with a condition") };
        assert!(!leaves_commit_open(&named));
    }

    #[test]
    fn a_missing_table_or_path_is_known_by_each_condition() {
        let of = |class: &str| ServerError { error_class: Some(class.to_owned()), ..Default::default() };
        for missing in [
            "TABLE_OR_VIEW_NOT_FOUND",
            "VIEW_NOT_FOUND",
            "DELTA_TABLE_NOT_FOUND",
            "DELTA_MISSING_DELTA_TABLE",
            "PATH_NOT_FOUND",
        ] {
            assert!(is_table_not_found(&of(missing)), "{missing}");
        }
        assert!(!is_table_not_found(&of("ROUTINE_NOT_FOUND")));
    }

    #[test]
    fn a_missing_column_or_field_is_known_by_each_condition() {
        let of = |class: &str| ServerError { error_class: Some(class.to_owned()), ..Default::default() };
        for missing in
            ["UNRESOLVED_COLUMN.WITH_SUGGESTION", "CANNOT_RESOLVE_DATAFRAME_COLUMN", "FIELD_NOT_FOUND"]
        {
            assert!(is_column_not_found(&of(missing)), "{missing}");
        }
        assert!(!is_column_not_found(&of("AMBIGUOUS_COLUMN_OR_FIELD")));
    }

    #[test]
    fn a_function_that_the_server_lacks_is_unsupported() {
        let lacking = |class: &str, state: &str| ServerError {
            error_class: Some(class.to_owned()),
            sql_state: Some(state.to_owned()),
            ..Default::default()
        };
        assert!(is_unsupported(&lacking("UNRESOLVED_ROUTINE", "42883")));
        for class in [
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
            "UNSUPPORTED_DATATYPE",
            "UNSUPPORTED_ARROWTYPE",
            "UNSUPPORTED_TYPED_LITERAL",
            "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE",
            "NOT_SUPPORTED_COMMAND_FOR_V2_TABLE",
        ] {
            let without_state = ServerError { sql_state: None, ..lacking(class, "") };
            assert!(is_unsupported(&without_state), "{class}");
            assert!(!is_unsupported(&lacking(class, "42000")), "{class}");
        }
        assert!(!is_unsupported(&lacking("UNRESOLVED_COLUMN", "42703")));
    }

    #[test]
    fn a_server_that_is_stopping_says_so_in_front() {
        let thrown = |message: &str| told("java.lang.IllegalStateException", message);
        let words =
            "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was created at:";
        assert!(is_stopping(&thrown(words)));
        assert!(!is_stopping(&thrown(&format!("a user says: {words}"))));
    }

    #[test]
    fn without_a_class_a_message_has_one_in_front_only() {
        let said = |message: &str| ServerError { message: message.to_owned(), ..Default::default() };
        assert!(is_session_lost(&said("[INVALID_HANDLE.SESSION_CLOSED] The handle is invalid.")));
        assert!(is_class(&said("\n[PARSE_SYNTAX_ERROR] Syntax error"), "PARSE_SYNTAX_ERROR"));
        for quoting in ["user said [INVALID_HANDLE.SESSION_CLOSED]", "INVALID_HANDLE.SESSION_CLOSED", "["] {
            assert!(!is_session_lost(&said(quoting)), "{quoting}");
        }
    }
}
