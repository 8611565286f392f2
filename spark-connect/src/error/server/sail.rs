//! How Sail says what went wrong. It has no error classes and no SQLSTATE: all is in its words.

use super::ServerError;

fn says(server: &ServerError, words: &[&str]) -> bool {
    server.error_class.is_none() && words.iter().all(|word| server.message.contains(word))
}

/// The session was released or has expired.
pub(super) fn is_session_lost(server: &ServerError) -> bool {
    says(server, &["session", "is not running"]) || says(server, &["job runner is stopped"])
}

/// Sail does not know the operation, or no longer holds its stream.
pub(super) fn is_operation_unknown(server: &ServerError) -> bool {
    says(server, &["operation not found"]) || says(server, &["task context not found"])
}

pub(super) fn is_column_not_found(server: &ServerError) -> bool {
    says(server, &["cannot resolve attribute"])
}

pub(super) fn is_table_not_found(server: &ServerError) -> bool {
    const WORDS: [&str; 5] = [
        "TABLE_OR_VIEW_NOT_FOUND",
        "Table not found: ",
        "View not found: ",
        // A path that is no table of Delta's, or of Iceberg's.
        "No commit files found in _delta_log",
        "No metadata files found in table location",
    ];
    WORDS.iter().any(|words| says(server, &[words]))
}

/// Its parser says what it found where, and what it expected.
pub(super) fn is_syntax_error(server: &ServerError) -> bool {
    says(server, &["invalid argument: found ", " expected "])
}

pub(super) fn is_permission_denied(server: &ServerError) -> bool {
    // What the operating system or an object store says.
    ["Permission denied", "Operation not permitted", "AccessDenied"]
        .iter()
        .any(|words| says(server, &[words]))
}

/// Delta's, of which it tells a number of attempts, Iceberg's, its own catalog's, and what it says where it reads Delta's
/// log in the middle of another's commit.
pub(super) fn is_commit_conflict(server: &ServerError) -> bool {
    const WORDS: [&str; 4] = [
        "Missing commit file: expected version ",
        "Failed to commit transaction: ",
        "Iceberg commit failed",
        "conflict: Cannot commit catalog-managed table",
    ];
    WORDS.iter().any(|words| says(server, &[words]))
}

pub(super) fn is_unsupported(server: &ServerError) -> bool {
    server.error_class.is_none()
        && ["not supported: ", "not implemented: "].iter().any(|words| server.message.starts_with(words))
}
