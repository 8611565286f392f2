//! The lexer on text that nobody wrote.

use proptest::prelude::*;

use crate::sql::markers;
use crate::sql::token::{Kind, tokens};

#[test]
fn numbers_and_words_end_where_spark_ends_them() {
    let cases: &[(&str, &[Kind])] = &[
        ("1", &[Kind::Number]),
        ("1L 2bd 3e5 4e+5f 5E-3", &[Kind::Number; 5]),
        ("1a 2e 3ex _1", &[Kind::Word; 4]),
        ("1.", &[Kind::Number]),
        ("1..", &[Kind::Number, Kind::Punctuation('.'), Kind::Punctuation('.')]),
        ("1.a", &[Kind::Number, Kind::Punctuation('.'), Kind::Word]),
        // Digits begin no tag.
        ("$1$", &[Kind::Punctuation('$'), Kind::Number, Kind::Punctuation('$')]),
        ("$a1$ $a1$", &[Kind::Text]),
        ("1e+", &[Kind::Word, Kind::Punctuation('+')]),
        ("a://b?c=1", &[Kind::Word]),
        ("a1://b", &[Kind::Word, Kind::Colon, Kind::Punctuation('/'), Kind::Punctuation('/'), Kind::Word]),
        ("a>>b", &[Kind::Word, Kind::Punctuation('>'), Kind::Punctuation('>'), Kind::Word]),
        ("a<=>b", &[Kind::Word, Kind::Operator, Kind::Word]),
    ];
    for (sql, expected) in cases {
        let kinds: Vec<Kind> = tokens(sql).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(&kinds, expected, "{sql}");
    }
}

/// Pieces that open, close and escape, in any order.
fn rough_sql() -> impl Strategy<Value = String> {
    let pieces = [
        "'", "\"", "`", "\\", "--", "/*", "*/", "/*+", "\n", "\r", "$", "$$", "$t$", "r'", "R\"", "?", ":",
        "::", "?::", ":a", "struct<", "map<", ">", ">>", "<", "(", ")", "[", "]", ",", ".", ";", "SELECT ",
        "é", " ", "1e", "+5", "://", "a",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_lexed_or_refused(sql in prop_oneof![any::<String>(), rough_sql()]) {
        if let Ok(tokens) = tokens(&sql) {
            let mut end = 0;
            for token in tokens {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                prop_assert!(sql.get(token.span.clone()).is_some());
                end = token.span.end;
            }
        }
        if let Ok(markers) = markers(&sql) {
            for marker in markers.iter() {
                let text = &sql[marker.span()];
                prop_assert_eq!(text == "?", marker.name().is_none());
                prop_assert_eq!(text.starts_with(':'), marker.name().is_some());
            }
        }
    }

    #[test]
    fn quoted_and_commented_text_holds_no_markers(text in "[^'\"`*/\\\\$\r\n]*") {
        for (open, close) in [("'", "'"), ("\"", "\""), ("`", "`"), ("r'", "'"), ("$t$", "$t$"), ("/* ", " */"), ("-- ", "\n")] {
            let sql = format!("SELECT {open}{text}{close}, 1");
            prop_assert!(markers(&sql).unwrap().is_empty(), "{}", open);
            let sql = format!("SELECT {open}{text}{close}, ?");
            prop_assert_eq!(markers(&sql).unwrap().positional(), 1, "{}", open);
        }
    }
}
