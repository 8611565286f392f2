//! Quoting of identifiers.

use super::keyword;

/// The identifier in back-ticks, with those in it doubled.
///
/// ```
/// # use spark_connect::types::in_back_ticks;
/// assert_eq!(in_back_ticks("a`b"), "`a``b`");
/// ```
#[must_use]
pub fn in_back_ticks(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The identifier as SQL text: as it is where that is safe, else in back-ticks.
///
/// A name is safe if it consists of ASCII letters, digits and underscores, does not start with a digit, and is not a
/// word that a session may reserve (`user`, under `spark.sql.ansi.enforceReservedKeywords`) or that an expression may
/// follow (`limit`).
///
/// ```
/// # use spark_connect::types::quote_identifier;
/// assert_eq!(quote_identifier("country_code"), "country_code");
/// assert_eq!(quote_identifier("a`b"), "`a``b`");
/// assert_eq!(quote_identifier("select"), "`select`");
/// ```
#[must_use]
pub fn quote_identifier(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { in_back_ticks(name) }
}

fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !keyword::expects_expression(name)
        && !keyword::is_reserved(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_bare_only_where_nothing_else_can_be_meant() {
        for name in ["id", "_x1", "country_code", "date", "count"] {
            assert_eq!(quote_identifier(name), name);
        }
        for (name, quoted) in [
            ("1x", "`1x`"),
            ("a b", "`a b`"),
            ("a`b", "`a``b`"),
            ("a.b", "`a.b`"),
            ("été", "`été`"),
            ("", "``"),
            ("limit", "`limit`"),
            ("User", "`User`"),
            ("end", "`end`"),
        ] {
            assert_eq!(quote_identifier(name), quoted);
        }
    }
}
