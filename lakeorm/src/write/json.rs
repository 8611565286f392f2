//! Rows from JSON: nothing in it is passed over.

use std::io;

use futures_core::Stream;
use futures_util::stream;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::error::{Error, ErrorKind, Result};
use crate::json::{Fields, KEY_TWICE, Strict, keys_are_told_once, line_of};
use reason::reason;

mod reason;

/// Maximum bytes of a line.
const LINE: u64 = 64 << 20;

/// The mark that some programs put in front of UTF-8. It is no JSON, and a parser may ignore it (RFC 8259).
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a row, or a `Vec` of them, from JSON.
///
/// ```
/// #[derive(Debug, serde::Deserialize)]
/// struct Order { id: i64, note: Option<String> }
///
/// let orders: Vec<Order> = lakeorm::from_json(br#"[{"id": 1, "note": "first"}, {"id": 2}]"#)?;
/// assert_eq!(orders.len(), 2);
/// let error = lakeorm::from_json::<Vec<Order>>(br#"[{"id": 1, "nota": "first"}]"#).unwrap_err();
/// assert!(error.to_string().contains("[0].nota"));
/// # Ok::<(), lakeorm::Error>(())
/// ```
///
/// # What serde keeps to itself
///
/// Below `#[serde(flatten)]`, in an `#[serde(untagged)]` enum and in one with `#[serde(tag = "…")]` serde gathers the
/// fields before it looks for those that it knows, and drops the others without a word: nobody can tell that there were
/// any. There `#[serde(deny_unknown_fields)]` brings the error back: on the struct with the flattened field, on the
/// enum with a tag, and on the structs in the variants of one without. An array in the place of a struct is there taken
/// by position, as serde does it.
///
/// A number in such a place is an `f64` first, so that one that no `f32` holds, such as `1e300`, is an infinite `f32`
/// there. Everywhere else it is an error.
///
/// # Numbers
///
/// A number is read as the nearest one that its type has: `1e-400` is the `f64` 0.0, as `1e-60` is the `f32` 0.0. One
/// that is greater than all of them, such as `1e400`, is an error. A [`serde_json::Value`] holds 64 bits: an integer
/// that needs more and a number with a fraction are the nearest `f64` in it, which keeps about 17 digits.
///
/// # Decimals
///
/// A [`Decimal`](crate::Decimal) is read from a string (`"12.50"`) or an integer that fits in 64 bits; another number
/// is refused, since serde_json hands it over as an `f64`, unless its feature `arbitrary_precision` is on. A
/// `rust_decimal::Decimal` takes that `f64` and so loses digits without an error: send decimals as strings, or turn on
/// `arbitrary_precision`, and `serde-with-arbitrary-precision` of rust_decimal. It also rounds a string to the 28
/// places that it has, without an error.
///
/// # Keys of maps
///
/// A duplicate key is found by its text. Keys that are spelt differently and are the same value of the key's type, such
/// as two spellings of one `uuid::Uuid` or the [`Decimal`](crate::Decimal)s `"1.0"` and `"1.00"`, leave one entry in
/// the map, the last: read such keys as `String`s.
///
/// # Errors
///
/// [`Input`](ErrorKind::Input), with line and path, for invalid JSON, an unknown or missing field, a value of the wrong
/// type (an array is no struct), a duplicate key, or text after the value. The error does not contain the value, nor
/// what a type says of it in its own words, nor the key of a map, for which `{key}` stands in the path; serde reads the
/// keys of a flattened map as fields, so they are shown.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    read(unmarked(json), 1)
}

