//! Rows from JSON: nothing in it is passed over.

use std::cell::Cell;
use std::io;

use futures_core::Stream;
use futures_util::stream;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::error::{Error, ErrorKind, Result};
use crate::json::{KEY_TWICE, keys_are_told_once};
use fields::Fields;

mod fields;

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
/// enum with a tag, and on the structs in the variants of one without.
///
/// A number in such a place is an `f64` first, so that one that no `f32` holds, such as `1e300`, is an infinite `f32`
/// there. Everywhere else it is an error.
///
/// # Decimals
///
/// A [`Decimal`](crate::Decimal) is read from a string (`"12.50"`) or an integer that fits in 64 bits; another number
/// is refused, since serde_json hands it over as an `f64`, unless its feature `arbitrary_precision` is on. A
/// `rust_decimal::Decimal` takes that `f64` and so loses digits without an error: send decimals as strings, or turn on
/// `arbitrary_precision`, and `serde-with-arbitrary-precision` of rust_decimal.
///
/// # Errors
///
/// [`Input`](ErrorKind::Input), with line and path, for invalid JSON, an unknown or missing field, a value of the wrong
/// type, a duplicate key, or text after the value. The error does not contain the value, nor the key of a map, for
/// which `{key}` stands in the path; serde reads the keys of a flattened map as fields, so they are shown.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    read(unmarked(json), 1)
}

/// The text behind a byte order mark.
fn unmarked(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Reads newline-delimited JSON: one row per line; blank lines are skipped.
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
/// [`Input`](ErrorKind::Input) if the file cannot be read. The stream ends after the first error.
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
            let mut line = Vec::new();
            if (&mut lines).take(LINE + 1).read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
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

/// Reads JSON that begins on this line of its source.
fn read<T: DeserializeOwned>(text: &[u8], line: usize) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let (mut path, mut unknown) = (serde_path_to_error::Track::new(), None);
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut path);
    let read = serde_ignored::deserialize(tracked, |field| {
        unknown.get_or_insert_with(|| steps_to_unknown(&field));
    });
    let line_of = |error: &serde_json::Error| error.line().saturating_sub(1) + line;
    match read {
        Err(error) => {
            let path = shown(&steps_to(&path.path()), &Fields::of::<T>(text));
            Err(wrong(line_of(&error), &path, &reason(&error)))
        }
        Ok(_) if unknown.is_some() => {
            let field = shown(&unknown.unwrap_or_default(), &Fields::of::<T>(text));
            let line = line + line_of_unknown::<T>(text);
            Err(wrong(line, &field, "the type has no such field"))
        }
        Ok(read) => {
            json.end()
                .map_err(|error| wrong(line_of(&error), "", "there is more text after the JSON value"))?;
            check_keys::<T>(text, line)?;
            Ok(read)
        }
    }
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

/// How many lines stand before the first field that the type does not have: it is read a second time, byte by byte, as
/// the parser tells its place in errors only.
fn line_of_unknown<T: DeserializeOwned>(text: &[u8]) -> usize {
    let before = Cell::new(0);
    let mut found = None;
    let mut json = serde_json::Deserializer::from_reader(Lines { left: text, before: &before });
    // The value is known already.
    let _ = serde_ignored::deserialize::<_, _, T>(&mut json, |_| {
        found.get_or_insert_with(|| before.get());
    });
    found.unwrap_or_default()
}

/// A text that is read byte by byte, and how many lines of it have been.
struct Lines<'t> {
    left: &'t [u8],
    before: &'t Cell<usize>,
}

impl io::Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some(slot), Some((byte, left))) = (buffer.first_mut(), self.left.split_first()) else {
            return Ok(0);
        };
        *slot = *byte;
        self.left = left;
        self.before.set(self.before.get() + usize::from(*byte == b'\n'));
        Ok(1)
    }
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

fn steps_to_unknown(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path;
    let (mut steps, mut next) = (Vec::new(), path);
    loop {
        next = match next {
            Path::Root => break,
            Path::Seq { parent, index } => {
                steps.push(Step::Index(*index));
                *parent
            }
            Path::Map { parent, key } => {
                steps.push(Step::Key(key.clone()));
                *parent
            }
            Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
                *parent
            }
        };
    }
    steps.reverse();
    steps
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

/// The reason of an error, without the value, which stands in serde's text before what was expected.
fn reason(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
    if let Some(field) = told.strip_prefix("unknown field `").and_then(|told| told.split('`').next()) {
        return format!("the type has no field {field}");
    }
    if told.starts_with("duplicate field `") {
        return KEY_TWICE.to_owned();
    }
    match error.classify() {
        serde_json::error::Category::Data if !told.starts_with("missing field") => {
            match told.rsplit_once(", expected ") {
                Some((_, expected)) => format!("{expected} was expected"),
                None => "the value does not fit the field's type".to_owned(),
            }
        }
        _ => told.to_owned(),
    }
}

