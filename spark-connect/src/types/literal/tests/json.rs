use serde_json::{Value, json};

use super::{DataType, Literal, literal};

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
