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
    is_well_formed: bool,
}

impl TableName {
    /// Reads a name as SQL writes it: a dot separates the parts, back-ticks quote, two of them are one in the name.
    ///
    /// A text that is no name, as one with an empty part or a quote that does not end, is refused by what writes to the
    /// table or creates it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
        let (mut is_well_formed, mut before) = (true, None);
        let mut letters = text.trim().chars().peekable();
        while let Some(letter) = letters.next() {
            let is_outside = !quoted;
            match letter {
                '`' if quoted && letters.next_if_eq(&'`').is_some() => part.push('`'),
                '`' => {
                    // A quoted part is quoted from its begin to its end.
                    let neighbour = if quoted { letters.peek().copied() } else { before };
                    is_well_formed &= matches!(neighbour, None | Some('.'));
                    quoted = !quoted;
                }
                '.' if !quoted => parts.push(std::mem::take(&mut part)),
                letter => part.push(letter),
            }
            if is_outside && letter.is_whitespace() {
                is_well_formed &= before != Some('.') && letters.peek() != Some(&'.');
            }
            before = Some(letter);
        }
        parts.push(part);
        Self { parts, is_well_formed: is_well_formed && !quoted }
    }

    /// The parts, without quotes; the table's own name is the last.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The same name below this catalog; as it is if it has a catalog, a database and a table of its own.
    #[must_use]
    pub fn in_catalog(self, catalog: &str) -> Self {
        if self.parts.len() < 3 { self.below(catalog) } else { self }
    }

    /// The same name below this catalog, whatever it has of its own.
    pub(crate) fn below(mut self, catalog: &str) -> Self {
        self.parts.insert(0, catalog.to_owned());
        self
    }

    /// Whether it was written as a name is: each part with a letter, quotes around the whole of a part, and spaces only
    /// inside of one.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.is_well_formed && self.parts.iter().all(|part| !part.is_empty())
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
    fn a_text_that_is_no_name_is_known() {
        for text in [
            "",
            "`shop.orders",
            "shop.orders`",
            "a..b",
            ".a",
            "a.",
            "``",
            "shop. orders",
            "shop .orders",
            "a`b`",
            "`a`b",
            "`a` .b",
            "a.\t`b`",
        ] {
            assert!(!TableName::parse(text).is_well_formed(), "{text:?}");
        }
        for text in
            ["orders", " shop.orders ", "`a.b`.`c``d`", "`a`.b", "my orders.` a `", "```a`", "`a. b`", "`.`"]
        {
            assert!(TableName::parse(text).is_well_formed(), "{text:?}");
        }
        assert!(!TableName::parse("shop.orders").in_catalog("").is_well_formed());
    }

    #[test]
    fn a_catalog_goes_before_a_name_that_has_none() {
        let name = |text| TableName::parse(text).in_catalog("ice").to_string();
        assert_eq!(name("shop.orders"), "ice.shop.orders");
        assert_eq!(name("other.shop.orders"), "other.shop.orders");
    }
}
