//! Whether a JSON has an object with a duplicate key, or more levels than are read. A map keeps the last value of a key
//! and drops the others silently, so the text is checked.

use std::borrow::Cow;

/// The most objects and lists inside of each other that `serde_json` reads.
pub(super) const LEVELS: usize = 127;

/// Why a JSON is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    KeyTwice,
    TooDeep,
}

/// Whether an object has a duplicate key. The answer means nothing for a text that is no JSON.
pub(crate) fn any_twice(text: &str) -> bool {
    fault(text, usize::MAX) == Some(Fault::KeyTwice)
}

/// The first fault of a JSON that is read to `levels` levels.
///
/// It goes over the text once, without recursion and without a look at a value, so it also sees what a type passes over.
pub(super) fn fault(text: &str, levels: usize) -> Option<Fault> {
    let mut keys = Keys::default();
    let mut rest = text;
    while let Some((sign, after)) = next_sign(rest) {
        rest = after;
        match sign {
            b'"' => {
                let (inside, after) = string(rest);
                keys.string(inside);
                rest = after;
            }
            b'{' => keys.open(true),
            b'[' => keys.open(false),
            b',' => keys.comma(),
            _ => {
                if keys.close() {
                    return Some(Fault::KeyTwice);
                }
            }
        }
        if keys.open.len() > levels {
            return Some(Fault::TooDeep);
        }
    }
    None
}

/// The keys of the objects that are open, from the outermost to the innermost.
#[derive(Default)]
struct Keys<'t> {
    keys: Vec<Cow<'t, str>>,
    /// For each object that is open how many keys stand before its own, and nothing for a list.
    open: Vec<Option<usize>>,
    /// Whether a string that comes next is a key.
    at_key: bool,
}

impl<'t> Keys<'t> {
    fn open(&mut self, is_object: bool) {
        self.open.push(is_object.then_some(self.keys.len()));
        self.at_key = is_object;
    }

    fn comma(&mut self) {
        self.at_key = matches!(self.open.last(), Some(Some(_)));
    }

    fn string(&mut self, inside: &'t str) {
        if self.at_key {
            self.keys.push(unescaped(inside));
        }
        self.at_key = false;
    }

    /// Ends the innermost object or list, and says whether it was an object with a key twice.
    fn close(&mut self) -> bool {
        self.at_key = false;
        let Some(Some(start)) = self.open.pop() else { return false };
        let own = self.keys.get_mut(start..).unwrap_or_default();
        own.sort_unstable();
        let twice = own.windows(2).any(|pair| matches!(pair, [left, right] if left == right));
        self.keys.truncate(start);
        twice
    }
}

/// The next byte that opens or ends something, and the text after it.
fn next_sign(text: &str) -> Option<(u8, &str)> {
    let is_sign = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',');
    let (at, sign) = text.bytes().enumerate().find(|(_, byte)| is_sign(byte))?;
    Some((sign, text.get(at + 1..)?))
}

/// The rest of a string that has begun, and the text after it.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    let end = end.unwrap_or(text.len());
    let (inside, after) = text.split_at_checked(end).unwrap_or((text, ""));
    (inside, after.get(1..).unwrap_or_default())
}

/// The key itself, which two spellings may have.
fn unescaped(key: &str) -> Cow<'_, str> {
    if !key.contains('\\') {
        return Cow::Borrowed(key);
    }
    // One that is no text, such as half of a pair of surrogates, no type can have read: it stays as it is written.
    serde_json::from_str::<String>(&format!("\"{key}\"")).map_or(Cow::Borrowed(key), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_in_one_object_is_found_at_every_depth_and_in_every_spelling() {
        for text in [
            r#"{"a": 1, "a": 2}"#,
            r#"{"a":1,"b":{},"a":[]}"#,
            r#"[1, {"x": [{"s3": 1, "\u0073\u0033": "v"}]}]"#,
            r#"{"": null, "": null}"#,
            r#"{"a\"b": 1, "a\u0022b": 2}"#,
            "{\"a\\\\\": 1,\n\t\"a\\\\\" : 2}",
            r#"{"left": 1e999, "right": {"a": 1, "a": 2}}"#,
            r#"{"\ud800": 1, "\ud800": 2}"#,
        ] {
            assert!(any_twice(text), "{text}");
        }
    }

    #[test]
    fn the_same_text_elsewhere_is_no_key_of_the_object() {
        for text in [
            "",
            "null",
            r#""a""#,
            r#"["a", "a", {"a": "a"}, {"a": ["a", "a"]}]"#,
            r#"{"a": {"a": {"a": 1}}, "b": "a"}"#,
            r#"{"a": "{\"a\": 1, \"a\": 2}", "b": "},{\"b\":"}"#,
            r#"{"a": 1, "A": 2, " a": 3, "a ": 4}"#,
            r#"{"a\\": 1, "a": 2}"#,
            r#"{"é": 1, "è": 2, "🦀": 3}"#,
        ] {
            assert!(!any_twice(text), "{text}");
        }
    }

    #[test]
    fn a_json_of_more_levels_than_are_read_is_told_from_one_of_as_many() {
        let lists = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let objects = |levels: usize| "{\"[{\":".repeat(levels) + "1" + &"}".repeat(levels);
        for (fits, deeper) in [(lists(LEVELS), lists(LEVELS + 1)), (objects(LEVELS), objects(LEVELS + 1))] {
            assert_eq!(fault(&fits, LEVELS), None);
            assert!(serde_json::from_str::<serde_json::Value>(&fits).is_ok());
            assert_eq!(fault(&deeper, LEVELS), Some(Fault::TooDeep));
            assert!(serde_json::from_str::<serde_json::Value>(&deeper).is_err());
        }
        assert_eq!(fault(&format!("[{}1]", "[1],".repeat(1_000)), LEVELS), None);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_no_json_is_no_panic(text in "[\\[\\]{},:\"\\\\ué0-9]{0,40}") {
            let _ = any_twice(&text);
        }
    }

    #[test]
    fn many_keys_take_no_longer_than_it_takes_to_sort_them() {
        let keys: Vec<String> = (0..200_000).map(|key| format!("\"{key}\":0")).collect();
        let text = format!("{{{}}}", keys.join(","));
        assert!(!any_twice(&text));
        assert!(any_twice(&text.replacen("\"7\"", "\"70\"", 1)));
    }
}
