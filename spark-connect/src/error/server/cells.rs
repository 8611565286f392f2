//! Cells of the rows that a statement reads or writes, as servers repeat them: what cannot be cast, parsed or computed
//! is quoted, the rules of a table name the row that breaks them, and the path of a file names its partition.
//!
//! What `raise_error` says is the program's own text, and stays.

use std::error::Error as StdError;

use super::ServerError;
use crate::error::Error;

/// Stands in front of the values of a row that breaks a CHECK, in the words of Spark and of Delta.
const VIOLATED: &str = "violated by row with values:";

/// The words in front of a value, with `…` for any others between them, and, in one of several forms, after it. A
/// message may be cut in the middle of the value, or end with it.
const QUOTED: &[(&str, &[&str])] = &[
    ("EXCEED_CHAR_VARCHAR_LIMIT] Value \"", &["\" exceeds char/varchar type length limitation"]),
    ("CAST_INVALID_INPUT] The value '", &["' of the type", "' is malformed", "' cannot be cast"]),
    ("CAST_OVERFLOW] The value ", &[" of the type"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE] ", &[" cannot be represented as"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] ", &[" cannot be represented as"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION] The ", &[" cannot be represented as"]),
    ("NUMERIC_OUT_OF_SUPPORTED_RANGE] The value ", &[" cannot be interpreted as"]),
    ("CONVERSION_INVALID_INPUT] The value ", &[" cannot be converted to"]),
    ("BINARY_ARITHMETIC_OVERFLOW] ", &[" caused overflow"]),
    ("DATETIME_OVERFLOW] Datetime operation overflow: ", &[". "]),
    ("CANNOT_PARSE_TIMESTAMP] Text '", &["' could not be parsed"]),
    ("CANNOT_PARSE_TIME] The input string ", &[" cannot be parsed to a TIME"]),
    ("CANNOT_PARSE_INTERVAL] Unable to parse ", &[". Please ensure"]),
    ("CANNOT_PARSE_JSON_FIELD] Cannot parse the field name ", &[" of the JSON token type"]),
    ("CANNOT_PARSE_STRING_AS_DATATYPE] Cannot parse the value ", &[" of the field"]),
    ("detected in record parsing: ", &[". Parse Mode"]),
    ("MALFORMED_CSV_RECORD] Malformed CSV record: ", &[" SQLSTATE"]),
    ("DUPLICATED_MAP_KEY] Duplicate map key ", &[" was found"]),
    ("VARIANT_DUPLICATE_KEY] Failed to build variant because of a duplicate object key `", &["`."]),
    ("INVALID_VARIANT_CAST] The variant value `", &["` cannot be cast"]),
    ("INVALID_ARRAY_INDEX] The index ", &[" is out of bounds"]),
    ("INVALID_ARRAY_INDEX_IN_ELEMENT_AT] The index ", &[" is out of bounds"]),
    ("INVALID_BITMAP_POSITION] The 0-indexed bitmap position ", &[" is out of bounds"]),
    (
        "INVALID_FRACTION_OF_SECOND] Valid range for seconds is [0, 60] (inclusive), but the provided value is ",
        &[". To"],
    ),
    ("INVALID_URL] The url is invalid: ", &[". Use `try_parse_url`", ". If necessary"]),
    ("CANNOT_DECODE_URL] The provided URL cannot be decoded: ", &[". Please ensure"]),
    ("INVALID_UTF8_STRING] Invalid UTF8 byte sequence found in string: ", &[". ", "."]),
    ("INVALID_REGEXP_REPLACE] Could not perform regexp_replace for source = \"", &["\", pattern ="]),
    ("ILLEGAL_DAY_OF_WEEK] Illegal input for day of week: ", &[". ", "."]),
    (
        "COMPARATOR_RETURNS_NULL] The comparator has returned a NULL for a comparison between ",
        &[". It should"],
    ),
    ("INVALID_PARTITION_VALUE] Failed to cast value ", &[" to data type"]),
    ("INVALID_TIMEZONE] The timezone: ", &[" is invalid"]),
    ("INVALID_PARAMETER_VALUE.BINARY_FORMAT] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.CHARSET] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.DATETIME_UNIT] …, but got the string literal ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.HMAC_ALGORITHM] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.LENGTH] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.OCCURRENCE] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.PATTERN] … is invalid: ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX] …, but got ", SENTENCE),
    ("INVALID_PARAMETER_VALUE.TIME_UNIT] …, but got ", SENTENCE),
    ("INVALID_VARIANT_GET_PATH] The path `", &["` is not a valid"]),
    ("INVALID_VARIANT_PATH] The path '", &["' is not a valid"]),
    ("VARIANT_PATH_TYPE_MISMATCH] The path '", &["' is incompatible"]),
    // Of Sail, DataFusion and Arrow.
    ("Cannot cast string '", &["' to value of"]),
    ("Cannot cast value '", &["' to value of"]),
    ("Can't cast value ", &[" to type"]),
    ("can't parse the string value ", &[" to decimal"]),
    ("parse decimal overflow (", &[")"]),
    ("annot parse decimal format: ", &["\n"]),
    ("nvalid decimal format: ", &["\n"]),
    ("invalid timestamp: ", &["\n"]),
    ("invalid date: ", &["\n"]),
    ("invalid time: ", &["\n"]),
    ("invalid datetime: ", &["\n"]),
    ("invalid interval: ", &["\n"]),
    ("Error parsing timestamp from '", &["' using format", "': "]),
    ("Error parsing timestamp: [CANNOT_PARSE_TIMESTAMP] ", &[". Use", "\n"]),
    ("Failed to parse date '", &["'"]),
    ("Failed to parse value '", &["'"]),
    ("Failed to parse with format '", &["\n"]),
    ("Could not parse the string as ", &["\n"]),
    ("Unable to parse date from ", &["\n"]),
    ("nvalid input syntax for type interval: ", &["\n"]),
    ("date components are out of range: ", &["\n"]),
    ("Date32 value out of range: ", &["\n"]),
    ("Overflow happened on: ", &["\n"]),
    ("Overflow happened on FACTORIAL(", &[")"]),
    ("Date arithmetic overflow: ", &["\n"]),
    ("). Overflowing on ", &["\n"]),
    (" overflow on abs(", &[")"]),
    ("nvalid hex sequence '", &["'"]),
];

/// The same where the words in front are not enough to tell what comes.
const BETWEEN: &[(&str, &[&str])] = &[
    ("Text '", &["' could not be parsed"]),
    ("String '", &["' does not match the expected"]),
    ("Unparseable date: \"", &["\""]),
    ("Invalid date '", &["'"]),
    ("Fail to parse ", &[" in the new parser"]),
    ("Error parsing '", &["' to interval", "' as "]),
    ("Failed to parse '", &["' as time"]),
    ("Failed to parse ", &[" as interval amount"]),
    (". The input ", &[" does not match the format"]),
    ("Found the negative value in ", &[", but expected a positive"]),
    ("Failed to convert the row value ", &[" of the class"]),
    ("Failed to convert value ", &[" (class of"]),
    ("Failed to convert ", &[" to temporal for", " to datetime for"]),
    ("Failed to cast value `", &["` to `"]),
    ("- ", &[" caused overflow"]),
    ("value of ", &[" is out of range"]),
    (" value '", &["' is out of range"]),
    (
        "Invalid argument error: ",
        &[" is too large to store in a Decimal", " is too small to store in a Decimal"],
    ),
    ("Unable to represent ", &[" in a signed 32-bit integer", " as milliseconds"]),
    ("Overflow converting ", &[" to Nanosecond", " to Microsecond", " to Millisecond", " to Second"]),
];

/// The end of a sentence of Spark's.
const SENTENCE: &[&str] = &[". SQLSTATE", "."];

/// The words before the ID of a time zone that Java does not know, as Spark 3.5 repeats them.
const ZONES: [&str; 2] = ["Unknown time-zone ID: ", "Invalid ID for …: "];

/// The most bytes of cells of one error. All its texts have about as many: more is the same text again and again.
const MOST_CELLS: usize = 256 * 1024;

/// Parameters of conditions that are cells under any of them.
const CELLS: [&str; 17] = [
    "value",
    "roundedValue",
    "originalValue",
    "value1",
    "value2",
    "firstValue",
    "secondValue",
    "fieldValue",
    "indexValue",
    "invalidValue",
    "negativeValue",
    "badRecord",
    "intervalString",
    "timeZone",
    "charset",
    "algorithm",
    "groupIndex",
];

/// Parameters that are cells under these conditions, and under others a file, a table or an expression of it.
const CELLS_OF: [(&str, &[&str]); 10] = [
    ("CAST_INVALID_INPUT", &["expression"]),
    ("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION", &["pattern"]),
    ("INVALID_DATETIME_PATTERN", &["pattern"]),
    ("INVALID_PARAMETER_VALUE.BINARY_FORMAT", &["invalidFormat"]),
    ("INVALID_PARAMETER_VALUE.LENGTH", &["length"]),
    ("INVALID_PARAMETER_VALUE.OCCURRENCE", &["actual"]),
    ("INVALID_REGEXP_REPLACE", &["source", "pattern", "replacement"]),
    ("INVALID_VARIANT_GET_PATH", &["path"]),
    ("INVALID_VARIANT_PATH", &["path"]),
    ("VARIANT_PATH_TYPE_MISMATCH", &["path", "failedAt"]),
];

/// Conditions whose parameter `value` is a name.
const OF_NAMES: [&str; 2] = ["UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY", "INVALID_PROPERTY_VALUE"];

impl Error {
    /// The cells in what servers said here and in the errors below; see [`ServerError::repeated_cells`].
    pub(crate) fn repeated_cells(&self, columns: &[String]) -> Vec<String> {
        let mut cells = Vec::new();
        let mut next: Option<&(dyn StdError + 'static)> = Some(self);
        while let Some(told) = next {
            match told.downcast_ref::<Self>() {
                Some(error) => {
                    cells
                        .extend(error.server().into_iter().flat_map(|server| server.repeated_cells(columns)));
                }
                None => cells.extend(repeated_in(&told.to_string(), columns)),
            }
            next = told.source();
        }
        cells
    }
}

impl ServerError {
    /// The cells that the server repeats of rows with these columns, whose names are no cells.
    pub(crate) fn repeated_cells(&self, columns: &[String]) -> Vec<String> {
        let texts = [&self.message].into_iter().chain(&self.causes);
        let told = || texts.clone().chain(self.message_parameters.values());
        let cells = self.parameters_of_cells(columns).into_iter();
        // Not every server sends parameters, and long ones are cut, so that the texts are searched too.
        let cells = cells.chain(texts.clone().flat_map(|text| repeated_in(text, columns)));
        let cells = cells.chain(told().flat_map(|text| in_partitions(text, columns)));
        let listed = self.is_commit_conflict().then(told).into_iter().flatten();
        bounded(cells.chain(listed.flat_map(|text| listed_partitions(text))), told())
    }

    fn parameters_of_cells(&self, columns: &[String]) -> Vec<String> {
        let class = self.error_class().unwrap_or_default();
        let is_of_names = OF_NAMES.iter().any(|names| class.starts_with(names));
        let parameter = |name: &str| self.message_parameters.get(name);
        let cells = CELLS.into_iter().filter(|_| !is_of_names);
        let mut cells: Vec<String> = cells.filter_map(parameter).cloned().collect();
        let of_class = CELLS_OF.iter().filter(|(condition, _)| class.starts_with(condition));
        let named = of_class.flat_map(|(_, parameters)| parameters.iter());
        cells.extend(named.filter_map(|name| parameter(name)).cloned());
        cells.extend(parameter("values").into_iter().flat_map(|lines| values(lines, columns)));
        cells
    }
}

/// The cells, or where they are too many the texts that they stand in, as a whole.
fn bounded<'t>(cells: impl Iterator<Item = String>, texts: impl Iterator<Item = &'t String>) -> Vec<String> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    for cell in cells {
        bytes += cell.len();
        if bytes > MOST_CELLS {
            return texts.cloned().collect();
        }
        found.push(cell);
    }
    found
}

