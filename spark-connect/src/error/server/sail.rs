//! How Sail says what went wrong. It has no error classes and no SQLSTATE: all is in its words.
//!
//! They are known by where a message begins and ends, since what stands inside of it may be a cell or a path. What a
//! statement raises (`raise_error`) is all of a message, but never under the class of what is said about sessions.

use super::ServerError;

/// Sail writes these in front of words that come from further inside.
const PREFIXES: [&str; 6] = [
    "invalid argument: ",
    "internal error: ",
    "external error: ",
    "Error during planning: ",
    "Execution error: ",
    "External error: ",
];

/// The message after its prefixes, unless the failure has a condition, and so is not Sail's.
fn said(server: &ServerError) -> Option<&str> {
    let mut said = server.words()?.trim();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| said.strip_prefix(prefix)) {
        said = rest;
    }
    Some(said)
}

/// The class of what Sail says about a session or an operation.
const ARGUMENT: &str = "java.lang.IllegalArgumentException";

/// The class of what failed inside of Sail.
const RUNTIME: &str = "org.apache.spark.SparkRuntimeException";

/// The message under one of these classes alone or under none. The failure of a statement has another, and Spark tells
/// all the classes that its own belongs to.
fn said_as<'s>(server: &'s ServerError, classes: &[&str]) -> Option<&'s str> {
    match server.exception_classes.as_slice() {
        [] => said(server),
        [class] if classes.contains(&class.as_str()) => said(server),
        _ => None,
    }
}

fn begins(server: &ServerError, words: &[&str]) -> bool {
    said(server).is_some_and(|said| words.iter().any(|words| said.starts_with(words)))
}