/// The text after a byte order mark.
fn unmarked(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Reads newline-delimited JSON: one row per line, each as strictly as [`from_json`] does; blank lines are skipped.
///
/// ```
/// use futures::TryStreamExt;
///
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// struct Order { id: i64 }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let file: &[u8] = b"{\"id\": 1}\n{\"id\": 2}\n"; // or tokio::io::BufReader::new(tokio::fs::File::open(path).await?)
/// let orders: Vec<Order> = lakeorm::json_lines(file).try_collect().await?;
/// assert_eq!(orders, [Order { id: 1 }, Order { id: 2 }]);
/// # Ok::<(), lakeorm::Error>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`from_json`] for each line, with its number, and for one of more than 64 MiB;
/// [`Input`](ErrorKind::Input) if the file cannot be read. The stream ends after the first error: to set bad lines
/// aside, read each line by [`from_json`], as [`Client::insert_stream`](crate::Client::insert_stream) shows.
///
/// # Cancel safety
///
/// Dropping a call of `next` loses nothing. Dropping the stream loses what was read of an unfinished line.
pub fn json_lines<T: DeserializeOwned>(
    lines: impl AsyncBufRead + Send + Unpin,
) -> impl Stream<Item = Result<T>> + Send {
    stream::try_unfold((lines, 0), |(mut lines, mut number)| async move {
        loop {
            number += 1;
            let Some(line) = next_line(&mut lines, LINE).await? else { return Ok(None) };
            if u64::try_from(line.len()).is_ok_and(|length| length > LINE) {
                return Err(wrong(number, "", "the line is longer than 64 MiB"));
            }
            let text = if number == 1 { unmarked(&line) } else { &line };
            if !text.trim_ascii().is_empty() {
                return Ok(Some((read(text, number)?, (lines, number))));
            }
        }
    })
}

/// The next line without its end; longer than `most` only if the line is.
async fn next_line(lines: &mut (impl AsyncBufRead + Unpin), most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let with_end = most.saturating_add(2);
    if lines.take(with_end).read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    line.truncate(without_end(&line).len());
    Ok(Some(line))
}

/// The line without what ends it, so that what is wrong at its end is not told of the next one.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads JSON that begins on this line of its source.
fn read<T: DeserializeOwned>(text: &[u8], line: usize) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut path = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(Strict::row(&mut json), &mut path);
    let line_of = |error: &_| line_of(error, text).saturating_sub(1).saturating_add(line);
    let read = T::deserialize(tracked).map_err(|error| {
        let path = shown(&steps_to(&path.path()), &Fields::of::<T>(text));
        wrong(line_of(&error), &path, &reason(&error))
    })?;
    json.end().map_err(|error| wrong(line_of(&error), "", "there is more text after the JSON value"))?;
    check_keys::<T>(text, line)?;
    Ok(read)
}

/// Refuses a key that stands twice in one object: a map would keep the last of its values and drop the others without a
/// word.
fn check_keys<T: DeserializeOwned>(text: &[u8], line: usize) -> Result<()> {
    let json = str::from_utf8(text).map_err(|_| wrong(line, "", "the text is not UTF-8"))?;
    keys_are_told_once(json).map_err(|twice| {
        let path = shown(&steps_to(&twice.path), &Fields::of::<T>(text));
        wrong(twice.line.saturating_sub(1) + line, &path, KEY_TWICE)
    })
}

/// A step of a path in JSON.
enum Step {
    Index(usize),
    Key(String),
}

fn steps_to(path: &serde_path_to_error::Path) -> Vec<Step> {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Step::Index(*index),
        Segment::Map { key } | Segment::Enum { variant: key } => Step::Key(key.clone()),
        Segment::Unknown => Step::Key(String::new()),
    };
    path.iter().map(step).collect()
}

/// The path as `lines[0].sku`. A key of a map is data, and `{key}` stands for it.
fn shown(steps: &[Step], fields: &Fields) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) if fields.has(key) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(key);
            }
            Step::Key(_) => path.push_str("{key}"),
        }
    }
    path
}

fn wrong(line: usize, path: &str, reason: &str) -> Error {
    let between = if path.is_empty() { "" } else { ", " };
    Error::new(ErrorKind::Input, format!("the JSON cannot be read: line {line}{between}{path}: {reason}"))
}

#[cfg(test)]
mod tests;