fn repeated_in(text: &str, columns: &[String]) -> Vec<String> {
    let violated = text.split_once(VIOLATED).map(|(rule, lines)| match columns.is_empty() {
        // The rule names the columns whose values follow.
        true => values(lines, &names(rule)),
        false => values(lines, columns),
    });
    let quoted = QUOTED.iter().filter_map(|(before, after)| {
        let rest = behind(text, before)?;
        rest.get(..end(rest, after).unwrap_or(rest.len()))
    });
    let between = BETWEEN.iter().filter_map(|(before, after)| {
        let rest = behind(text, before)?;
        rest.get(..end(rest, after)?)
    });
    let told = quoted.chain(between).chain(out_of_bounds(text)).chain(of_sequences(text));
    let told = told.chain(of_zones(text)).chain(of_patterns(text)).chain(of_arrays(text)).map(str::to_owned);
    violated.into_iter().flatten().chain(told).collect()
}

/// What follows these words, with any others in place of `…`.
fn behind<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    words.split('…').try_fold(text, |text, words| text.split_once(words).map(|(_, rest)| rest))
}

/// `Illegal sequence boundaries: 1 to -4 by 5`.
fn of_sequences(text: &str) -> impl Iterator<Item = &str> {
    let told = behind(text, "Illegal sequence boundaries: ").and_then(|rest| rest.lines().next());
    told.into_iter().flat_map(|told| told.split(" to ")).flat_map(|told| told.split(" by "))
}

