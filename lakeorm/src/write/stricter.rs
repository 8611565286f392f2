//! Whether a table takes fewer NULLs than it did.

use spark_connect::DataType;
use spark_connect::types::StructField;

/// Whether `now` is NOT NULL somewhere where `before` was not, or is another type inside.
pub(super) fn is_stricter(before: &StructField, now: &StructField) -> bool {
    before.nullable && !now.nullable || is_stricter_inside(&before.data_type, &now.data_type)
}

fn is_stricter_inside(before: &DataType, now: &DataType) -> bool {
    match (before, now) {
        (DataType::Struct(before), DataType::Struct(now)) => {
            before.len() != now.len()
                || before
                    .iter()
                    .zip(now)
                    .any(|(before, now)| before.name != now.name || is_stricter(before, now))
        }
        (
            DataType::Array { element: before, contains_null },
            DataType::Array { element: now, contains_null: may_be_null },
        ) => *contains_null && !may_be_null || is_stricter_inside(before, now),
        (
            DataType::Map { key: before_key, value: before, value_contains_null },
            DataType::Map { key: now_key, value: now, value_contains_null: may_be_null },
        ) => {
            *value_contains_null && !may_be_null
                || is_stricter_inside(before_key, now_key)
                || is_stricter_inside(before, now)
        }
        // Types that grow have nothing inside.
        _ => matches!(now, DataType::Struct(_) | DataType::Array { .. } | DataType::Map { .. }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_stricter_only_where_it_takes_fewer_nulls() {
        let types = |required: bool| {
            let sku = StructField::new("sku", DataType::String);
            let line = DataType::Struct(vec![if required { sku.required() } else { sku }]);
            let element = Box::new(line.clone());
            let value = Box::new(DataType::Integer);
            [
                DataType::Array { element, contains_null: true },
                DataType::Array { element: Box::new(DataType::Integer), contains_null: !required },
                DataType::Map { key: Box::new(DataType::Integer), value, value_contains_null: !required },
                DataType::Map {
                    key: Box::new(DataType::Integer),
                    value: Box::new(line.clone()),
                    value_contains_null: true,
                },
                line,
            ]
        };
        for (open, strict) in types(false).iter().zip(&types(true)) {
            assert!(is_stricter_inside(open, strict), "{strict}");
            assert!(!is_stricter_inside(strict, open) && !is_stricter_inside(strict, strict), "{strict}");
            assert!(is_stricter_inside(&DataType::Integer, strict), "{strict}");
        }
        let column = |data_type| StructField::new("a", data_type);
        assert!(is_stricter(&column(DataType::Integer), &column(DataType::Integer).required()));
        assert!(!is_stricter(&column(DataType::Integer).required(), &column(DataType::Long).required()));
    }
}
