//! Texts of a server's, cut to what people read, with a word about what was left out.

use std::collections::BTreeMap;

use super::{QueryContext, ServerError};

/// Maximum bytes of a message, of any other text and of a name. Spark cuts its messages at 2048 characters, and keeps
/// longer ones to be fetched.
const MESSAGE: usize = 16 * 1024;
const TEXT: usize = 4 * 1024;
pub(super) const NAME: usize = 512;

/// Maximum entries of a list.
const LIST: usize = 32;

/// The text, cut after a whole character.
pub(crate) fn text(mut text: String, limit: usize) -> String {
    let length = text.len();
    if length <= limit {
        return text;
    }
    text.truncate(text.floor_char_boundary(limit));
    let left_out = length - text.len();
    text.push_str(&format!("{CUT}{left_out}{LEFT_OUT}"));
    text
}

/// What is around the number of bytes that were cut off.
const CUT: &str = "… (";
const LEFT_OUT: &str = " more bytes left out)";

/// The part of a text that was kept when it was cut; `None` if it was not.
pub(crate) fn kept_of_cut(text: &str) -> Option<&str> {
    text.strip_suffix(LEFT_OUT)?.rsplit_once(CUT).map(|(kept, _)| kept)
}

impl ServerError {
    /// The same failure in texts and lists of bounded lengths.
    pub(crate) fn bounded(self) -> Self {
        Self {
            message: text(self.message, MESSAGE),
            error_class: self.error_class.map(|class| text(class, NAME)),
            sql_state: self.sql_state.map(|state| text(state, NAME)),
            message_parameters: parameters(self.message_parameters),
            query_contexts: contexts(self.query_contexts),
            exception_classes: list(self.exception_classes, NAME),
            causes: list(self.causes, TEXT),
            cause_classes: list(self.cause_classes, NAME),
            error_id: self.error_id.filter(|id| id.len() <= NAME),
            ..self
        }
    }
}

fn left_out(count: usize) -> String {
    format!("… ({count} more left out)")
}

fn list(mut items: Vec<String>, limit: usize) -> Vec<String> {
    let more = items.len().saturating_sub(LIST);
    items.truncate(LIST);
    let mut items: Vec<String> = items.into_iter().map(|item| text(item, limit)).collect();
    items.extend((more > 0).then(|| left_out(more)));
    items
}

fn parameters(all: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let more = all.len().saturating_sub(LIST);
    let kept = all.into_iter().take(LIST).map(|(name, value)| (text(name, NAME), text(value, TEXT)));
    let more = (more > 0).then(|| ("…".to_owned(), left_out(more)));
    kept.chain(more).collect()
}

fn contexts(mut all: Vec<QueryContext>) -> Vec<QueryContext> {
    let more = all.len().saturating_sub(LIST);
    all.truncate(LIST);
    let kept = all.into_iter().map(|context| QueryContext {
        fragment: text(context.fragment, TEXT),
        object_type: text(context.object_type, NAME),
        object_name: text(context.object_name, NAME),
        call_site: text(context.call_site, NAME),
        ..context
    });
    let more = (more > 0).then(|| QueryContext { fragment: left_out(more), ..QueryContext::default() });
    kept.chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_a_whole_character_and_says_so() {
        assert_eq!(text("abc".into(), 3), "abc");
        assert_eq!(text("aé漢".into(), 4), "aé… (3 more bytes left out)");
    }

    #[test]
    fn nothing_that_a_server_says_is_kept_beyond_its_bound() {
        let long = || "x".repeat(2 * MESSAGE);
        let error = ServerError {
            message: long(),
            error_class: Some(long()),
            sql_state: Some(long()),
            message_parameters: (0..64).map(|number| (format!("{number}{}", long()), long())).collect(),
            query_contexts: (0..64)
                .map(|_| QueryContext { fragment: long(), object_name: long(), ..QueryContext::default() })
                .collect(),
            exception_classes: (0..64).map(|_| long()).collect(),
            causes: (0..64).map(|_| long()).collect(),
            cause_classes: (0..64).map(|_| long()).collect(),
            error_id: Some(long()),
            ..ServerError::default()
        };
        let error = error.bounded();
        assert!(error.to_string().len() < 20 * 1024);
        assert!(error.message.ends_with("more bytes left out)"));
        for name in [&error.error_class, &error.sql_state] {
            assert!(name.as_ref().is_some_and(|name| name.len() < 2 * NAME));
        }
        let parameters: usize =
            error.message_parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
        let length = |context: &QueryContext| context.fragment.len() + context.object_name.len();
        let contexts: usize = error.query_contexts.iter().map(length).sum();
        let causes: usize = error.causes.iter().map(String::len).sum();
        let classes: usize = error.cause_classes.iter().map(String::len).sum();
        assert!(parameters + contexts + causes + classes < 512 * 1024);
        assert_eq!(error.causes.last().unwrap(), "… (32 more left out)");
        assert_eq!(error.message_parameters["…"], "… (32 more left out)");
        assert_eq!(error.query_contexts.len(), 33);
        assert_eq!(error.error_id, None);
    }
}
