use serde_json::{Value, json};

use super::{DataType, Literal, literal};
use crate::types::ToLiteral;

#[test]
fn json_binds_as_its_shortest_text() {
    let value = json!({"a": [1, null, "it's \"x\"\0🦀"], "b": 1.5});
    let text = r#"{"a":[1,null,"it's \"x\"\u0000🦀"],"b":1.5}"#;
    assert_eq!(literal(&value), Literal::string(text));
    // The NULL of JSON is a text; the NULL of SQL is `None`.
    assert_eq!(literal(&Value::Null), Literal::string("null"));
    assert_eq!(literal(&None::<Value>), Literal::null(DataType::String));
    assert_eq!(literal(&vec![json!(1)]).data_type().to_string(), "ARRAY<STRING>");
}

#[test]
fn json_of_more_levels_than_are_read_is_an_error_before_the_stack_ends() {
    let wrap: [fn(Value) -> Value; 2] = [
        |inner| Value::Array(vec![inner]),
        |inner| Value::Object([("a".to_owned(), inner)].into_iter().collect()),
    ];
    for wrap in wrap {
        let nested = |levels| (0..levels).fold(Value::Null, |inner, _| wrap(inner));
        assert!(nested(127).to_literal().is_ok());
        for levels in [128, 1_000] {
            let told = nested(levels).to_literal().unwrap_err().to_string();
            assert!(told.starts_with("the JSON is nested deeper than 127 levels"), "{told}");
        }
    }
}
