//! Data types out of DDL.

use std::str::FromStr;
use std::{error, fmt};

use crate::types::data_type::MOST_LEVELS;
use crate::types::{DataType, Schema, StructField};

/// Why a text is not a type or a list of columns: what was expected, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DdlError {
    wanted: &'static str,
    at: usize,
}

impl fmt::Display for DdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid DDL: expected {} at byte {}", self.wanted, self.at)
    }
}

impl error::Error for DdlError {}

/// Reads the names that Spark has for a type, in any case. A name that is not known here is [`DataType::Other`].
impl FromStr for DataType {
    type Err = DdlError;

    fn from_str(text: &str) -> Result<Self, DdlError> {
        let mut parser = Parser { text, at: 0, levels: MOST_LEVELS };
        let data_type = parser.data_type()?;
        parser.end()?;
        Ok(data_type)
    }
}

/// Reads columns as a `CREATE TABLE` has them. Comments are left out.
impl FromStr for Schema {
    type Err = DdlError;

    fn from_str(text: &str) -> Result<Self, DdlError> {
        let mut parser = Parser { text, at: 0, levels: MOST_LEVELS };
        let mut fields = Vec::new();
        if !parser.rest().is_empty() {
            fields = parser.fields()?;
            parser.end()?;
        }
        Ok(Self::new(fields))
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// How much deeper a type may nest.
    levels: usize,
}

impl<'t> Parser<'t> {
    fn data_type(&mut self) -> Result<DataType, DdlError> {
        self.levels = self.levels.checked_sub(1).ok_or_else(|| self.wants("a type nested less deep"))?;
        let data_type = self.named_type()?;
        self.levels += 1;
        Ok(data_type)
    }

    fn named_type(&mut self) -> Result<DataType, DdlError> {
        let start = self.start();
        let name = self.word().ok_or_else(|| self.wants("the name of a type"))?;
        match name.to_ascii_uppercase().as_str() {
            "ARRAY" if self.takes('<') => {
                let element = self.data_type()?;
                self.wanted('>', "`>`")?;
                Ok(DataType::array(element))
            }
            "MAP" if self.takes('<') => {
                let key = self.data_type()?;
                self.wanted(',', "`,`")?;
                let value = self.data_type()?;
                self.wanted('>', "`>`")?;
                Ok(DataType::map(key, value))
            }
            "STRUCT" if self.takes('<') => {
                let fields = if self.rest().starts_with('>') { Vec::new() } else { self.fields()? };
                self.wanted('>', "`>`")?;
                Ok(DataType::Struct(fields))
            }
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal(),
            "CHAR" | "CHARACTER" => Ok(DataType::Char { length: self.length()? }),
            "VARCHAR" => Ok(DataType::VarChar { length: self.length()? }),
            "TIME" => self.time(),
            "INTERVAL" => Ok(self.interval(start)),
            "STRING" if self.keyword("COLLATE") => {
                self.identifier()?;
                Ok(DataType::Other(self.since(start)))
            }
            _ => self.other(name, start),
        }
    }

    /// A type by its name alone, or one that is not known here, with whatever it has in parentheses.
    fn other(&mut self, name: &str, start: usize) -> Result<DataType, DdlError> {
        if !self.takes('(') {
            return Ok(DataType::named(name).unwrap_or_else(|| DataType::Other(self.since(start))));
        }
        let closes = self.rest().find(')').ok_or_else(|| self.wants("`)`"))?;
        self.at = self.start() + closes + 1;
        Ok(DataType::Other(self.since(start)))
    }

    fn decimal(&mut self) -> Result<DataType, DdlError> {
        let (mut precision, mut scale) = (10, 0);
        let at = self.start();
        if self.takes('(') {
            precision = self.number()?;
            if self.takes(',') {
                scale = self.number()?;
            }
            self.wanted(')', "`)`")?;
        }
        let of_spark = DataType::decimal(precision, scale);
        of_spark.ok_or(DdlError { wanted: "a precision of 1 to 38 and a scale of at most that", at })
    }

