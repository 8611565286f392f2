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

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Size {
    width: i64,
    height: i64,
    pair: Option<(i64, i64)>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Shape {
    Line(i64, i64),
    Flat { width: i64 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Box(Size),
}

#[test]
fn an_array_is_no_struct_at_any_depth() {
    fn told<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        let error = from_json::<T>(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string().trim_start_matches("the JSON cannot be read: ").to_owned()
    }
    type Map = std::collections::BTreeMap<String, Size>;
    let cases = [
        (told::<Size>("[1, 2]"), "line 1: an object for struct Size was expected"),
        (told::<Size>("[]"), "line 1: an object for struct Size was expected"),
        (told::<Vec<Size>>("[{},\n[1]]"), "line 2, [1]: an object for struct Size was expected"),
        (told::<Option<Size>>("[1]"), "line 1: an object for struct Size was expected"),
        (told::<Map>(r#"{"s3cret": [1]}"#), "line 1, {key}: an object for struct Size was expected"),
        (told::<(i64, Size)>("[1, [2, 3]]"), "line 1, [1]: an object for struct Size was expected"),
        (
            told::<Shape>(r#"{"Flat": [1]}"#),
            "line 1, Flat: an object for struct variant Shape::Flat was expected",
        ),
        (
            told::<Adjacent>(r#"["Box", {}]"#),
            "line 1: an object for adjacently tagged enum Adjacent was expected",
        ),
        (told::<Adjacent>(r#"{"t": "Box", "c": [1]}"#), "line 1, c: an object for struct Size was expected"),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
    let read: Size = from_json(br#"{"width": 1, "pair": [2, 3]}"#).unwrap();
    assert_eq!(read, Size { width: 1, height: 0, pair: Some((2, 3)) });
    assert_eq!(from_json::<Shape>(br#"{"Line": [1, 2]}"#).unwrap(), Shape::Line(1, 2));
    assert_eq!(from_json::<Shape>(br#"{"Flat": {"width": 1}}"#).unwrap(), Shape::Flat { width: 1 });
}

#[test]
fn a_key_that_stands_twice_is_refused_at_every_depth() {
    type Maps = Vec<std::collections::BTreeMap<String, serde_json::Value>>;
    let told = |json: &str| from_json::<Maps>(json.as_bytes()).map(|_| ()).map_err(|error| error.to_string());
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
    let twice: Error =
        from_json::<Vec<Order>>(br#"[{"id": 1, "lines": [{"sku": "a", "kind": "Sold", "kind": "Sold"}]}]"#)
            .unwrap_err();
    assert!(twice.to_string().contains("[0].lines[0]: the object has the same key twice"), "{twice}");
}

#[test]
fn a_number_is_read_as_the_float_that_is_nearest_to_it_and_one_that_is_too_great_is_an_error() {
    let texts = ["449.49106478873813", "1.7976931348623157e308", "5e-324", "-0.0"];
    let read: Vec<f64> = from_json(format!("[{}]", texts.join(",")).as_bytes()).unwrap();
    let bits = read.iter().map(|number| number.to_bits());
    assert!(bits.eq(texts.map(|text| text.parse::<f64>().unwrap().to_bits())), "{read:?}");
    assert_eq!((from_json::<f64>(b"1e-400").unwrap(), from_json::<f32>(b"1e-60").unwrap()), (0.0, 0.0));
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
async fn a_line_that_is_cut_short_is_told_with_its_own_number() {
    for end in ["\n", "\r\n", "\n{\"id\": 3}\n", ""] {
        for cut in ["{\"id\": 2", "{\"id\": 2,", "{", "{\"id\": 2, \"note\": \"x"] {
            let file = format!("{{\"id\": 1}}\n{cut}{end}");
            let mut orders = std::pin::pin!(json_lines::<Order>(file.as_bytes()));
            assert_eq!(orders.try_next().await.unwrap().unwrap().id, 1);
            let error = orders.try_next().await.unwrap_err().to_string();
            assert!(error.starts_with("the JSON cannot be read: line 2"), "{cut:?}{end:?}: {error}");
        }
    }
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

#[tokio::test]
async fn a_line_of_exactly_the_limit_is_whole_whatever_it_ends_in_and_a_longer_one_is_seen_to_be() {
    for end in ["", "\n", "\r\n"] {
        for length in [8, 9] {
            let line = "1".repeat(length);
            let mut lines = &*format!("{line}{end}").into_bytes();
            assert_eq!(next_line(&mut lines, 8).await.unwrap(), Some(line.into_bytes()), "{end:?}");
        }
    }
    let mut endless = &[b'1'; 100][..];
    assert_eq!(next_line(&mut endless, 8).await.unwrap().map(|line| line.len()), Some(10));
}

/// A value whose type has words of its own for what is wrong.
#[derive(Debug)]
struct Told;

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(String::deserialize(deserializer)?))
    }
}

#[test]
fn a_text_of_the_type_itself_is_not_repeated_as_it_may_hold_the_value() {
    for text in [
        "s3cret, expected a time zone",
        "failed to parse s3cret, expected `:`",
        "missing field in s3cret",
        "missing field `s3` cret`",
        "unknown field `s3cret",
        "unknown field `s3cret`, which is new",
        "unknown variant `a`, expected s3cret",
        "duplicate field s3cret",
        "invalid type: s3cret, expected a number",
        "invalid value: string \"a\" and s3cret, expected b",
        "invalid length s3cret, expected 2",
    ] {
        let json = serde_json::to_string(&vec![text]).unwrap();
        let told = from_json::<Vec<Told>>(json.as_bytes()).unwrap_err().to_string();
        let expected = "the JSON cannot be read: line 1, [0]: the value does not fit the field's type";
        assert_eq!(told, expected, "{text}");
    }
}

#[test]
fn a_value_that_reads_as_a_sentence_of_serde_is_not_repeated() {
    let told =
        |json: &str| refused(&format!("[{{\"id\": 1, \"lines\": [{{\"sku\": \"a\", \"kind\": {json}}}]}}]"));
    let expected = "line 1, [0].lines[0].kind: `Sold` or `Returned` was expected";
    for value in [r#""`, expected `s3cret""#, r#""s3`cret""#] {
        assert_eq!(told(value), expected);
    }
    for value in [r#""\", expected s3cret""#, r#""a, expected s3cret\\""#, r#""\\\", expected s3cret""#] {
        assert_eq!(refused(&format!("[{{\"id\": {value}}}]")), "line 1, [0].id: i64 was expected");
    }
    assert_eq!(
        from_json::<(i64, i64)>(b"[1]").unwrap_err().to_string(),
        "the JSON cannot be read: line 1: a tuple of size 2 was expected"
    );
}

#[test]
fn a_line_that_the_text_of_an_error_names_is_one_of_the_json() {
    let most = usize::MAX;
    for (text, line) in
        [("at line 2 column 1", 2), ("at line 0 column 7", 2), (&format!("at line {most} column 1"), 2)]
    {
        let json = format!("[\n\"wrong {text}\"]");
        let told = from_json::<Vec<Told>>(json.as_bytes()).unwrap_err().to_string();
        assert!(told.starts_with(&format!("the JSON cannot be read: line {line}, [0]: ")), "{told}");
    }
}

#[derive(Debug, Deserialize)]
struct Ignoring {
    id: i64,
    #[serde(alias = "more")]
    #[expect(dead_code, reason = "it is there to be passed over")]
    rest: serde::de::IgnoredAny,
    #[expect(dead_code, reason = "it is there to be passed over")]
    last: Option<serde::de::IgnoredAny>,
}

#[test]
fn a_field_that_ignores_its_value_is_a_field() {
    for rest in ["rest", "more"] {
        let json = format!(r#"{{"last": {{"b": 1}}, "id": 7, "{rest}": [1, {{"a": null}}]}}"#);
        assert_eq!(from_json::<Ignoring>(json.as_bytes()).unwrap().id, 7);
    }
    for (json, line) in [
        ("{\"id\": 1, \"rest\": 1,\n\"nota\": 2}", "line 2, nota"),
        ("{\"nota\": 2,\n\"id\": 1, \"rest\": 1}", "line 1, nota"),
    ] {
        let told = from_json::<Ignoring>(json.as_bytes()).unwrap_err().to_string();
        assert_eq!(told, format!("the JSON cannot be read: {line}: the type has no such field"));
    }
}

/// As it is documented: whoever finds a way to see such keys may turn it around.
#[test]
fn of_keys_that_are_spelt_differently_and_are_the_same_value_a_map_keeps_the_last() {
    type ByRate = std::collections::BTreeMap<crate::Decimal, i64>;
    let read: ByRate = from_json(br#"{"1.0": 1, "1.00": 2}"#).unwrap();
    assert_eq!(read.into_values().collect::<Vec<_>>(), [2]);
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