fn wrong(line: usize, path: &str, reason: &str) -> Error {
    let between = if path.is_empty() { "" } else { ", " };
    Error::new(ErrorKind::Input, format!("the JSON cannot be read: line {line}{between}{path}: {reason}"))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        id: i64,
        note: Option<String>,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        sku: String,
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Sold,
        Returned,
    }

    fn refused(json: &str) -> String {
        let error = from_json::<Vec<Order>>(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string().trim_start_matches("the JSON cannot be read: ").to_owned()
    }

    #[test]
    fn json_that_is_not_the_type_is_told_with_its_line_and_path_and_without_the_value() {
        let cases = [
            (r#"[{"id": "s3cret"}]"#, "line 1, [0].id: i64 was expected"),
            ("[{\"id\": 1},\n{}]", "line 2, [1]: missing field `id`"),
            (r#"[{"id": 1, "id": 2}]"#, "line 1, [0]: the object has the same key twice"),
            (
                "[{\"id\": 1,\n\"lines\": [{\"sku\": \"a\", \"sku\": \"a\"}]}]",
                "line 2, [0].lines[0]: the object has the same key twice",
            ),
            (r#"[{"id": 1, "nota": 2}]"#, "line 1, [0].nota: the type has no such field"),
            (
                r#"[{"id": 1, "lines": [{"sku": "a", "s": 1}]}]"#,
                "line 1, [0].lines[0].s: the type has no such field",
            ),
            (r#"[{"id": 99999999999999999999}]"#, "line 1, [0].id: i64 was expected"),
            (r#"[] []"#, "line 1: there is more text after the JSON value"),
            (r#"[{"id": 1}"#, "line 1: EOF while parsing a list"),
            (
                r#"[{"id": 1, "lines": [{"sku": "a", "kind": "s3cret"}]}]"#,
                "line 1, [0].lines[0].kind: `Sold` or `Returned` was expected",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(refused(json), expected, "{json}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_every_depth() {
        type Maps = Vec<std::collections::BTreeMap<String, serde_json::Value>>;
        let told =
            |json: &str| from_json::<Maps>(json.as_bytes()).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(told(r#"[{"a": 1, "b": {"a": [1.5, true, null, "x", -1]}}, {"a": 1}]"#), Ok(()));
        for (json, place) in [
            ("[{\"a\": 1,\n\"a\": 2}]", "line 2, [0]"),
            (r#"[{"x": [{"s3": 1, "\u0073\u0033": "s3cret"}]}]"#, "line 1, [0]{key}[0]"),
        ] {
            let told = told(json).unwrap_err();
            assert_eq!(told, format!("the JSON cannot be read: {place}: the object has the same key twice"));
        }
    }

    #[derive(Debug, Deserialize)]
    struct Priced {
        prices: std::collections::BTreeMap<String, Line>,
        #[serde(flatten)]
        more: std::collections::BTreeMap<String, i32>,
    }

    #[test]
    fn a_key_of_a_map_is_in_no_path_and_a_field_is() {
        let told = |json: &str| {
            let read = from_json::<Priced>(json.as_bytes());
            read.map(|read| read.prices.len() + read.more.len()).unwrap_err().to_string()
        };
        for (json, path) in [
            (r#"{"prices": {"s3cret": {"sku": 1}}}"#, "prices{key}.sku: a string was expected"),
            (r#"{"prices": {"s3.cret": {"sku": "a", "s": 1}}}"#, "prices{key}.s: the type has no such field"),
            (
                r#"{"prices": {"s3cret": {"sku": "a", "kind": "s3cret"}}}"#,
                "prices{key}.kind: `Sold` or `Returned` was expected",
            ),
            (r#"{"prices": {"s3[1]cret": {"sku": "a"}, "s3[1]cret": {"sku": "a"}}}"#, "prices"),
        ] {
            let told = told(json);
            assert!(told.contains(&format!("line 1, {path}")) && !told.contains("cret"), "{told}");
        }
        let twice: Error = from_json::<Vec<Order>>(
            br#"[{"id": 1, "lines": [{"sku": "a", "kind": "Sold", "kind": "Sold"}]}]"#,
        )
        .unwrap_err();
        assert!(twice.to_string().contains("[0].lines[0]: the object has the same key twice"), "{twice}");
    }

    #[test]
    fn a_number_is_read_as_the_float_that_is_nearest_to_it_and_one_that_is_too_great_is_an_error() {
        let texts = ["449.49106478873813", "1.7976931348623157e308", "5e-324", "-0.0"];
        let read: Vec<f64> = from_json(format!("[{}]", texts.join(",")).as_bytes()).unwrap();
        let bits = read.iter().map(|number| number.to_bits());
        assert!(bits.eq(texts.map(|text| text.parse::<f64>().unwrap().to_bits())), "{read:?}");
        let too_great = [from_json::<f64>(b"1e400").unwrap_err(), from_json::<f32>(b"1e300").unwrap_err()];
        for error in too_great {
            assert_eq!(error.to_string(), "the JSON cannot be read: line 1: number out of range");
        }
    }

    #[derive(Debug, Deserialize)]
    struct Sku {
        sku: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct StrictSku {
        sku: String,
    }

    #[derive(Debug, Deserialize)]
    struct Flattened {
        #[serde(flatten)]
        line: Sku,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct StrictlyFlattened {
        #[serde(flatten)]
        line: Sku,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Line(Sku),
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum StrictlyUntagged {
        Line(StrictSku),
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Line { sku: String },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", deny_unknown_fields)]
    enum StrictlyTagged {
        Line { sku: String },
    }

    /// As it is documented: whoever finds a way to see these fields may turn the first half around.
    #[test]
    fn what_serde_gathers_first_is_strict_where_the_type_says_so() {
        let json = br#"{"kind": "Line", "sku": "a", "nota": 1}"#;
        let Flattened { line } = from_json(json).unwrap();
        let Untagged::Line(untagged) = from_json(json).unwrap();
        let Tagged::Line { sku } = from_json(json).unwrap();
        assert_eq!([line.sku, untagged.sku, sku], ["a", "a", "a"]);
        let json = br#"{"sku": "a", "nota": 1}"#;
        let told = |error: Error| error.to_string();
        let error = told(from_json::<StrictlyFlattened>(json).map(|read| read.line.sku).unwrap_err());
        assert!(error.ends_with("line 1: the type has no field nota"), "{error}");
        let untagged = |StrictlyUntagged::Line(line)| line.sku;
        assert!(from_json::<StrictlyUntagged>(json).map(untagged).is_err());
        let json = br#"{"kind": "Line", "sku": "a", "nota": 1}"#;
        let tagged = |StrictlyTagged::Line { sku }| sku;
        let error = told(from_json::<StrictlyTagged>(json).map(tagged).unwrap_err());
        assert!(error.ends_with("the type has no field nota"), "{error}");
    }

    #[tokio::test]
    async fn lines_are_read_one_by_one_and_a_wrong_one_has_its_number() {
        let file: &[u8] = b"{\"id\": 1}\r\n\n  {\"id\": 2, \"note\": \"x\"}\n{\"id\": 3}";
        let orders: Vec<Order> = json_lines(file).try_collect().await.unwrap();
        assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2, 3]);
        let file: &[u8] = b"{\"id\": 1}\n\n{\"id\": true}\n{\"id\": 3}\n";
        let mut orders = std::pin::pin!(json_lines::<Order>(file));
        assert_eq!(orders.try_next().await.unwrap().unwrap().id, 1);
        let error = orders.try_next().await.unwrap_err();
        assert_eq!(error.to_string(), "the JSON cannot be read: line 3, id: i64 was expected");
        assert!(orders.try_next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_passed_over_in_front_and_nowhere_else() {
        let file: &[u8] = b"\xEF\xBB\xBF\n{\"id\": 1}\n\xEF\xBB\xBF{\"id\": 2}\n";
        let mut orders = std::pin::pin!(json_lines::<Order>(file));
        assert_eq!(orders.try_next().await.unwrap().unwrap().id, 1);
        let error = orders.try_next().await.unwrap_err();
        assert!(error.to_string().starts_with("the JSON cannot be read: line 3: "), "{error}");
        let order: Order = from_json(b"\xEF\xBB\xBF{\"id\": 3}").unwrap();
        assert_eq!(order.id, 3);
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_refused_before_it_is_all_of_memory() {
        let endless = tokio::io::BufReader::new(tokio::io::repeat(b'1'));
        let mut orders = std::pin::pin!(json_lines::<Order>(endless));
        let error = orders.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        let told = "the JSON cannot be read: line 1: the line is longer than 64 MiB";
        assert_eq!(error.to_string(), told);
    }

    #[derive(Debug, Deserialize)]
    struct Paid {
        amount: crate::Decimal,
    }

    #[test]
    fn a_decimal_is_read_digit_by_digit_or_refused() {
        let read = |amount: &str| {
            let paid = from_json::<Paid>(format!("{{\"amount\": {amount}}}").as_bytes());
            paid.map(|paid| paid.amount.to_string()).map_err(|error| error.to_string())
        };
        for (json, number) in [
            ("\"12345678901234.567891\"", "12345678901234.567891"),
            ("\"-0.10\"", "-0.10"),
            ("-7", "-7"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(read(json), Ok(number.to_owned()));
        }
        for refused in ["12345678901234.567891", "1e3", "\"1.2.3\"", "true", "99999999999999999999"] {
            let told = "the JSON cannot be read: line 1, amount: a DECIMAL in a string (\"12.50\") or an integer was \
                        expected";
            assert_eq!(read(refused), Err(told.to_owned()), "{refused}");
        }
    }
}
