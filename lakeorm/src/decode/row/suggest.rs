//! The name that was probably meant.

use crate::names::folded;

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
    name.chars().filter(|c| c.is_alphanumeric()).map(folded).collect()
}

/// How many letters are inserted, removed, replaced or swapped with their neighbour: three rows of the table at a
/// time.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let (mut two_above, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=right.len()).collect());
    let mut a_before = None;
    for (i, a) in left.chars().enumerate() {
        let mut row = vec![i + 1];
        let (mut last, mut b_before) = (i + 1, None);
        for (j, b) in right.iter().copied().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&above, j) + usize::from(a != b);
            last = replaced.min(at(&above, j + 1) + 1).min(last + 1);
            if j > 0 && a_before == Some(b) && b_before == Some(a) {
                last = last.min(at(&two_above, j - 1) + 1);
            }
            row.push(last);
            b_before = Some(b);
        }
        two_above = std::mem::replace(&mut above, row);
        a_before = Some(a);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_removals_replacements_and_swaps() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("amount", "amont", 1),
            ("email", "emial", 1),
            ("emial", "email", 1),
            ("ab", "ba", 1),
            ("abcd", "badc", 2),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn two_letters_that_changed_places_are_one_mistake() {
        assert_eq!(near_miss("email", ["id", "emial"].into_iter()), Some("emial"));
        assert_eq!(near_miss("date", ["id", "daet"].into_iter()), Some("daet"));
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
