//! Texts and binaries.

use crate::plan::{Column, IntoColumn, IntoValue};

functions! {
    ascii(text: column) "The code of the first character.";
    base64(binary: column) "A binary in base 64, as text.";
    bit_length(column: column) "How many bits the text or binary takes.";
    btrim(text: column) "The text without white space at both ends.";
    btrim_with_characters(text: column, characters: value) = "btrim"
        "The text without any of these characters at both ends.";
    char(code: column) "The character of a code.";
    char_length(text: column) "How many characters, or bytes of a binary, there are.";
    character_length(text: column) "How many characters, or bytes of a binary, there are.";
    chr(code: column) "The character of a code.";
    collate(text: column, collation: value) "The text with a collation.";
    collation(text: column) "The name of the text's collation.";
    concat_ws(separator: value, columns: columns) "Several texts with a separator between them, `NULL`s left out.";
    contains(text: column, part: column) "Whether the other text is part of the text.";
    decode(binary: column, charset: value) "A binary as text, read in a character set.";
    elt(columns: columns) "The column whose number, counted from 1, is the first argument.";
    encode(text: column, charset: value) "A text as a binary, in a character set.";
    endswith(text: column, suffix: column) "Whether the text ends with another.";
    find_in_set(text: column, list: column)
        "The place of a text in a list separated by commas, counted from 1; 0 if nowhere.";
    format_number(number: column, places: value)
        "A number as text in the form `#,###.##`, with `places` decimal places.";
    format_string(format: value, columns: columns) "A text with the columns inserted as by C's `printf`.";
    from_base32(text: column) "Base 32 text as a binary.";
    ilike(text: column, pattern: column) "Whether the text matches a pattern of `%` and `_`, whatever the case.";
    ilike_with_escape(text: column, pattern: column, escape: value) = "ilike"
        "Whether the text matches a pattern of `%` and `_`, whatever the case, with a character before which they are \
        themselves.";
    initcap(text: column) "The text with a capital at the beginning of each word.";
    instr(text: column, part: value) "Where another text first occurs, counted from 1; 0 if nowhere.";
    is_valid_utf8(text: column) "Whether the text is well-formed UTF-8.";
    jaro_winkler_similarity(left: column, right: column) "How alike two texts are, from 0 to 1.";
    lcase(text: column) "The text in lower case.";
    left(text: column, length: number) "The first characters of the text.";
    length(column: column) "How many characters, or bytes of a binary, there are.";
    levenshtein(left: column, right: column) "How many characters differ between two texts.";
    levenshtein_with_threshold(left: column, right: column, threshold: value) = "levenshtein"
        "How many characters differ between two texts, -1 where they are more than the threshold.";
    like(text: column, pattern: column) "Whether the text matches a pattern of `%` and `_`.";
    like_with_escape(text: column, pattern: column, escape: value) = "like"
        "Whether the text matches a pattern of `%` and `_`, with a character before which they are themselves.";
    locate(part: value, text: column) "Where a text first occurs in another, counted from 1; 0 if nowhere.";
    locate_with_start(part: value, text: column, start: number) = "locate"
        "Where a text first occurs in another from a position on, counted from 1; 0 if nowhere.";
    lower(text: column) "The text in lower case.";
    lpad(column: column, length: value, pad: value) "The text padded on the left to a length, or cut off at it.";
    ltrim(text: column) "The text without white space at its beginning.";
    luhn_check(text: column) "Whether the digits match their check digit, as those of a credit card do.";
    make_valid_utf8(text: column) "The text with invalid UTF-8 replaced.";
    mask(text: column) "The text with letters and digits replaced by `X`, `x` and `n`.";
    octet_length(column: column) "How many bytes the text or binary takes.";
    overlay(text: column, replacement: column, position: number) "The text overwritten by another from a position on.";
    overlay_with_length(text: column, replacement: column, position: number, length: number) = "overlay"
        "The text with `length` characters from a position on replaced by another.";
    parse_url(url: column, part: column) "A part of a URL, such as `HOST` or `QUERY`.";
    parse_url_with_key(url: column, part: column, key: value) = "parse_url"
        "The value of a key in a part of a URL: `parse_url_with_key(\"url\", lit(\"QUERY\"), \"id\")`.";
    position(part: column, text: column) "Where a text first occurs in another, counted from 1; 0 if nowhere.";
    position_with_start(part: column, text: column, start: number) = "position"
        "Where a text first occurs in another from a position on, counted from 1; 0 if nowhere.";
    printf(format: column, columns: columns) "A text with the columns inserted as by C's `printf`.";
    quote(text: column) "The text in quotes, with the quotes inside it escaped.";
    regexp(text: column, pattern: column) "Whether part of the text matches a regular expression.";
    regexp_count(text: column, pattern: column) "How often a regular expression matches.";
    regexp_extract(text: column, pattern: value, group: value) "The first match of a group of a regular expression.";
    regexp_extract_all(text: column, pattern: column, group: value)
        "All matches of a group of a regular expression, as an array.";
    regexp_instr(text: column, pattern: column) "Where a regular expression matches first, counted from 1.";
    regexp_like(text: column, pattern: column) "Whether part of the text matches a regular expression.";
    regexp_replace(text: column, pattern: value, replacement: value)
        "The text with all matches of a regular expression replaced.";
    regexp_substr(text: column, pattern: column) "The first match of a regular expression.";
    repeat(text: column, count: number) "The text `count` times, one after the other.";
    replace(text: column, part: column, replacement: column) "The text with every occurrence of another replaced.";
    right(text: column, length: number) "The last characters of the text.";
    rlike(text: column, pattern: column) "Whether part of the text matches a regular expression.";
    rpad(column: column, length: value, pad: value) "The text padded on the right to a length, or cut off at it.";
    rtrim(text: column) "The text without white space at its end.";
    sentences(text: column) "An array of sentences, each an array of words.";
    sentences_with_locale(text: column, language: value, country: value) = "sentences"
        "An array of sentences, each an array of words, by the rules of a language and a country, such as `de` and `AT`.";
    soundex(text: column) "How the text sounds, as a code.";
    space(count: column) "A text of `count` spaces.";
    split(text: column, pattern: value) "The pieces of the text between the matches of a regular expression.";
    split_with_limit(text: column, pattern: value, limit: number) = "split"
        "At most `limit` pieces of the text between the matches of a regular expression, the last with the rest.";
    split_part(text: column, delimiter: column, part: column) "A piece of the text between delimiters, counted from 1.";
    startswith(text: column, prefix: column) "Whether the text starts with another.";
    substr(text: column, position: number) "The text from a position on, counted from 1.";
    substr_with_length(text: column, position: number, length: number) = "substr"
        "`length` characters from a position on, counted from 1.";
    substring(text: column, position: number, length: number) "`length` characters from a position on, counted from 1.";
    substring_index(text: column, delimiter: value, count: value)
        "The text before the delimiter of this number, or after it, counted from the end, if the number is negative.";
    to_base32(binary: column) "A binary in base 32, as text.";
    to_binary(text: column, format: value) "Text as a binary: `hex`, `base64` or `utf-8`.";
    to_char(column: column, format: column) "A number or a time as text, by a format.";
    to_number(text: column, format: column) "A text as a number, by a format.";
    to_varchar(column: column, format: column) "A number or a time as text, by a format.";
    translate(text: column, characters: value, replacements: value)
        "The text with characters replaced by those at the same place in another text.";
    trim(text: column) "The text without white space at both ends.";
    try_parse_url(url: column, part: column) "A part of a URL, `NULL` where the text is not a URL.";
    try_parse_url_with_key(url: column, part: column, key: value) = "try_parse_url"
        "The value of a key in a part of a URL, `NULL` where the text is not a URL. Spark from 4.0 on.";
    try_to_binary(text: column, format: value) "Text as a binary, `NULL` where it cannot be.";
    try_to_number(text: column, format: column) "A text as a number by a format, `NULL` where it cannot be.";
    try_url_decode(text: column) "The text of a URL with its escapes decoded, `NULL` where they are wrong.";
    try_validate_utf8(text: column) "The text, `NULL` where it is not UTF-8.";
    ucase(text: column) "The text in upper case.";
    unbase64(text: column) "Base 64 text as a binary.";
    upper(text: column) "The text in upper case.";
    url_decode(text: column) "The text of a URL with its escapes decoded.";
    url_encode(text: column) "The text escaped for a URL.";
    validate_utf8(text: column) "The text, an error where it is not UTF-8.";
}

/// The text without any of these characters at both ends.
#[track_caller]
pub fn trim_with_characters(text: impl IntoColumn, characters: impl IntoValue) -> Column {
    trimmed("trim", text, characters)
}

/// The text without any of these characters at its beginning.
#[track_caller]
pub fn ltrim_with_characters(text: impl IntoColumn, characters: impl IntoValue) -> Column {
    trimmed("ltrim", text, characters)
}

/// The text without any of these characters at its end.
#[track_caller]
pub fn rtrim_with_characters(text: impl IntoColumn, characters: impl IntoValue) -> Column {
    trimmed("rtrim", text, characters)
}

/// Servers take the characters first.
#[track_caller]
fn trimmed(name: &'static str, text: impl IntoColumn, characters: impl IntoValue) -> Column {
    crate::plan::function(name, vec![characters.into_value(), text.into_column()])
}
