use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::sql::{Inline, render};
use crate::types::ToLiteral;

fn bound(text: &str, value: impl ToLiteral) -> Redaction {
    Redaction::of_sql(&Sql::new(text).bind(value)).expect("a value")
}

fn server(message: &str) -> ServerError {
    ServerError { message: message.to_owned(), ..ServerError::default() }
}

fn failed(server: ServerError) -> Error {
    Error::new(ErrorKind::Server, "the server failed the operation").with_server(server)
}

/// The rest of a server's message.
fn left(value: impl ToLiteral, message: &str) -> String {
    let error = bound("SELECT CAST(? AS INT) FROM t WHERE id = 42", value).apply(failed(server(message)));
    error.server().unwrap().message().to_owned()
}

#[test]
fn a_value_goes_in_every_spelling() {
    let cases = [
        (left("hunter2'hunter2", r"cannot cast 'hunter2\'hunter2' to INT"), "cannot cast '…' to INT"),
        (left("a", "the value 'a' of type STRING"), "the value '…' of type STRING"),
        (left("%", "the pattern '%' is wrong"), "the pattern … is wrong"),
        (left("my secret phrase", "cannot cast my secret phrase to INT"), "cannot cast … to INT"),
        (left("my secret phrase", "cannot cast my sec... to INT"), "cannot cast ….. to INT"),
        (left("secret", "bytes X'736563726574' of SECRET"), "bytes X'…' of …"),
        (left("\nhunter", r"the value \nhunter"), r"the value \…"),
        (left(1999, "overflow of 1999 at line 1"), "overflow of … at line …"),
        (left(true, "TRUE is no number, 42 is"), "… is no number, 42 is"),
        (left(f64::NAN, "NaN is out of range"), "… is out of range"),
        (left([0xab_u8, 0xcd], "X'ABCD' and [AB CD]"), "X'…' and […]"),
        (left(Literal::date(0), "Thursday, Jan 1 of 1970"), "… of …"),
        (
            left(Literal::decimal(1999, 10, 2).unwrap(), "19.99 does not fit DECIMAL(3,1)"),
            "… does not fit DECIMAL(…)",
        ),
        (left(vec!["one", "two"], "array(one, two)"), "array(…)"),
        (left("漢字 🦀", "the text 漢字 🦀 is wrong"), "the text … is wrong"),
    ];
    for (left, expected) in cases {
        assert_eq!(left, expected.replace("…..", "…..."));
    }
}

#[test]
fn what_the_statement_says_itself_stays() {
    let message =
        "[UNRESOLVED_COLUMN] column `nope_7` of t1 cannot be resolved. SQLSTATE: 42703; line 1 pos 7";
    let mut said = server(message);
    (said.error_class, said.sql_state) = (Some("UNRESOLVED_COLUMN".into()), Some("42703".into()));
    let error = bound("SELECT nope_7 FROM t1 WHERE id = ?", 42703).apply(failed(said));
    assert_eq!(
        error.server().unwrap().message(),
        "[UNRESOLVED_COLUMN] column `nope_7` of t1 cannot be resolved. SQLSTATE: 42703; line … pos …"
    );
    assert_eq!(
        (error.server().unwrap().error_class(), error.server().unwrap().sql_state()),
        (Some("UNRESOLVED_COLUMN"), Some("42703"))
    );
}

#[test]
fn a_statement_without_values_is_left_alone() {
    assert!(Redaction::of_sql(&Sql::new("SELECT 1")).is_none());
    assert!(Redaction::of(&Relation::table("t").limit(1)).is_none());
}

#[test]
fn a_context_speaks_of_the_statement_as_it_was_written() {
    let sql = Sql::new("SELECT 1, CAST(? AS INT)").bind("hunter2");
    let redaction = Redaction::of_sql(&sql).unwrap();
    let (inlined, sent) = sql.inlined(Inline::All).unwrap();
    redaction.sent(vec![sent]);
    let fragment = inlined.statement().text()[10..].to_owned();
    let context =
        QueryContext { start: 10, stop: 9 + fragment.chars().count(), fragment, ..QueryContext::default() };
    let error = redaction.apply(failed(ServerError { query_contexts: vec![context], ..server("no") }));
    let context = &error.server().unwrap().query_contexts()[0];
    assert_eq!((context.start, context.stop, context.fragment.as_str()), (10, 23, "CAST(? AS INT)"));
}

#[test]
fn a_context_of_another_text_is_cleaned_like_a_message() {
    let context = QueryContext { fragment: "CAST('hunter2' AS INT)".into(), ..QueryContext::default() };
    let said = ServerError { query_contexts: vec![context], ..server("no") };
    let error = bound("SELECT CAST(? AS INT)", "hunter2").apply(failed(said));
    assert_eq!(error.server().unwrap().query_contexts()[0].fragment, "CAST('…' AS INT)");
}

