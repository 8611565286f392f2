//! Texts of a table's definition as SQL constants.

/// A comment or a property as a constant of Spark SQL. These come from the program, never from a row.
///
/// Under the conf `spark.sql.parser.escapedStringLiterals` a backslash is one like any other letter: a text with a quote,
/// a backslash or a line feed is another there, or an error of the server's.
pub(super) fn constant(text: &str) -> String {
    let mut constant = String::with_capacity(text.len() + 2);
    constant.push('\'');
    for letter in text.chars() {
        match letter {
            '\\' | '\'' => constant.extend(['\\', letter]),
            '\n' => constant.push_str("\\n"),
            letter => constant.push(letter),
        }
    }
    constant.push('\'');
    constant
}