fn of_zones(text: &str) -> impl Iterator<Item = &str> {
    ZONES.into_iter().filter_map(move |before| behind(text, before)).map(without_stack)
}

/// What Java says, without the lines of its stack. Other lines may be those of a value.
fn without_stack(text: &str) -> &str {
    let ends = ["\n\tat ", "\n\nDriver stacktrace:", "\n\nJVM stacktrace:"];
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// A regular expression below what is wrong with it, with a mark at the place: Java's, and Rust's.
fn of_patterns(text: &str) -> impl Iterator<Item = &str> {
    let of_java = behind(text, " near index …\n").map(without_stack).into_iter().flat_map(str::lines);
    let of_java = of_java.take_while(|line| line.trim() != "^");
    let of_rust = behind(text, "regex parse error:");
    let of_rust = of_rust.and_then(|rest| rest.get(..rest.rfind("error: ").unwrap_or(rest.len())));
    let is_mark = |line: &str| line.chars().all(|letter| matches!(letter, '^' | '~' | ' '));
    of_java.chain(of_rust.into_iter().flat_map(str::lines)).map(str::trim).filter(move |line| !is_mark(line))
}

/// The values of arrays as Arrow shows them behind their type: `StringArray [ "a", "b", ]`, on one line or several.
///
/// What follows is searched behind the bracket that closes them, so that no text is taken twice.
fn of_arrays(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, behind) = rest.split_once("Array")?;
            rest = behind;
            if let Some(opened) = opened(behind) {
                let (values, behind) = opened.split_at(closing(opened));
                rest = behind;
                return Some(values);
            }
        }
    })
}