/// The failure that Sail calls internal, the one that it gives no class: a plan that it cannot make, or what it met
/// underneath.
pub(super) fn is_internal(server: &ServerError) -> bool {
    server.words().is_some_and(|words| words.starts_with("internal error: "))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// The session was released or has expired.
pub(super) fn is_session_lost(server: &ServerError) -> bool {
    let is_ended = |said: &str| {
        let name = said.strip_prefix("session ").and_then(|rest| rest.strip_suffix(" is not running"));
        name.is_some_and(is_name)
    };
    said_as(server, &[ARGUMENT]).is_some_and(is_ended)
        || said_as(server, &[ARGUMENT, RUNTIME]) == Some("job runner is stopped")
}

/// Sail does not know the operation, or no longer holds its stream.
pub(super) fn is_operation_unknown(server: &ServerError) -> bool {
    let is_unknown = |said: &str| {
        said.strip_prefix("operation not found: ").is_some_and(is_name)
            || said == "task context not found for operation"
    };
    said_as(server, &[ARGUMENT]).is_some_and(is_unknown)
}

/// Sail still holds the stream of before for the operation, and lets go of it in a moment.
pub(super) fn is_disconnected(server: &ServerError) -> bool {
    const WORDS: [&str; 2] = ["task is being paused", "task is already running"];
    said_as(server, &[RUNTIME]).is_some_and(|said| WORDS.contains(&said))
}

pub(super) fn is_column_not_found(server: &ServerError) -> bool {
    said(server).is_some_and(|said| {
        said.starts_with("attribute ")
            && said.ends_with(" is missing from the schema: cannot resolve attribute")
    })
}

pub(super) fn is_table_not_found(server: &ServerError) -> bool {
    // A path that is no table of Iceberg's, which an INSERT says after what it was about to do.
    const NO_METADATA: &str = "No metadata files found in table location";
    let words = [
        "[TABLE_OR_VIEW_NOT_FOUND]",
        "Table not found: ",
        "View not found: ",
        // Of the session or of all of them.
        "Temporary View not found: ",
        // A path that is no table of Delta's.
        "Invalid table location: No commit files found in _delta_log",
        NO_METADATA,
    ];
    begins(server, &words)
        || begins(server, &["failed to infer metadata for table "]) && server.message.contains(NO_METADATA)
}

/// It runs what is no query, such as `SHOW`, as a plan of its own and as no part of another, and analyses none.
pub(super) fn wants_query(server: &ServerError) -> bool {
    said(server) == Some("expected query node")
}

/// Its parser says what it found where, and what it expected.
pub(super) fn is_syntax_error(server: &ServerError) -> bool {
    server
        .words()
        .is_some_and(|words| words.starts_with("invalid argument: found ") && words.contains(" expected "))
}

/// The words of the operating system or an object store stand wherever Sail quotes them. Nothing is done about them:
/// they are told alone.
pub(super) fn is_permission_denied(server: &ServerError) -> bool {
    const WORDS: [&str; 3] = ["Permission denied", "Operation not permitted", "AccessDenied"];
    server.words().is_some_and(|said| WORDS.iter().any(|words| said.contains(words)))
}

/// The reader of Parquet says it behind what names the file's layer, and nothing is done about it: it is told alone.
pub(super) fn is_broken_file(server: &ServerError) -> bool {
    server.words().is_some_and(|said| said.contains("Parquet error: Invalid Parquet file. "))
}

/// The conflicts of Delta (of which Sail tells how often it tried), of Iceberg, of its own catalog and of others, and what
/// it says where it reads Delta's log in the middle of another commit.
pub(super) fn is_commit_conflict(server: &ServerError) -> bool {
    const WORDS: [&str; 8] = [
        "Missing commit file: expected version ",
        "Failed to commit transaction: ",
        "Tried committing existing table version: ",
        "Iceberg commit failed",
        "Iceberg catalog commit conflict: ",
        "Delta catalog commit conflict: ",
        "conflict: ",
        "stale lakehouse metadata: ",
    ];
    begins(server, &WORDS)
}

/// A catalog or a store did not answer a commit, or something failed after one that stands.
pub(super) fn leaves_commit_open(server: &ServerError) -> bool {
    const WORDS: [&str; 8] = [
        "commit state unknown: ",
        "Failed to commit Iceberg table ",
        "Failed to commit Delta table ",
        "Failed to commit table: ",
        "Log storage error: ",
        "failed to remove conflicted Iceberg metadata file ",
        "before_post_commit_hook failed for version ",
        "after_post_commit_hook failed for version ",
    ];
    begins(server, &WORDS)
}

pub(super) fn is_unsupported(server: &ServerError) -> bool {
    const WORDS: [&str; 2] = ["not supported: ", "not implemented: "];
    server.words().is_some_and(|said| WORDS.iter().any(|words| said.starts_with(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANALYSIS: &str = "org.apache.spark.sql.AnalysisException";

    fn told(classes: &[&str], message: &str) -> ServerError {
        ServerError {
            message: message.to_owned(),
            exception_classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            ..ServerError::default()
        }
    }

    #[test]
    fn what_sail_says_of_sessions_and_operations_is_known() {
        for lost in [
            told(
                &[ARGUMENT],
                "invalid argument: session 82048e21-d90e-4a34-bc59-6f4409433a1b is not running",
            ),
            told(&[], "internal error: job runner is stopped"),
            told(&[RUNTIME], "job runner is stopped"),
        ] {
            assert!(is_session_lost(&lost), "{lost}");
        }
        for unknown in [
            told(&[ARGUMENT], "invalid argument: operation not found: 82048e21-d90e-4a34-bc59-6f4409433a1b"),
            told(&[ARGUMENT], "operation not found: 1"),
            told(&[], "internal error: task context not found for operation"),
        ] {
            assert!(is_operation_unknown(&unknown), "{unknown}");
        }
        for held in
            [told(&[], "internal error: task is being paused"), told(&[RUNTIME], "task is already running")]
        {
            assert!(is_disconnected(&held) && !is_operation_unknown(&held), "{held}");
        }
    }

    #[test]
    fn what_a_user_says_is_not_taken_for_what_sail_says_of_sessions_and_operations() {
        for words in [
            "invalid argument: session 1 is not running",
            "internal error: job runner is stopped",
            "invalid argument: operation not found: 1",
            "operation not found: 1",
            "internal error: task context not found for operation",
            "internal error: task is being paused",
            "internal error: task is already running",
        ] {
            let quoted = [
                // Raised by a statement, on Sail and on Spark.
                told(&[ANALYSIS], words),
                told(&[ARGUMENT, "java.lang.RuntimeException", "java.lang.Object"], words),
                told(&["java.lang.RuntimeException"], words),
                // A cell or a path, quoted.
                told(&[], &format!("the value '{words}' of a column")),
                told(&[], &format!("a user says {words}")),
                told(&[ARGUMENT], &format!("invalid argument: a path: {words}")),
                told(&[ARGUMENT], &format!("{words} says a user")),
                ServerError { error_class: Some("CAST_INVALID_INPUT".into()), ..told(&[], words) },
            ];
            for server in quoted {
                assert!(!is_session_lost(&server) && !is_operation_unknown(&server), "{server:?}");
                assert!(!is_disconnected(&server), "{server:?}");
            }
        }
        let spread = told(&[ARGUMENT], "invalid argument: session x, whose table says y, is not running");
        assert!(!is_session_lost(&spread));
    }

    #[test]
    fn a_file_that_is_broken_is_told_from_one_that_cannot_be_reached() {
        for words in [
            "Parquet error: Invalid Parquet file. Corrupt footer",
            "Arrow error: Parquet argument error: Parquet error: Invalid Parquet file. Corrupt footer",
        ] {
            assert!(is_broken_file(&told(&[], words)), "{words}");
        }
        for words in [
            "Parquet error: External: Generic S3 error: Server returned non-2xx status code: 403 Forbidden",
            "No suitable object store found for tape://lake",
        ] {
            assert!(!is_broken_file(&told(&[], words)), "{words}");
        }
    }

    #[test]
    fn a_name_or_a_cell_in_the_middle_of_a_message_is_not_its_meaning() {
        for words in [
            "Failed to commit transaction: 0",
            "Iceberg commit failed: reference 'main'",
            "Missing commit file: expected version 12, found 13",
            "Tried committing existing table version: 7",
            "Iceberg catalog commit conflict: the table was changed",
            "conflict: Cannot commit catalog-managed table 't'",
            "Delta catalog commit conflict: conflict: version 3 is there",
            "stale lakehouse metadata: Concurrent Glue update for table 't'",
        ] {
            assert!(is_commit_conflict(&told(&[ANALYSIS], words)), "{words}");
            for prefix in ["External error", "Execution error"] {
                assert!(is_commit_conflict(&told(&[ANALYSIS], &format!("{prefix}: {words}"))), "{words}");
            }
            assert!(!is_commit_conflict(&told(&[ANALYSIS], &format!("the value '{words}' is no INT"))));
        }
        for words in [
            "commit state unknown: no answer within 30s",
            "external error: Failed to commit Iceberg table db.t: connection reset",
            "external error: Failed to commit table: 502 Bad Gateway",
            "Failed to commit Delta table db.t: connection reset",
            "Log storage error: connection reset",
            "failed to remove conflicted Iceberg metadata file 3.json: timeout",
            "before_post_commit_hook failed for version 3",
            "after_post_commit_hook failed for version 3",
        ] {
            assert!(leaves_commit_open(&told(&[ANALYSIS], words)), "{words}");
            assert!(leaves_commit_open(&told(&[ANALYSIS], &format!("External error: {words}"))), "{words}");
            assert!(!leaves_commit_open(&told(&[ANALYSIS], &format!("the value '{words}' is no INT"))));
        }
        for words in [
            "Table not found: [TABLE_OR_VIEW_NOT_FOUND] Table or view not found: nope",
            "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope` cannot be found",
            "View not found: nope",
            "Temporary View not found: nope",
            "Invalid table location: No commit files found in _delta_log",
            "No metadata files found in table location: file:///nope/",
            "invalid argument: failed to infer metadata for table `t` from format `iceberg`: Error during planning: \
             No metadata files found in table location: file:///nope/",
        ] {
            assert!(is_table_not_found(&told(&[ANALYSIS], words)), "{words}");
            assert!(!is_table_not_found(&told(&[ANALYSIS], &format!("the value '{words}' is no INT"))));
        }
        let column =
            "attribute ObjectName([Identifier(\"zz\")]) is missing from the schema: cannot resolve attribute";
        assert!(is_column_not_found(&told(&[ANALYSIS], column)));
        assert!(!is_column_not_found(&told(&[ANALYSIS], &format!("the value '{column}' is no INT"))));
        let syntax = "invalid argument: found SELEC at 0:5 expected ';', or end of input";
        assert!(is_syntax_error(&told(&[ARGUMENT], syntax)));
        assert!(!is_syntax_error(&told(&[ANALYSIS], &format!("the value '{syntax}' is no INT"))));
    }
}
