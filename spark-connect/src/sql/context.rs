//! The kinds of text that the grammar takes where a marker stands.
//!
//! A server that binds knows by itself. For one that does not, a value goes into the text, and in some contexts the
//! grammar takes no expression there but a constant as it is written.

use super::token::{Kind, Token};
use crate::types::words;

/// The text that may replace a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum MarkerContext {
    /// Any expression.
    #[default]
    Expression,
    /// A string in quotes or a number, and nothing else: behind a word such as `DATE`, which may be a column, NULL and
    /// booleans may be its alias.
    Constant,
    /// The same where NULL and booleans are constants too, as in a list of properties.
    ConstantOrWord,
    /// An expression, of which some servers take constants only.
    ConstantIfPossible,
    /// The whole of `IDENTIFIER(…)`: a name.
    Name,
    /// The only element of `IN (…)`.
    List,
}

/// The content of the parentheses around a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    Anything,
    Constants,
    Transforms,
}

/// Words after which a constant stands.
const CONSTANT_FOLLOWS: &[&str] = words![
    ARCHIVE COMMENT DATE DIRECTORY ESCAPE FILE INPATH INPUTFORMAT INTERVAL INTO JAR LOCATION
    OUTPUTFORMAT RECORDREADER RECORDWRITER RETAIN SERDE SQLSTATE TAG TIME TIMESTAMP TIMESTAMP_LTZ
    TIMESTAMP_NTZ ZONE
];

/// Words after which parentheses hold constants.
const LISTS_OF_CONSTANTS: &[&str] = words![
    PARTITION TBLPROPERTIES OPTIONS DBPROPERTIES PROPERTIES SERDEPROPERTIES TABLESAMPLE REPEATABLE
    FORMAT_OPTIONS COPY_OPTIONS
];

/// The same in a `COPY INTO` of Databricks.
const LISTS_OF_COPIES: &[&str] = words![CREDENTIAL ENCRYPTION FILES];

/// Words after which a `COPY INTO` has a constant.
const CONSTANT_FOLLOWS_IN_COPIES: &[&str] = words![FROM PATTERN];

/// Functions that partition a table; their numbers are constants.
const TRANSFORMS: [&str; 2] = ["BUCKET", "TRUNCATE"];

/// Units of an interval, without the letter of their plural.
const UNITS: [&str; 10] =
    ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND"];

fn is_unit(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    UNITS.contains(&word.strip_suffix('S').unwrap_or(&word))
}

/// The tokens around a marker.
pub(super) struct Around<'a> {
    pub(super) sql: &'a str,
    pub(super) before: &'a [Token],
    pub(super) after: &'a [Token],
    pub(super) inside: Inside,
}

