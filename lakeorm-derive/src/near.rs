//! The word that was probably meant.

/// `unknown` in the words of an error: the near word if there is one, and all that are known.
pub(crate) fn unknown(what: &str, unknown: &str, known: &[&str]) -> String {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(unknown, known) {
        Some(near) => format!("unknown {what} `{unknown}`; did you mean `{near}`? Known are {list}"),
        None => format!("unknown {what} `{unknown}`; known are {list}"),
    }
}

fn nearest<'a>(wanted: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = plain(wanted);
    let limit = (plain.len() / 3).max(1);
    known
        .iter()
        .map(|word| (distance(&plain, &self::plain(word)), *word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut next = vec![i + 1];
        let mut last = i + 1;
        for ((diagonal, above), b) in row.iter().zip(row.iter().skip(1)).zip(right) {
            last = (diagonal + usize::from(a != b)).min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_all_are_listed() {
        assert_eq!(
            unknown("attribute", "renam", &["rename", "skip"]),
            "unknown attribute `renam`; did you mean `rename`? Known are `rename`, `skip`"
        );
        assert_eq!(
            unknown("attribute", "primary", &["rename", "skip"]),
            "unknown attribute `primary`; known are `rename`, `skip`"
        );
    }
}