/// Everything that an error can tell.
fn everything(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}");
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        text.push_str(&format!("\n{error}\n{error:?}"));
        next = error.source();
    }
    if let Some(server) = error.server() {
        let contexts = server
            .query_contexts()
            .iter()
            .map(|context| format!("{} {} {}", context.fragment, context.object_name, context.call_site));
        let all = [server.message().to_owned()].into_iter();
        let all = all.chain(server.message_parameters().values().cloned());
        let all =
            all.chain(server.causes().iter().cloned()).chain(server.exception_classes().iter().cloned());
        text.push_str(&all.chain(contexts).collect::<Vec<_>>().join("\n"));
    }
    text
}

/// An error that repeats `said` wherever a server can.
fn repeating(said: &str) -> Error {
    let context = QueryContext {
        fragment: said.to_owned(),
        object_type: said.to_owned(),
        object_name: said.to_owned(),
        call_site: said.to_owned(),
        ..QueryContext::default()
    };
    let server = ServerError {
        message: format!("cannot cast {said} to {said}"),
        message_parameters: BTreeMap::from([("value".to_owned(), said.to_owned())]),
        query_contexts: vec![context],
        causes: vec![said.to_owned()],
        exception_classes: vec![said.to_owned()],
        ..ServerError::default()
    };
    let below = failed(server.clone()).with_source(said.to_owned());
    failed(server).with_source(below)
}

fn value() -> impl Strategy<Value = (Literal, Vec<String>)> {
    let word = "[a-zA-Z0-9가-힣'\"\\\\ _%-]{1,24}"
        .prop_filter("a word", |text| text.contains(|c: char| c.is_alphanumeric()));
    prop_oneof![
        word.prop_map(|text| {
            let spelled = vec![
                text.clone(),
                text.escape_debug().to_string(),
                text.replace('\'', "''"),
                render(&Literal::string(&text)),
                text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
            ];
            (Literal::string(text), spelled)
        }),
        any::<i64>().prop_map(|value| (Literal::long(value), vec![value.to_string(), format!("{value}L")])),
        any::<i8>().prop_map(|value| (Literal::byte(value), vec![value.to_string(), format!("{value}Y")])),
        any::<f64>().prop_map(|value| (
            Literal::double(value),
            vec![value.to_string(), format!("{value:e}"), format!("{value:?}")]
        )),
        any::<bool>().prop_map(|value| (
            Literal::boolean(value),
            vec![value.to_string(), value.to_string().to_uppercase()]
        )),
        (any::<i64>(), 0_u8..=19).prop_map(|(unscaled, scale)| {
            let literal = Literal::decimal(i128::from(unscaled), 38, scale).unwrap();
            let Value::Decimal { number, .. } = literal.value() else { panic!("a decimal") };
            let spelled = vec![number.to_string(), unscaled.to_string()];
            (literal, spelled)
        }),
        (-700_000_i32..2_900_000).prop_map(|days| {
            let (year, month, day) = crate::types::civil_date(i64::from(days));
            (Literal::date(days), vec![format!("{year:04}-{month:02}-{day:02}"), days.to_string()])
        }),
        any::<i64>().prop_map(|micros| (Literal::timestamp(micros), vec![micros.to_string()])),
        any::<i32>().prop_map(|months| (Literal::year_month_interval(months), vec![months.to_string()])),
        proptest::collection::vec(any::<u8>(), 1..16).prop_map(|bytes| {
            let spelled = |separator: &str, upper: bool| {
                let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if upper { text.join(separator).to_uppercase() } else { text.join(separator) }
            };
            (Literal::binary(bytes.clone()), vec![spelled("", false), spelled("", true), spelled(" ", true)])
        }),
    ]
}

use crate::types::Value;

proptest! {
    #[test]
    fn no_spelling_of_a_value_is_in_anything_that_an_error_tells((literal, spelled) in value(), nested in any::<bool>()) {
        let literal = match nested {
            true => Literal::array(literal.data_type(), [literal]).unwrap(),
            false => literal,
        };
        let redaction = bound("INSERT INTO t SELECT ?", literal);
        for spelled in spelled {
            for said in [format!("'{spelled}'"), spelled.clone(), format!("[{spelled}]")] {
                let told = everything(&redaction.apply(repeating(&said)));
                let words = spelled.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                for word in words.filter(|word| !["X", "CAST", "AS", "STRING"].contains(word)) {
                    let found = told.split(|c: char| !c.is_alphanumeric() && c != '_').any(|told| told == word);
                    // The words around it are those of this crate.
                    let ours = "the server failed the operation Error kind Server message server ServerError error_class None sql_state exception_class Some source Told cannot cast to";
                    prop_assert!(!found || ours.split(' ').any(|ours| ours == word), "{word} of {spelled} in {told}");
                }
            }
        }
    }
}
