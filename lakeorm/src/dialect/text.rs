//! Texts of a table's definition as SQL constants.

/// A comment or a property as a constant of Spark SQL. These come from the program, never from a row.
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
