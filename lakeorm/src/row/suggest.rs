//! The name that was probably meant.

/// The candidate nearest to `wanted`, if one is near enough: the same letters without case and underscores, else
/// the smallest edit distance up to a third of the name's length.
pub(super) fn near_miss<'a>(
    wanted: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let plain = plain(wanted);
    if plain.is_empty() {
        return None;
    }
    let letters = plain.chars().count();
    // One of a single letter is near to every other.
    let limit = (letters / 3).max(1).min(letters - 1);
    candidates
        .map(|candidate| (self::plain(candidate), candidate))
        // As many letters as the lengths differ by are inserted at least, which spares the table for most of a
        // result's thousands.
        .filter(|(candidate, _)| candidate.chars().count().abs_diff(letters) <= limit)
        .map(|(near, candidate)| (distance(&plain, &near), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance, one row of the table at a time.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        let mut next = vec![before];
        for (above, b) in row.iter().skip(1).zip(&right) {
            let replaced = diagonal + usize::from(a != *b);
            before = replaced.min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_removals_and_replacements() {
        for (left, right, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("amount", "amont", 1)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn case_and_underscores_do_not_count() {
        assert_eq!(near_miss("email", ["id", "E_Mail"].into_iter()), Some("E_Mail"));
    }

    #[test]
    fn a_far_name_is_not_suggested() {
        assert_eq!(near_miss("email", ["id", "created"].into_iter()), None);
        assert_eq!(near_miss("id", ["x"].into_iter()), None);
        assert_eq!(near_miss("n", ["x"].into_iter()), None);
        assert_eq!(near_miss("n", ["N_"].into_iter()), Some("N_"));
    }

    #[test]
    fn the_nearest_of_several_is_suggested() {
        assert_eq!(near_miss("amount", ["amounts2", "amounts"].into_iter()), Some("amounts"));
    }
}
