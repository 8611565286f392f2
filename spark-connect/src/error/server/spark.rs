//! How Spark says what went wrong: by error conditions, and by a few words where it has none.

use super::ServerError;

/// Whether the condition is `class` or one of its sub-conditions (`INVALID_HANDLE` covers
/// `INVALID_HANDLE.SESSION_CLOSED`). Where the server gave no class, its message may begin with one in brackets.
fn is_class(server: &ServerError, class: &str) -> bool {
    let own = match &server.error_class {
        Some(own) => own,
        None => match server.message.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((own, _)) => own,
            None => return false,
        },
    };
    own.strip_prefix(class).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
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
pub(super) fn is_session_id_used_up(server: &ServerError) -> bool {
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
    server.error_class.is_none() && server.message.contains("stopped SparkContext")
}

/// The SQLSTATE decides, whose class `0A` is "feature not supported"; some failures have none.
pub(super) fn is_unsupported(server: &ServerError) -> bool {
    has_state(server, "0A")
        || server.exception_classes.iter().any(|class| class == "java.lang.UnsupportedOperationException")
}

/// Whether the SQLSTATE is `state`, or belongs to the class `state`.
fn has_state(server: &ServerError, state: &str) -> bool {
    server.sql_state.as_deref().is_some_and(|own| own.starts_with(state))
}

pub(super) fn is_table_not_found(server: &ServerError) -> bool {
    const CLASSES: [&str; 4] =
        ["TABLE_OR_VIEW_NOT_FOUND", "VIEW_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_MISSING_DELTA_TABLE"];
    has_state(server, "42P01") || is_any(server, &CLASSES)
}

pub(super) fn is_syntax_error(server: &ServerError) -> bool {
    const PARSER: &str = "org.apache.spark.sql.catalyst.parser.ParseException";
    is_any(server, &["PARSE_SYNTAX_ERROR", "PARSE_EMPTY_STATEMENT"])
        || server.exception_classes.first().is_some_and(|class| class == PARSER)
}

pub(super) fn is_permission_denied(server: &ServerError) -> bool {
    has_state(server, "42501") || is_any(server, &["PERMISSION_DENIED", "INSUFFICIENT_PERMISSIONS"])
}

pub(super) fn is_column_not_found(server: &ServerError) -> bool {
    is_class(server, "UNRESOLVED_COLUMN")
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
