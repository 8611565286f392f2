//! The name of a table.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use spark_connect::types::quote_identifier;

/// A table's name, part by part: `catalog.database.table`, or fewer of them.
///
/// [`Display`](fmt::Display) writes it as SQL has it.
///
/// ```
/// use lakeorm::table::TableName;
///
/// let name = TableName::parse("ice.shop.`my orders`");
/// assert_eq!(name.parts(), ["ice", "shop", "my orders"]);
/// assert_eq!(name.to_string(), "ice.shop.`my orders`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    parts: Vec<String>,
}

impl TableName {
    /// Reads a name as SQL writes it: a dot separates the parts, back-ticks quote, two of them are one in the name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
        let mut letters = text.trim().chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '`' if quoted && letters.next_if_eq(&'`').is_some() => part.push('`'),
                '`' => quoted = !quoted,
                '.' if !quoted => parts.push(std::mem::take(&mut part)),
                letter => part.push(letter),
            }
        }
        parts.push(part);
        Self { parts }
    }

    /// The parts, without quotes; the table's own name is the last.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The same name below this catalog; as it is if it has a catalog, a database and a table of its own.
    #[must_use]
    pub fn in_catalog(mut self, catalog: &str) -> Self {
        if self.parts.len() < 3 {
            self.parts.insert(0, catalog.to_owned());
        }
        self
    }
}

/// As [`TableName::parse`], which takes every text.
impl FromStr for TableName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::parse(text))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.parts.iter().enumerate() {
            let between = if number == 0 { "" } else { "." };
            write!(f, "{between}{}", quote_identifier(part))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_written_as_sql_has_it() {
        for (text, parts) in [
            ("orders", vec!["orders"]),
            ("shop.orders", vec!["shop", "orders"]),
            ("`a.b`.`c``d`", vec!["a.b", "c`d"]),
            ("ice.shop.`select`", vec!["ice", "shop", "select"]),
        ] {
            let name = TableName::parse(text);
            assert_eq!(name.parts(), parts);
            assert_eq!(name.to_string(), text);
            assert_eq!(text.parse::<TableName>(), Ok(name));
        }
    }

    #[test]
    fn a_catalog_goes_before_a_name_that_has_none() {
        let name = |text| TableName::parse(text).in_catalog("ice").to_string();
        assert_eq!(name("shop.orders"), "ice.shop.orders");
        assert_eq!(name("other.shop.orders"), "other.shop.orders");
    }
}
