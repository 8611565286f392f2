//! The tokens of Spark SQL, as far as finding markers needs them.

use std::ops::Range;

use super::SqlError;

/// The kind of a token. Its text is the span of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an unquoted identifier.
    Word,
    /// An identifier in back-ticks.
    QuotedIdentifier,
    /// A string of any form.
    Text,
    Number,
    Question,
    Colon,
    DoubleColon,
    /// One character of punctuation.
    Punctuation(char),
    /// An operator of more than one character.
    Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Bytes of the statement.
    pub(super) span: Range<usize>,
}

impl Token {
    /// The token as it stands in the statement.
    pub(super) fn text<'s>(&self, sql: &'s str) -> &'s str {
        sql.get(self.span.clone()).unwrap_or_default()
    }

    /// The same of a word or a sign; nothing of a text or a name in quotes.
    pub(super) fn word<'s>(&self, sql: &'s str) -> &'s str {
        match self.kind {
            Kind::Text | Kind::QuotedIdentifier => "",
            _ => self.text(sql),
        }
    }

    /// Whether it is this word or sign, in capitals or not, and no quoted one.
    pub(super) fn is(&self, sql: &str, word: &str) -> bool {
        self.word(sql).eq_ignore_ascii_case(word)
    }

    /// Whether it is one of these words and signs.
    pub(super) fn is_one_of(&self, sql: &str, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(sql, word))
    }
}

/// The first token after the opening parentheses.
pub(super) fn first_inside(tokens: &[Token]) -> Option<&Token> {
    tokens.iter().find(|token| token.kind != Kind::Punctuation('('))
}

/// Each token with the next.
pub(super) fn pairs(tokens: &[Token]) -> impl Iterator<Item = (&Token, &Token)> {
    tokens.iter().zip(tokens.iter().skip(1))
}

/// A name without the back-ticks around it, if it has them.
pub(super) fn unquoted(name: &str) -> String {
    match name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) {
        Some(quoted) => quoted.replace("``", "`"),
        None => name.to_owned(),
    }
}

/// The name in back-ticks with which the text begins, and the rest. A doubled back-tick is one of the name.
pub(super) fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let mut end = text.starts_with('`').then_some(1)?;
    loop {
        end += text.get(end..)?.find('`')? + 1;
        match text.get(end..)?.starts_with('`') {
            true => end += 1,
            false => return text.split_at_checked(end),
        }
    }
}

/// Cuts the statement into tokens, leaving out white space and comments. A hint (`/*+ … */`) is code.
///
/// # Errors
/// A string, a quoted identifier or a comment that does not end, or a comment that ends elsewhere for Spark than for
/// Sail.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, SqlError> {
    one_by_one(sql).collect()
}

/// The same tokens, for a text of which the beginning may be enough. Nothing is to be asked for behind an error.
pub(super) fn one_by_one(sql: &str) -> impl Iterator<Item = Result<Token, SqlError>> {
    let mut lexer = Lexer { sql, at: 0, is_in_hint: false };
    std::iter::from_fn(move || lexer.next_token().transpose())
}

/// Operators that hold a character which means something alone. The longest match wins, as in Spark: `*/` ends a
/// hint even where a comment could start at its slash, and the `>` of `>=` closes no type.
const OPERATORS: &[&str] = &["<=>", "->", "=>", "|>", "<>", "<=", ">=", "!>", "!<", "<<", "*/"];

struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    /// Behind a `/*+` that no `*/` has ended. For Sail that is a comment.
    is_in_hint: bool,
}

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Result<Option<Token>, SqlError> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let kind = match first {
            '\'' => self.string('\'', "single-quoted string")?,
            '"' => self.string('"', "double-quoted string")?,
            '`' => self.quoted_identifier()?,
            'r' | 'R' if self.raw_quote().is_some() => self.raw_string()?,
            '$' if self.dollar_tag().is_some() => self.dollar_string()?,
            '0'..='9' => self.number_or_word(),
            c if is_word(c) => self.word(),
            c => self.symbol(c),
        };
        Ok(Some(Token { kind, span: start..self.at }))
    }

    fn rest(&self) -> &'a str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    /// Moves past the first `end` of the rest, or says what did not end.
    fn skip_past(&mut self, end: &str, what: &'static str, start: usize) -> Result<(), SqlError> {
        let found = self.rest().find(end).ok_or_else(|| SqlError::unterminated(what, start))?;
        self.at += found + end.len();
        Ok(())
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn skip_blanks(&mut self) -> Result<(), SqlError> {
        loop {
            let start = self.at;
            self.skip_while(char::is_whitespace);
            if self.rest().starts_with("--") {
                self.skip_line_comment()?;
            } else if self.rest().starts_with("/*") && !self.rest().starts_with("/*+") {
                self.skip_block_comment()?;
            }
            if self.at == start {
                return Ok(());
            }
        }
    }

    /// In Spark a backslash right before the line feed carries the comment on to the next line, in Sail it does not. A
    /// next line that is blank is the same either way.
    fn skip_line_comment(&mut self) -> Result<(), SqlError> {
        let start = self.at;
        if self.is_in_hint {
            return Err(SqlError::comment_in_hint(start));
        }
        self.skip_while(|c| c != '\n' && c != '\r');
        let carries_on =
            self.rest().starts_with('\n') && self.sql.get(..self.at).is_some_and(|text| text.ends_with('\\'));
        if carries_on {
            self.at += 1;
            self.skip_while(|c| c == ' ' || c == '\t');
            if !self.rest().is_empty() && !self.rest().starts_with(['\n', '\r']) {
                return Err(SqlError::carried_on(start));
            }
        }
        Ok(())
    }

    /// Comments nest. The start of a hint inside a comment opens another one in Sail, and nothing in Spark.
    fn skip_block_comment(&mut self) -> Result<(), SqlError> {
        let start = self.at;
        self.at += 2;
        let mut depth = 1;
        while depth > 0 {
            let next =
                self.rest().find(['/', '*']).ok_or_else(|| SqlError::unterminated("comment", start))?;
            self.at += next;
            let rest = self.rest();
            if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else if rest.starts_with("/*+") {
                return Err(SqlError::hint_in_comment(start));
            } else if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else {
                self.at += 1;
            }
        }
        Ok(())
    }

    /// A backslash takes the next character with it. A doubled quote needs no care: it reads as two adjacent strings.
    fn string(&mut self, quote: char, what: &'static str) -> Result<Kind, SqlError> {
        let start = self.at;
        self.at += 1;
        loop {
            let next = self.rest().find([quote, '\\']).ok_or_else(|| SqlError::unterminated(what, start))?;
            self.at += next;
            let escapes = self.rest().starts_with('\\');
            self.at += 1;
            if !escapes {
                return Ok(Kind::Text);
            }
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
    }

    fn quoted_identifier(&mut self) -> Result<Kind, SqlError> {
        let (name, _) =
            split_quoted(self.rest()).ok_or_else(|| SqlError::unterminated("quoted identifier", self.at))?;
        self.at += name.len();
        Ok(Kind::QuotedIdentifier)
    }

    /// The quote of a raw string, if one starts here. Inside a longer word the letter is no prefix.
    fn raw_quote(&self) -> Option<&'static str> {
        match self.rest().as_bytes().get(1) {
            Some(b'\'') => Some("'"),
            Some(b'"') => Some("\""),
            _ => None,
        }
    }

    /// No escapes: the next quote ends it.
    fn raw_string(&mut self) -> Result<Kind, SqlError> {
        let start = self.at;
        let quote = self.raw_quote().unwrap_or_default();
        self.at += 2;
        self.skip_past(quote, "raw string", start)?;
        Ok(Kind::Text)
    }

    /// `$$` or `$tag$`, if one starts here.
    fn dollar_tag(&self) -> Option<&'a str> {
        let rest = self.rest();
        let inner = rest.strip_prefix('$')?;
        let length = inner.find(|c| !is_word(c)).unwrap_or(inner.len());
        let tagged =
            inner.get(length..)?.starts_with('$') && !inner.starts_with(|c: char| c.is_ascii_digit());
        if tagged { rest.get(..length + 2) } else { None }
    }

    fn dollar_string(&mut self) -> Result<Kind, SqlError> {
        let start = self.at;
        let tag = self.dollar_tag().unwrap_or_default();
        self.at += tag.len();
        self.skip_past(tag, "dollar-quoted string", start)?;
        Ok(Kind::Text)
    }

    /// Spark takes `abc://path?x=1` for one identifier, so a question mark in it is no marker.
    fn word(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(is_word);
        let letters_only =
            self.sql.get(start..self.at).is_some_and(|word| word.chars().all(char::is_alphabetic));
        if let Some(path) = self.rest().strip_prefix("://").filter(|_| letters_only) {
            let length = path.find(|c| !is_path(c)).unwrap_or(path.len());
            if length > 0 {
                self.at += 3 + length;
            }
        }
        Kind::Word
    }

    /// Digits, perhaps with a suffix or an exponent. Digits with other letters (`1a`) are an identifier.
    ///
    /// The point inside a decimal is left as punctuation, which moves no end of a token; only one at its end (`1.`) is
    /// taken, so that the word after it is not read as a field.
    fn number_or_word(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(is_word);
        let word = self.sql.get(start..self.at).unwrap_or_default();
        let suffix = word.trim_start_matches(|c: char| c.is_ascii_digit()).to_ascii_uppercase();
        if suffix == "E" && self.skip_signed_exponent() {
            return Kind::Number;
        }
        if suffix.is_empty() && self.rest().starts_with('.') && !self.rest().starts_with("..") {
            let after_point = self.rest().get(1..).unwrap_or_default();
            self.at += usize::from(!after_point.starts_with(is_word));
        }
        let is_number = match suffix.strip_prefix('E') {
            Some(exponent) => {
                let tail = exponent.trim_start_matches(|c: char| c.is_ascii_digit());
                tail.len() < exponent.len() && matches!(tail, "" | "F" | "D" | "BD")
            }
            None => matches!(suffix.as_str(), "" | "L" | "S" | "Y" | "F" | "D" | "BD"),
        };
        if is_number { Kind::Number } else { Kind::Word }
    }

    /// Moves over `+5` or `-5F` after `1e`. The suffix counts even with more letters after it, as in Spark.
    fn skip_signed_exponent(&mut self) -> bool {
        let Some(digits) = self.rest().strip_prefix(['+', '-']) else { return false };
        let tail = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        if tail.len() == digits.len() {
            return false;
        }
        let suffix = match tail.as_bytes() {
            [b'b' | b'B', b'd' | b'D', ..] => 2,
            [b'f' | b'F' | b'd' | b'D', ..] => 1,
            _ => 0,
        };
        self.at += 1 + digits.len() - tail.len() + suffix;
        true
    }

    fn symbol(&mut self, first: char) -> Kind {
        let rest = self.rest();
        self.is_in_hint = rest.starts_with("/*+") || self.is_in_hint && !rest.starts_with("*/");
        if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            self.at += operator.len();
            return Kind::Operator;
        }
        if rest.starts_with("::") {
            self.at += 2;
            return Kind::DoubleColon;
        }
        self.at += first.len_utf8();
        match first {
            '?' => Kind::Question,
            ':' => Kind::Colon,
            other => Kind::Punctuation(other),
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_ascii_digit() || c.is_alphabetic()
}

fn is_path(c: char) -> bool {
    is_word(c) || matches!(c, '/' | '-' | '.' | '?' | '=' | '&' | '#' | '%')
}