impl Around<'_> {
    pub(super) fn context(&self) -> MarkerContext {
        if self.is_sole_argument_of("IDENTIFIER") {
            return MarkerContext::Name;
        }
        if self.is_sole_argument_of("IN") {
            return MarkerContext::List;
        }
        let begins_with = |name: &str| self.before.first().is_some_and(|token| token.is(self.sql, name));
        let word = self.word_before(0);
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if self.inside == Inside::Constants || is("IS") && begins_with("COMMENT") {
            return MarkerContext::ConstantOrWord;
        }
        if begins_with("SHOW")
            || CONSTANT_FOLLOWS.iter().any(|name| is(name))
            || self.is_in_copy(CONSTANT_FOLLOWS_IN_COPIES)
            || self.is_in_row_format()
            || self.is_signed_interval()
            || self.is_between_units()
        {
            return MarkerContext::Constant;
        }
        if is("OF") && self.word_before(1).eq_ignore_ascii_case("AS") {
            let version = self.word_before(2).to_ascii_uppercase().ends_with("VERSION");
            return if version { MarkerContext::Constant } else { MarkerContext::ConstantIfPossible };
        }
        let framed =
            ["PRECEDING", "FOLLOWING"].iter().any(|name| self.word_after().eq_ignore_ascii_case(name));
        match self.inside {
            Inside::Transforms => MarkerContext::ConstantIfPossible,
            Inside::Anything if framed || ["IMMEDIATE", "LIMIT", "OFFSET"].iter().any(|name| is(name)) => {
                MarkerContext::ConstantIfPossible
            }
            Inside::Anything | Inside::Constants => MarkerContext::Expression,
        }
    }

    /// The content of the parentheses that open here.
    pub(super) fn opening(&self) -> Inside {
        let word = self.word_before(0).to_ascii_uppercase();
        match word.as_str() {
            // A query may be inserted into a table of that name.
            word if LISTS_OF_CONSTANTS.contains(&word) && !self.begins_query() => Inside::Constants,
            // `SET TAGS ('owner' = ?)` of Databricks.
            "TAGS" if ["SET", "UNSET"].iter().any(|set| self.word_before(1).eq_ignore_ascii_case(set)) => {
                Inside::Constants
            }
            _ if self.is_in_copy(LISTS_OF_COPIES) => Inside::Constants,
            word if TRANSFORMS.contains(&word) => Inside::Transforms,
            _ => Inside::Anything,
        }
    }

    /// Whether what comes next stands after one of these words, and maybe an `=`, in a `COPY INTO`.
    fn is_in_copy(&self, words: &[&str]) -> bool {
        let begins =
            |at: usize, name: &str| self.before.get(at).is_some_and(|token| token.is(self.sql, name));
        let is_set = self.before.last().is_some_and(|token| token.kind == Kind::Punctuation('='));
        let word = self.word_before(usize::from(is_set));
        begins(0, "COPY") && begins(1, "INTO") && words.iter().any(|name| word.eq_ignore_ascii_case(name))
    }

    /// `FIELDS TERMINATED BY ?`, `ESCAPED BY ?`, `NULL DEFINED AS ?`.
    fn is_in_row_format(&self) -> bool {
        let words = [1, 0].map(|distance| self.word_before(distance).to_ascii_uppercase());
        matches!(words.each_ref().map(String::as_str), ["TERMINATED" | "ESCAPED", "BY"] | ["DEFINED", "AS"])
    }

    /// `INTERVAL -? DAY`, `INTERVAL 1 DAY -? HOURS`. Without a unit the first word is a column.
    fn is_signed_interval(&self) -> bool {
        let sign = self.before.last().is_some_and(|token| matches!(token.kind, Kind::Punctuation('-' | '+')));
        let before = self.word_before(1);
        sign && is_unit(self.word_after()) && (before.eq_ignore_ascii_case("INTERVAL") || is_unit(before))
    }

    /// `INTERVAL 1 DAY ? HOURS`.
    fn is_between_units(&self) -> bool {
        is_unit(self.word_before(0)) && is_unit(self.word_after())
    }

    /// Whether the parentheses that open here hold a query.
    fn begins_query(&self) -> bool {
        let (word, kinds) = (self.word_after(), self.after.iter().map(|token| &token.kind));
        let is = |name: &&str| word.eq_ignore_ascii_case(name);
        match kinds.take(2).collect::<Vec<_>>().as_slice() {
            [Kind::Punctuation('('), ..] => true,
            // Each may be the name of a property too, before its value.
            [_, Kind::Word | Kind::QuotedIdentifier | Kind::Punctuation('(')] => {
                ["SELECT", "WITH", "FROM", "VALUES", "TABLE"].iter().any(is)
            }
            _ => is(&"SELECT"),
        }
    }

    fn is_sole_argument_of(&self, function: &str) -> bool {
        let is = |token: Option<&Token>, c| token.is_some_and(|token| token.kind == Kind::Punctuation(c));
        is(self.before.last(), '(')
            && is(self.after.first(), ')')
            && self.word_before(1).eq_ignore_ascii_case(function)
    }

    fn word_before(&self, distance: usize) -> &str {
        self.before.iter().rev().nth(distance).map(|token| token.word(self.sql)).unwrap_or_default()
    }

    fn word_after(&self) -> &str {
        self.after.first().map(|token| token.word(self.sql)).unwrap_or_default()
    }
}
