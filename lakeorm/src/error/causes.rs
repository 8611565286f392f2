//! The text of another crate's error, with that of its sources.

use std::error::Error as StdError;
use std::iter::successors;

/// The most sources whose text is included.
const MAX_CAUSES: usize = 8;

/// Characters of the longest text.
const MAX_TEXT: usize = 1000;

/// The text of an error, and of its sources as far as they add something to it.
pub(crate) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut told = error.to_string();
    for cause in successors(error.source(), |cause| (*cause).source()).take(MAX_CAUSES) {
        let text = cause.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
    }
    match told.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", told.get(..end).unwrap_or_default()),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    #[test]
    fn each_cause_is_told_once_and_a_long_text_is_cut() {
        let of_spark =
            |text: &str| spark_connect::Error::new(spark_connect::ErrorKind::Server, text.to_owned());
        let refused =
            of_spark("service error").with_source(of_spark("AccessDeniedException: not authorized"));
        assert_eq!(with_causes(&refused), "service error: AccessDeniedException: not authorized");
        let repeated = of_spark("no route to host").with_source(of_spark("no route"));
        assert_eq!(with_causes(&repeated), "no route to host");
        let long = Error::new(ErrorKind::Server, "é".repeat(MAX_TEXT + 1));
        assert_eq!(with_causes(&long), format!("{}…", "é".repeat(MAX_TEXT)));
    }
}