    fn time(&mut self) -> Result<DataType, DdlError> {
        if !self.takes('(') {
            return Ok(DataType::Time { precision: 6 });
        }
        let at = self.start();
        let precision = self.number()?;
        self.wanted(')', "`)`")?;
        match precision {
            0..=9 => Ok(DataType::Time { precision }),
            _ => Err(DdlError { wanted: "a precision of 0 to 9", at }),
        }
    }

    fn interval(&mut self, start: usize) -> DataType {
        let from =
            ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"].into_iter().find(|unit| self.keyword(unit));
        let Some(from) = from else { return DataType::CalendarInterval };
        let before = self.at;
        let to = self.keyword("TO").then(|| self.word()).flatten().map(str::to_ascii_uppercase);
        let name = match &to {
            Some(to) => format!("INTERVAL {from} TO {to}"),
            None => {
                self.at = before;
                self.since(start)
            }
        };
        DataType::named(&name).unwrap_or(DataType::Other(name))
    }

    fn length<N: FromStr>(&mut self) -> Result<N, DdlError> {
        self.wanted('(', "`(` and a length")?;
        let length = self.number()?;
        self.wanted(')', "`)`")?;
        Ok(length)
    }

    /// One or more, with commas between.
    fn fields(&mut self) -> Result<Vec<StructField>, DdlError> {
        let mut fields = vec![self.field()?];
        while self.takes(',') {
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<StructField, DdlError> {
        let name = self.identifier()?;
        self.takes(':');
        let field = StructField::new(name, self.data_type()?);
        let is_required = self.keyword("NOT");
        if is_required && !self.keyword("NULL") {
            return Err(self.wants("`NULL`"));
        }
        if self.keyword("COMMENT") {
            self.comment()?;
        }
        Ok(if is_required { field.required() } else { field })
    }

    fn identifier(&mut self) -> Result<String, DdlError> {
        if !self.takes('`') {
            return self.word().map(str::to_owned).ok_or_else(|| self.wants("a name"));
        }
        let mut name = String::new();
        loop {
            // Spaces in back-ticks belong to the name.
            let rest = self.text.get(self.at..).unwrap_or_default();
            let end = rest.find('`').ok_or_else(|| self.wants("a closing back-tick"))?;
            name.push_str(rest.get(..end).unwrap_or_default());
            self.at += end + 1;
            if !rest.get(end + 1..).is_some_and(|behind| behind.starts_with('`')) {
                return Ok(name);
            }
            name.push('`');
            self.at += 1;
        }
    }

    fn comment(&mut self) -> Result<(), DdlError> {
        let quote = self.rest().chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let quote = quote.ok_or_else(|| self.wants("the comment in quotes"))?;
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    self.at = self.start() + at + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.wants("the end of the comment"))
    }

    fn number<N: FromStr>(&mut self) -> Result<N, DdlError> {
        let number = self.word().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.wants("a whole number in range"))
    }

    /// The next word, if there is one.
    fn word(&mut self) -> Option<&'t str> {
        let text = self.text;
        let start = self.start();
        let rest = text.get(start..)?;
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        self.at = start + length;
        text.get(start..self.at).filter(|word| !word.is_empty())
    }

    /// Goes behind this word, if it comes next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        let found = self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if !found {
            self.at = before;
        }
        found
    }

    fn takes(&mut self, sign: char) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at = self.start() + sign.len_utf8();
        }
        found
    }

    fn wanted(&mut self, sign: char, what: &'static str) -> Result<(), DdlError> {
        if self.takes(sign) { Ok(()) } else { Err(self.wants(what)) }
    }

    fn end(&self) -> Result<(), DdlError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.wants("the end")) }
    }

    /// Where the next sign stands, behind spaces.
    fn start(&self) -> usize {
        self.text.len() - self.rest().len()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default().trim_start()
    }

    /// What was read, as it is written.
    fn since(&self, start: usize) -> String {
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    fn wants(&self, wanted: &'static str) -> DdlError {
        DdlError { wanted, at: self.start() }
    }
}