/// Behind the bracket that opens here, perhaps after the type of the elements.
fn opened(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('<') {
        Some(of) => {
            // No type of Arrow's elements is longer.
            let near = of.get(..of.floor_char_boundary(128)).unwrap_or(of);
            of.get(near.find('>')? + 1..)?
        }
        None => text,
    };
    text.trim_start().strip_prefix('[')
}

/// Where the bracket is closed that opens in front of the text. Those in quotes are a value's.
fn closing(values: &str) -> usize {
    let (mut open, mut is_quoted, mut is_escaped) = (1_usize, false, false);
    let is_closed = |letter: char| {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            '[' if !is_quoted => open += 1,
            ']' if !is_quoted => open -= 1,
            _ => {}
        }
        open == 0
    };
    values.find(is_closed).unwrap_or(values.len())
}

/// The number after the bounds that it exceeds.
fn out_of_bounds(text: &str) -> impl Iterator<Item = &str> {
    text.split(" (valid values ").skip(1).filter_map(|bounds| {
        let (_, rest) = bounds.split_once("): ")?;
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let after = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
        rest.strip_suffix(after).filter(|number| !number.is_empty())
    })
}

/// Start of the last `after` marker (the value may contain one itself). If only `.` is left, the last full stop before a
/// stack trace.
fn end(text: &str, after: &[&str]) -> Option<usize> {
    let last = |after: &[&str]| after.iter().filter_map(|after| text.rfind(after)).max();
    match after {
        [others @ .., "."] => last(others).or_else(|| without_stack(text).rfind('.')),
        _ => last(after),
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(|letter| letter != '_' && !char::is_alphanumeric(letter)).map(str::to_owned).collect()
}

/// Of lines ` - column : value` the values. Any other line is more of the value before it.
fn values(lines: &str, columns: &[String]) -> Vec<String> {
    let value = |line: &str| {
        let named = line.trim_start().strip_prefix("- ").and_then(|line| line.split_once(" : "));
        match named {
            Some((name, value)) if is_one_of(name, columns) => value.to_owned(),
            _ => line.to_owned(),
        }
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(value).collect()
}

/// Whether it is the name of one of the columns, or of a field in one.
fn is_one_of(name: &str, columns: &[String]) -> bool {
    let column = name.split('.').next().unwrap_or_default();
    columns.iter().any(|known| known.eq_ignore_ascii_case(column))
}

/// The values of partitions `name=value`: whatever the path of a file names so, and elsewhere where the name is a
/// column's.
fn in_partitions(text: &str, columns: &[String]) -> impl Iterator<Item = String> {
    let values = text.match_indices('=').filter_map(move |(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let name = before.rsplit(|letter| !is_of_name(letter)).next().unwrap_or_default();
        let front = before.strip_suffix(name).filter(|_| !name.is_empty())?;
        match front.chars().next_back() {
            // The others of these letters are escaped in a path.
            Some('/') => after.split(['/', ':', '=', '"', '\'', '[', ']', '\n']).next(),
            _ if !is_partition_by(name, columns) => None,
            Some(quote @ ('\'' | '"' | '`')) => after.get(..after.rfind(quote).unwrap_or(after.len())),
            _ => up_to_next(after),
        }
    });
    values.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-.%+".contains(letter)
}

/// Whether it is the name of one of the columns, or of a transform of it: `placed_day`.
fn is_partition_by(name: &str, columns: &[String]) -> bool {
    columns.iter().any(|column| {
        let begins = name.get(..column.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(column));
        begins && name.get(column.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

/// A conflict lists the partitions that others wrote to: `[region=Oslo, day=2026-11-28]` (Delta), and both formats list
/// files.
fn listed_partitions(text: &str) -> impl Iterator<Item = String> {
    let after = text.match_indices('=').filter_map(move |(at, _)| text.get(at + 1..));
    let values = after.filter_map(up_to_next);
    // A value may have any letter in it, up to the end of all of them.
    let all = text.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']')).map(|(inside, _)| inside);
    let all = all.into_iter().filter_map(|inside| inside.split_once('=')).map(|(_, values)| values);
    all.chain(values).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn up_to_next(text: &str) -> Option<&str> {
    text.split(['/', ',', ']', ')', '\n']).next()
}

#[cfg(test)]
mod tests;
