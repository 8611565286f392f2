use super::*;
use crate::types::table::EVERY;

fn parsed(text: &str) -> DataType {
    text.parse().unwrap()
}

fn complaint(text: &str) -> String {
    text.parse::<Schema>().unwrap_err().to_string()
}

#[test]
fn a_type_prints_as_spark_ddl_and_reads_back() {
    let cases = [
        (DataType::Decimal { precision: 10, scale: 2 }, "DECIMAL(10,2)"),
        (DataType::Char { length: 3 }, "CHAR(3)"),
        (DataType::VarChar { length: 7 }, "VARCHAR(7)"),
        (DataType::Time { precision: 6 }, "TIME(6)"),
        (DataType::map(DataType::String, DataType::array(DataType::Double)), "MAP<STRING, ARRAY<DOUBLE>>"),
        (DataType::Struct(vec![]), "STRUCT<>"),
        (
            DataType::Struct(vec![
                StructField::new("a b", DataType::YearMonthInterval).required(),
                StructField::new("end", DataType::Long),
            ]),
            "STRUCT<`a b`: INTERVAL YEAR TO MONTH NOT NULL, `end`: BIGINT>",
        ),
        (DataType::Other("GEOMETRY(4326)".into()), "GEOMETRY(4326)"),
        (DataType::Other("INTERVAL DAY".into()), "INTERVAL DAY"),
        (DataType::Other("INTERVAL HOUR TO SECOND".into()), "INTERVAL HOUR TO SECOND"),
        (DataType::Other("STRING COLLATE UNICODE_CI".into()), "STRING COLLATE UNICODE_CI"),
        (DataType::Other("TIMESTAMP_NTZ(9)".into()), "TIMESTAMP_NTZ(9)"),
    ];
    for (data_type, ddl) in cases {
        assert_eq!(data_type.to_string(), ddl);
        assert_eq!(parsed(ddl), data_type);
    }
    for data_type in EVERY {
        assert_eq!(parsed(&data_type.to_string()), *data_type);
    }
}

#[test]
fn every_name_of_a_type_is_read_in_any_case() {
    for (text, data_type) in [
        ("int", DataType::Integer),
        ("Integer", DataType::Integer),
        ("long", DataType::Long),
        ("short", DataType::Short),
        ("byte", DataType::Byte),
        ("real", DataType::Float),
        ("timestamp_ltz", DataType::Timestamp),
        ("void", DataType::Null),
        ("decimal", DataType::Decimal { precision: 10, scale: 0 }),
        ("dec( 5 )", DataType::Decimal { precision: 5, scale: 0 }),
        ("numeric(5 , 2)", DataType::Decimal { precision: 5, scale: 2 }),
        ("character(3)", DataType::Char { length: 3 }),
        ("time", DataType::Time { precision: 6 }),
        ("interval", DataType::CalendarInterval),
        ("interval  day\tto second", DataType::DayTimeInterval),
        (" array < map<string,struct<a:int,b long>>> ", {
            let fields = ["a", "b"].map(String::from).into_iter().zip([DataType::Integer, DataType::Long]);
            let fields = fields.map(|(name, data_type)| StructField::new(name, data_type)).collect();
            DataType::array(DataType::map(DataType::String, DataType::Struct(fields)))
        }),
        ("sketch", DataType::Other("sketch".into())),
    ] {
        assert_eq!(parsed(text), data_type, "{text}");
    }
}

#[test]
fn columns_print_as_in_create_table_and_read_back() {
    let fields = vec![
        StructField::new("id", DataType::Long).required(),
        StructField::new("home `town`", DataType::String),
        StructField::new("interval", DataType::CalendarInterval),
        StructField::new("ts", DataType::Struct(vec![StructField::new("x", DataType::Date).required()])),
    ];
    let ddl = "id BIGINT NOT NULL, `home ``town``` STRING, `interval` INTERVAL, ts STRUCT<x: DATE NOT NULL>";
    assert_eq!(Schema::new(fields.clone()).to_string(), ddl);
    assert_eq!(ddl.parse::<Schema>().unwrap().fields(), fields);
    let commented = "id: bigint not null comment 'it\\'s, a', name string comment \"x\"";
    assert_eq!(commented.parse::<Schema>().unwrap().to_string(), "id BIGINT NOT NULL, name STRING");
    assert_eq!("  ".parse::<Schema>().unwrap(), Schema::default());
}

#[test]
fn no_type_with_fixed_timestamps_depends_on_the_session_and_nothing_else_of_it_changes() {
    let at = StructField::new("at", DataType::Timestamp).required();
    let local = StructField::new("local", DataType::TimestampNtz);
    let value =
        DataType::Array { element: Box::new(DataType::Struct(vec![at, local])), contains_null: false };
    let data_type = DataType::map(DataType::Timestamp, value);
    let expected = "MAP<TIMESTAMP_LTZ, ARRAY<STRUCT<at: TIMESTAMP_LTZ NOT NULL, local: TIMESTAMP_NTZ>>>";
    assert_eq!(data_type.ddl_with_fixed_timestamps(), expected);
    let schema = Schema::new(vec![StructField::new("m", data_type).required()]);
    assert_eq!(schema.ddl_with_fixed_timestamps(), format!("m {expected} NOT NULL"));
    for other in EVERY.iter().filter(|other| **other != DataType::Timestamp) {
        assert_eq!(other.ddl_with_fixed_timestamps(), other.to_string());
    }
}

#[test]
fn what_is_no_type_says_what_is_wanted_where() {
    for (text, wanted, at) in [
        ("id", "the name of a type", 2),
        ("id INT,", "a name", 7),
        ("id INT x", "the end", 7),
        ("id INT NOT", "`NULL`", 10),
        ("a DECIMAL(39,0)", "a precision of 1 to 38 and a scale of at most that", 9),
        ("a DECIMAL(2,3)", "a precision of 1 to 38 and a scale of at most that", 9),
        ("a DECIMAL(x)", "a whole number in range", 11),
        ("a CHAR", "`(` and a length", 6),
        ("a TIME(10)", "a precision of 0 to 9", 7),
        ("a ARRAY<INT", "`>`", 11),
        ("a MAP<INT>", "`,`", 9),
        ("`a INT", "a closing back-tick", 1),
        ("a INT COMMENT x", "the comment in quotes", 14),
        ("a INT COMMENT 'x", "the end of the comment", 14),
        ("a GEOMETRY(1", "`)`", 11),
    ] {
        assert_eq!(complaint(text), format!("invalid DDL: expected {wanted} at byte {at}"), "{text}");
    }
}

#[test]
fn a_text_nested_too_deep_is_an_error() {
    let deep = |levels: usize| format!("{}INT{}", "ARRAY<".repeat(levels), ">".repeat(levels));
    assert_eq!(parsed(&deep(99)).to_string(), deep(99));
    let error = deep(100_000).parse::<DataType>().unwrap_err();
    assert_eq!(error.to_string(), "invalid DDL: expected a type nested less deep at byte 600");
}
